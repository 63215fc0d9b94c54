"""ImageKit's file versions through libimagekit. Copy this file beside your program.

    with imagekit.Client() as client:
        for version in client.file_versions("66a100000000000000000001"):
            print(version["versionInfo"]["id"])

Key and server come from the environment: IMAGEKIT_PRIVATE_KEY, IMAGE_KIT_BASE_URL.
While a method waits, other threads run; what ends in _async is for asyncio.

The library is the one that IMAGEKIT_LIBRARY names, else the one that the system's loader finds.
"""

from __future__ import annotations

import asyncio
import atexit
import ctypes
import itertools
import json
import os
import sys
import weakref
from ctypes import POINTER, byref, c_char_p, c_int32, c_uint64, c_void_p
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

__all__ = ["Client", "ImageKitError", "Response"]

# A string that the library gives is a c_void_p. As a c_char_p it would turn into a copy,
# and what was copied could not be freed any more.
_OUT = POINTER(c_void_p)
_DONE = ctypes.CFUNCTYPE(None, c_void_p, c_int32, c_void_p)

# Result, then arguments. Without its row a function would cut each pointer to 32 bits.
_PROTOTYPES = {
    "ik_string_free": (None, c_void_p),
    "ik_status_name": (c_char_p, c_int32),
    "ik_client_new": (c_int32, c_void_p, _OUT, _OUT),
    "ik_client_free": (None, c_void_p),
    "ik_get_file_versions_call": (c_int32, c_void_p, c_char_p, _OUT),
    "ik_get_file_version_details_call": (c_int32, c_void_p, c_char_p, c_char_p, _OUT),
    "ik_restore_file_version_call": (c_int32, c_void_p, c_char_p, c_char_p, _OUT),
    "ik_delete_file_version_call": (c_int32, c_void_p, c_char_p, c_char_p, _OUT),
    "ik_request_call": (c_int32, c_void_p, c_char_p, c_char_p, c_char_p, _OUT),
    "ik_call_wait": (c_int32, c_void_p, c_uint64, _OUT),
    "ik_call_start": (c_int32, c_void_p, _DONE, c_void_p),
    "ik_call_get_metadata": (c_int32, c_void_p, _OUT),
    "ik_call_free": (None, c_void_p),
    "ik_shutdown": (c_int32, c_uint64),
}


def _load() -> SimpleNamespace:
    name = {
        "darwin": "libimagekit.0.1.dylib",
        "win32": "imagekit.dll",
    }.get(sys.platform, "libimagekit.so.0.1")
    try:
        # CDLL lets go of the interpreter's lock during a call, PyDLL would hold it.
        library = ctypes.CDLL(os.environ.get("IMAGEKIT_LIBRARY") or name)
    except OSError as error:
        raise OSError(f"{error}: set IMAGEKIT_LIBRARY to the library's path") from None
    for function, (result, *arguments) in _PROTOTYPES.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    # Only what was declared can be called.
    return SimpleNamespace(**{name: getattr(library, name) for name in _PROTOTYPES})


_lib = _load()
_NO_LIMIT = 2**64 - 1
_PENDING = 5
_INVALID_RESPONSE = 25
_LOOK_UP_MS = 100  # Ctrl-C is noticed between two waits


class ImageKitError(Exception):
    """What came of a call that failed: its code, such as "not_found", and the rest."""

    def __init__(self, status: int, document: str | None) -> None:
        error = json.loads(document)["error"] if document else {}
        self.status = status
        self.code: str = _lib.ik_status_name(status).decode()
        self.message: str = error.get("message") or "IMAGE_KIT_LOG=warn tells why"
        self.http_status: int | None = error.get("httpStatus")
        self.request_id: str | None = error.get("requestId")
        super().__init__(self.message)
        self._document = document

    def __reduce__(self):  # so that a pool of processes can pass it on
        return type(self), (self.status, self._document)

    def __str__(self) -> str:
        http = f" (HTTP {self.http_status})" if self.http_status is not None else ""
        return f"{self.code}{http}: {self.message}"


@dataclass(frozen=True)
class Response:
    """An answer, and what is known of its call besides: status, headers, timings."""

    data: Any
    metadata: dict[str, Any]


