import random

import numpy as np
import pytest

from chromkeras.backend.seeds import seeded

# The global numbers are what is tested.
# ruff: noqa: NPY002


def draw() -> tuple[float, float]:
    return random.random(), np.random.random()


def fail() -> None:
    with seeded(7):
        draw()
        raise KeyError


def test_random_states_are_restored_also_after_an_error():
    random.seed(1)
    np.random.seed(1)
    expected = draw()
    random.seed(1)
    np.random.seed(1)
    with pytest.raises(KeyError):
        fail()
    assert draw() == expected


def test_a_seed_gives_the_same_numbers():
    with seeded(7):
        first = draw()
    with seeded(7):
        assert draw() == first
    with seeded(8):
        assert draw() != first
