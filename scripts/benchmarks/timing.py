"""Times of repeated calls, taken in turns so that the machine's load strikes all alike."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

SGEMM_SIZE = 2048
SGEMM_REPEATS = 6


@dataclass(frozen=True)
class Times:
    """Seconds of a repeated call: median, least, most, and how many calls."""

    median: float
    least: float
    most: float
    calls: int


def seconds(call: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long one call takes."""
    start = clock()
    call()
    return clock() - start


def in_turns(
    calls: Sequence[Callable[[], Any]],
    *,
    budget: float,
    least: int = 3,
    most: int = 30,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[list[Times], list[float]]:
    """Time calls in turns, a b c a b c and so on.

    Parameters
    ----------
    calls
        What to time; each must wait for its own result.
    budget
        Stop after this many seconds, but not before ``least`` rounds; after ``most`` in any case.
    clock
        ``time.process_time`` counts the processor's time, also where the machine does other work.

    Returns
    -------
    times
        Of each call.
    ratios
        Median over rounds of each call's time to the first call's in the same round.
    """
    rounds: list[list[float]] = []
    start = time.perf_counter()
    while len(rounds) < least or (len(rounds) < most and time.perf_counter() - start < budget):
        rounds.append([seconds(call, clock) for call in calls])
    table = np.array(rounds)
    ratios = np.median(table / table[:, :1], axis=0)
    return [_summary(column) for column in table.T], ratios.tolist()


def _summary(column: np.ndarray) -> Times:
    return Times(float(np.median(column)), float(column.min()), float(column.max()), len(column))


def sgemm() -> Callable[[], Any]:
    """Return a call that multiplies float32 matrices by the framework, and waits for each.

    It takes about half a second on two cores: as long as a step, or it would sample other moments
    of a shared machine than the step does.
    """
    a = keras.ops.convert_to_tensor(
        np.random.default_rng(0).standard_normal((SGEMM_SIZE, SGEMM_SIZE), dtype=np.float32)
    )

    def multiply() -> None:
        for _ in range(SGEMM_REPEATS):
            keras.ops.convert_to_numpy(keras.ops.matmul(a, a)[0, 0])

    multiply()
    return multiply


def sgemm_share(operations: float, to_sgemm: float) -> float:
    """Return the share of the matrix product's operations per second that a call reaches.

    Parameters
    ----------
    operations
        Of one call.
    to_sgemm
        What `sgemm` takes, as a multiple of the call's time in the same round.
    """
    return operations * to_sgemm / (2.0 * SGEMM_SIZE**3 * SGEMM_REPEATS)
