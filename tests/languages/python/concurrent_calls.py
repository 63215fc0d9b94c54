"""Awaits the versions of files together, in up to five rounds, and tells the times."""

import asyncio
import sys
import time

from glue import imagekit


async def main(file_ids: list[str]) -> None:
    with imagekit.Client() as client:
        await client.file_versions_async(file_ids[0])  # a warm-up
        for _ in range(5):
            begin = time.monotonic()
            calls = [client.file_versions_async(file_id) for file_id in file_ids]
            answers = await asyncio.gather(*calls)
            took = time.monotonic() - begin
            assert all(answers)
            print(f"{len(answers)} answers in {took * 1000:.0f} ms")


asyncio.run(main(sys.argv[1:]))
