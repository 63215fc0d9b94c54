"""Where the library is not found, the error says what to do."""

import os

os.environ["IMAGEKIT_LIBRARY"] = "/nowhere/libimagekit.so"
try:
    from glue import imagekit
except OSError as error:
    assert "/nowhere/libimagekit.so" in str(error), error
    assert "set IMAGEKIT_LIBRARY" in str(error), error
    print("kept")
