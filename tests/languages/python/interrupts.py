"""Ctrl-C ends a call that waits, and an error passes through a pool of processes."""

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time

from glue import imagekit

UNKNOWN = "000000000000000000000000"


def ask(file_id: str) -> object:
    with imagekit.Client() as client:
        return client.file_versions(file_id)


def expect_error_from_pool() -> None:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        answers = pool.map_async(ask, [UNKNOWN, UNKNOWN])
        try:
            answers.get(timeout=20)
        except imagekit.ImageKitError as error:
            assert (error.code, error.http_status) == ("not_found", 404), error
        else:
            raise AssertionError("nobody has that file")


def expect_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    silent = socket.create_server(("127.0.0.1", 0))  # takes connections and says nothing
    os.environ["IMAGE_KIT_BASE_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
    interrupt = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    started = time.monotonic()
    interrupt.start()
    try:
        ask("66a1")
    except KeyboardInterrupt:
        assert time.monotonic() - started < 20, "it waited for the end of the call"
    else:
        raise AssertionError("Ctrl-C did nothing")


ask(sys.argv[1])
expect_error_from_pool()
expect_interrupt()
print("kept")