class Client:
    """A client of ImageKit's API. One serves all threads and event loops."""

    def __init__(self) -> None:
        self._handle, error = c_void_p(), c_void_p()
        status = _lib.ik_client_new(None, byref(self._handle), byref(error))
        _take(status, error)
        self._free = weakref.finalize(self, _lib.ik_client_free, self._handle)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees the client. Calls that run go on, new ones raise invalid_handle."""
        self._free()

    def file_versions(self, file_id: str) -> list[dict[str, Any]]:
        return self.call("get_file_versions", file_id).data

    def file_version(self, file_id: str, version_id: str) -> dict[str, Any]:
        return self.call("get_file_version_details", file_id, version_id).data

    def restore_file_version(self, file_id: str, version_id: str) -> dict[str, Any]:
        return self.call("restore_file_version", file_id, version_id).data

    def delete_file_version(self, file_id: str, version_id: str) -> None:
        self.call("delete_file_version", file_id, version_id)

    def request(self, method: str, path: str, body: Any = None) -> Response:
        """Any other request, such as request("GET", "/v1/files?limit=10")."""
        text = None if body is None else json.dumps(body)
        return self.call("request", method, path, text)

    def call(self, operation: str, *arguments: str | None) -> Response:
        """An operation by its name in imagekit.h, and its answer with the metadata."""
        return self._describe(operation, arguments).perform()

    async def file_versions_async(self, file_id: str) -> list[dict[str, Any]]:
        return (await self.call_async("get_file_versions", file_id)).data

    async def call_async(self, operation: str, *arguments: str | None) -> Response:
        return await self._describe(operation, arguments).start()

    def _describe(self, operation: str, arguments: tuple[str | None, ...]) -> _Call:
        describe = getattr(_lib, f"ik_{operation}_call")
        call = c_void_p()
        status = describe(self._handle, *map(_text, arguments), byref(call))
        _take(status, c_void_p())
        return _Call(call)


class _Call:
    """A described call, sent once. It is freed with this object, which cancels it."""

    def __init__(self, handle: c_void_p) -> None:
        self._handle = handle
        weakref.finalize(self, _lib.ik_call_free, handle)

    def perform(self) -> Response:
        """Waits for the answer, as long as the client's timeout lets it."""
        status = _lib.ik_call_start(self._handle, _DONE(), None)
        if status:
            raise ImageKitError(status, None)
        while True:
            answer = c_void_p()
            status = _lib.ik_call_wait(self._handle, _LOOK_UP_MS, byref(answer))
            if status != _PENDING:
                return self._response(_take(status, answer))

    async def start(self) -> Response:
        """The answer, while the event loop goes on. No thread of Python's waits for it."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        ticket = next(_tickets)
        _waiting[ticket] = loop, future
        status = _lib.ik_call_start(self._handle, _on_done, ticket)
        if status:
            del _waiting[ticket]  # no callback comes
            raise ImageKitError(status, None)
        return self._response(await future)

    def _response(self, data: str) -> Response:
        metadata = c_void_p()
        status = _lib.ik_call_get_metadata(self._handle, byref(metadata))
        return Response(_parsed(data), json.loads(_take(status, metadata)))


# Who waits for which callback. The library carries the ticket, a number, and never an object.
_waiting: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Future]] = {}
_tickets = itertools.count(1)


@_DONE
def _on_done(ticket: int, status: int, answer: int | None) -> None:
    """Runs on the library's thread. One object for all calls: it must outlive each of them."""
    loop, future = _waiting.pop(ticket)
    try:
        settle, outcome = future.set_result, _take(status, c_void_p(answer))
    except Exception as error:
        settle, outcome = future.set_exception, error
    try:
        loop.call_soon_threadsafe(lambda: future.done() or settle(outcome))
    except RuntimeError:
        pass  # the loop was closed: nobody waits any more


def _take(status: int, string: c_void_p) -> str | None:
    """The text of a string of the library's, which is freed; raised if it is an error."""
    try:
        text = ctypes.string_at(string.value).decode() if string.value else None
    finally:
        _lib.ik_string_free(string)
    if status:
        raise ImageKitError(status, text)
    return text


def _parsed(answer: str) -> Any:
    try:
        return json.loads(answer)
    except ValueError as error:  # Python takes no number of thousands of digits
        document = json.dumps({"error": {"message": str(error)}})
        raise ImageKitError(_INVALID_RESPONSE, document) from error


def _text(text: str | None) -> bytes | None:
    if text is None:
        return None
    if "\0" in text:
        raise ValueError("a string with a NUL character would end there")
    return text.encode()


# A callback that comes while the interpreter is torn down would crash it. This ends all
# calls, and returns when none is left to come.
atexit.register(_lib.ik_shutdown, _NO_LIMIT)
