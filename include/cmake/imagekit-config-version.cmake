# Before 1.0 a minor version is compatible with itself alone, from 1.0 on a major one, as the SONAME has it.
set(PACKAGE_VERSION 0.1.0)

string(REGEX MATCH "^(0\\.)?[0-9]+" _imagekit_here "${PACKAGE_VERSION}")
string(REGEX MATCH "^(0\\.)?[0-9]+" _imagekit_wanted "${PACKAGE_FIND_VERSION}")

set(PACKAGE_VERSION_COMPATIBLE FALSE)
if("${PACKAGE_FIND_VERSION}" STREQUAL "")
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
elseif(_imagekit_here STREQUAL _imagekit_wanted AND NOT PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()

# There are no 32-bit builds.
if(CMAKE_SIZEOF_VOID_P AND NOT CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(PACKAGE_VERSION_UNSUITABLE TRUE)
endif()

unset(_imagekit_here)
unset(_imagekit_wanted)
