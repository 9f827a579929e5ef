"""Arrays whose memory serves again."""

import math
import mmap
import weakref

import numpy as np


class RecycledArrays:
    """Hands out float32 arrays, in memory that earlier ones have given back.

    The system gives fresh memory page by page, which for a batch takes several times longer than
    filling it. Memory comes back once neither the array nor any view of it is held, so whoever
    gets an array may keep it. It starts on a page, so that TensorFlow and JAX can take the array
    over without a copy.
    """

    def __init__(self) -> None:
        self._free: list[mmap.mmap] = []

    def empty(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return an array of this shape, float32, with whatever is in it."""
        count = math.prod(shape)
        memory = self._memory(max(count, 1) * np.dtype(np.float32).itemsize)
        flat = np.frombuffer(memory, np.float32, count)
        # Every view refers to ``flat``, which goes when the last of them has gone.
        weakref.finalize(flat, self._free.append, memory).atexit = False
        return flat.reshape(shape)

    def _memory(self, size: int) -> mmap.mmap:
        """Return at least ``size`` bytes that nobody uses; too small ones are dropped."""
        try:
            memory = self._free.pop()
        except IndexError:
            return mmap.mmap(-1, size)
        return memory if len(memory) >= size else mmap.mmap(-1, size)
