"""Memory and speed of this machine."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SIZE = 1024
COPIED = 64 * 2**20


@dataclass(frozen=True)
class Speed:
    """Speed of the backend in float32.

    Attributes
    ----------
    flops
        Number of operations per second in a product of two large matrices.
    bandwidth
        Number of bytes per second read and written by adding two large arrays.
    """

    flops: float
    bandwidth: float


def measure_speed(seconds: float = 0.5) -> Speed:
    """Measure the backend's speed for about ``seconds``, after a first call of each."""
    from keras import ops

    rng = np.random.default_rng(0)
    square = ops.convert_to_tensor(rng.standard_normal((SIZE, SIZE), dtype=np.float32))
    long = ops.zeros(COPIED // 4)

    def product() -> Any:
        return ops.convert_to_numpy(ops.matmul(square, square)[0, 0])

    def addition() -> Any:
        return ops.convert_to_numpy((long + long)[0])

    return Speed(
        flops=2.0 * SIZE**3 / _shortest(product, seconds / 2),
        bandwidth=3.0 * COPIED / _shortest(addition, seconds / 2),
    )


def _shortest(call: Callable[[], Any], seconds: float) -> float:
    """Return the median time of a call; the first one, which warms up, does not count."""
    call()
    times: list[float] = []
    stop = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < stop:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def usable_processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def resident_memory() -> int:
    """Return the bytes of memory that this process takes now, at most; 0 where unknown."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return peak_memory()


def peak_memory() -> int:
    """Return the most bytes of memory that this process has taken; 0 where unknown.

    Linux's ``ru_maxrss`` would also count the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    import resource  # Unix alone has it

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def free_memory() -> int | None:
    """Return the bytes that programs can still have without swapping; None where unknown."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        if "MemAvailable" in lines:
            return int(lines["MemAvailable"].split()[0]) * 1024
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None
