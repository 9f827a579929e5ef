"""Random choices by a seed that leave the caller's random state as it was."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed Python's and NumPy's global random numbers, and restore their states at the end.

    Keras draws the seeds of initializers and of dropout from Python's, so a model that is built
    inside has the same weights as after ``keras.utils.set_random_seed(seed)``, and layers keep
    their seeds when it ends.

    Parameters
    ----------
    seed
        Seed of both.

    Examples
    --------
    >>> import random
    >>> with seeded(1):
    ...     first = random.random()
    >>> with seeded(1):
    ...     first == random.random()
    True
    """
    states = random.getstate(), np.random.get_state()  # noqa: NPY002  # the caller's
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
