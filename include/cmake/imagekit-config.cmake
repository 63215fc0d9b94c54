# find_package(imagekit 0.1 REQUIRED CONFIG) makes two targets:
#
#   imagekit::imagekit  the shared library
#   imagekit::static    the static library, with the system's libraries that it needs
#
# Everything is found from this file's own place, <prefix>/share/cmake/imagekit, so the tree may be moved.

get_filename_component(_imagekit_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

# Sets the variable to the first of these files that is there, or to nothing.
function(_imagekit_find variable)
  foreach(folder "lib/${CMAKE_LIBRARY_ARCHITECTURE}" lib lib64 bin)
    foreach(name ${ARGN})
      if(EXISTS "${_imagekit_prefix}/${folder}/${name}")
        set(${variable} "${_imagekit_prefix}/${folder}/${name}" PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
  set(${variable} "" PARENT_SCOPE)
endfunction()

if(WIN32)
  _imagekit_find(_imagekit_shared imagekit.dll)
  _imagekit_find(_imagekit_import imagekit.dll.a imagekit.dll.lib libimagekit.dll.a)
  _imagekit_find(_imagekit_static libimagekit.a imagekit.lib)
  set(_imagekit_system kernel32 ntdll userenv ws2_32 dbghelp bcrypt crypt32 advapi32)
else()
  _imagekit_find(_imagekit_shared libimagekit.so)
  _imagekit_find(_imagekit_static libimagekit.a)
  set(_imagekit_system gcc_s util rt pthread m dl c)
endif()

if(_imagekit_shared AND NOT TARGET imagekit::imagekit)
  add_library(imagekit::imagekit SHARED IMPORTED)
  set_target_properties(imagekit::imagekit PROPERTIES
    IMPORTED_LOCATION "${_imagekit_shared}"
    INTERFACE_INCLUDE_DIRECTORIES "${_imagekit_prefix}/include")
  if(WIN32)
    set_target_properties(imagekit::imagekit PROPERTIES IMPORTED_IMPLIB "${_imagekit_import}")
  else()
    set_target_properties(imagekit::imagekit PROPERTIES IMPORTED_SONAME libimagekit.so.0.1)
  endif()
endif()

if(_imagekit_static AND NOT TARGET imagekit::static)
  add_library(imagekit::static STATIC IMPORTED)
  set_target_properties(imagekit::static PROPERTIES
    IMPORTED_LOCATION "${_imagekit_static}"
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    INTERFACE_COMPILE_DEFINITIONS IK_STATIC
    INTERFACE_INCLUDE_DIRECTORIES "${_imagekit_prefix}/include"
    INTERFACE_LINK_LIBRARIES "${_imagekit_system}")
  if(NOT WIN32 AND NOT APPLE)
    # A plugin that links it keeps its symbols to itself.
    set_target_properties(imagekit::static PROPERTIES INTERFACE_LINK_OPTIONS
      "$<$<IN_LIST:$<TARGET_PROPERTY:TYPE>,SHARED_LIBRARY;MODULE_LIBRARY>:LINKER:--exclude-libs,libimagekit.a>")
  endif()
endif()

if(NOT _imagekit_shared AND NOT _imagekit_static)
  set(imagekit_FOUND FALSE)
  set(imagekit_NOT_FOUND_MESSAGE "There is no library of imagekit below ${_imagekit_prefix}.")
endif()

unset(_imagekit_prefix)
unset(_imagekit_shared)
unset(_imagekit_import)
unset(_imagekit_static)
unset(_imagekit_system)
