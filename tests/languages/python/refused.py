"""What cannot be right is refused with the error that fits, and nothing is sent."""

import asyncio
import sys

from glue import imagekit


def expect(error: type, wish, *arguments) -> Exception:
    try:
        wish(*arguments)
    except error as raised:
        return raised
    raise AssertionError(f"{wish} {arguments} raised no {error}")


file_id = sys.argv[1]
with imagekit.Client() as client:
    # A NUL would cut the id to one that exists.
    expect(ValueError, client.file_versions, file_id + "\0x")
    expect(ValueError, client.request, "GET\0", "/v1/files")
    awaited = client.file_versions_async(file_id + "\0x")
    expect(ValueError, asyncio.run, awaited)

    expect(AttributeError, client.call, "no_such_operation", file_id)
    error = expect(imagekit.ImageKitError, client.file_versions, "..")
    assert (error.code, error.http_status) == ("invalid_argument", None), error
    assert str(error) == "invalid_argument: IMAGE_KIT_LOG=warn tells why", error

error = expect(imagekit.ImageKitError, client.file_versions, file_id)
assert error.code == "invalid_handle", error
client.close()  # once more does nothing
print("kept")
