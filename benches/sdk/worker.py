"""The official Python SDK as a worker, see benches/c/worker.h: worker.py BASE_URL"""

import resource
import sys
import time

from imagekitio import ImageKit


def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e9)


def peak_kib():
    with open("/proc/self/status") as status:
        return next(line.split()[1] for line in status if line.startswith("VmHWM:"))


client = ImageKit(private_key="private_bench", base_url=sys.argv[1])
for line in sys.stdin:
    cpu, start = spent(), time.monotonic_ns()
    for i in range(int(line)):
        versions = client.files.versions.list(f"0-{i % 1000}")
        assert versions[0].version_info.id
    print(time.monotonic_ns() - start, spent() - cpu, flush=True)
print(peak_kib())
