"""The library's strings are freed: 200 answers of a megabyte leave no megabytes behind."""

import asyncio
import os
import pathlib

from glue import imagekit

SIZE, ROUNDS, AT_ONCE = 1_000_000, 20, 10


def resident() -> int:
    pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def fetch(client: imagekit.Client, file_id: str) -> None:
    calls = (client.file_versions_async(file_id) for _ in range(AT_ONCE))
    answers = await asyncio.gather(*calls)
    assert all(len(answer[0]["description"]) == SIZE for answer in answers)


async def main() -> None:
    with imagekit.Client() as client:
        upload = {"file": "aGVsbG8=", "fileName": "a.jpg", "description": "x" * SIZE}
        uploaded = client.request("POST", "/api/v1/files/upload", upload)
        file_id = uploaded.data["fileId"]
        for _ in range(3):
            await fetch(client, file_id)
        before = resident()
        for _ in range(ROUNDS):
            await fetch(client, file_id)
        grown = resident() - before
    assert grown < ROUNDS * AT_ONCE * SIZE / 4, f"{grown} bytes more"


asyncio.run(main())
print("kept")
