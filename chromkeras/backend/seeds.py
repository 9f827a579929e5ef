"""Random choices by a seed that leave the caller's random state as it was."""

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager as Context
from contextlib import ExitStack, contextmanager, nullcontext

import keras
import numpy as np

from chromkeras.backend.keras_private import (
    global_seeds,
    set_global_seeds,
    set_tensorflow_seed,
    tensorflow_seed,
)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed all global random numbers, as Keras does, and restore their states at the end.

    What is drawn inside is what follows ``keras.utils.set_random_seed(seed)``; layers that are
    built inside keep their seeds when it ends. Restored are the states of Python, NumPy, Keras,
    TensorFlow and, where it is the backend, torch on CPUs and CUDA devices; JAX has none.

    Parameters
    ----------
    seed
        Seed of all, from 0 to 2³² − 1.

    Notes
    -----
    TensorFlow operations that were given a seed of their own begin anew, as after
    ``tf.random.set_seed``; it has no way to keep their states.

    Examples
    --------
    >>> import random
    >>> with seeded(1):
    ...     first = random.random()
    >>> with seeded(1):
    ...     first == random.random()
    True
    """
    with ExitStack() as states:
        states.callback(random.setstate, random.getstate())
        states.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002
        states.callback(set_global_seeds, global_seeds())
        states.callback(set_tensorflow_seed, tensorflow_seed())
        states.enter_context(_torch_seed())
        keras.utils.set_random_seed(seed)
        yield


def _torch_seed() -> Context[None]:
    if keras.backend.backend() != "torch":
        return nullcontext()
    import torch

    forked: Context[None] = torch.random.fork_rng(range(torch.cuda.device_count()))
    return forked
