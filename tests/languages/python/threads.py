"""Four threads wait at once: a call lets go of the interpreter's lock."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from glue import imagekit


def best_round(client: imagekit.Client, file_ids: list[str]) -> float:
    times = []
    with ThreadPoolExecutor(len(file_ids)) as pool:
        for _ in range(5):
            begin = time.monotonic()
            assert all(pool.map(client.file_versions, file_ids))
            times.append(time.monotonic() - begin)
    return min(times)


with imagekit.Client() as client:
    best = best_round(client, sys.argv[1:] * 4)
assert best < 0.15, best
print("kept")
