"""Ends while answers come in, one every few milliseconds: for as long as Python tears itself down."""

import asyncio
import sys
import time

from glue import imagekit

COUNT, PAUSE = 60, 0.004


async def begin(client: imagekit.Client, file_id: str) -> None:
    calls = []
    for _ in range(COUNT):
        calls.append(asyncio.create_task(client.file_versions_async(file_id)))
        await asyncio.sleep(0)  # it is on its way
        time.sleep(PAUSE)
    print("kept", flush=True)
    keep.append(calls)


keep: list = []
ballast = [[i] for i in range(300_000)]  # takes Python a moment to throw away
client = imagekit.Client()  # nobody closes it
loop = asyncio.new_event_loop()
loop.set_exception_handler(lambda *_: None)  # that tasks are left pending is meant so
loop.run_until_complete(begin(client, sys.argv[1]))
