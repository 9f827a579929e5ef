import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager.context import context

from chromkeras.backend.seeds import seeded

# The global numbers are what is tested.
# ruff: noqa: NPY002


def draw():
    drawn = [random.random(), np.random.random(), float(keras.random.uniform(()))]
    drawn.append(float(tf.random.uniform(())))
    if keras.backend.backend() == "torch":
        import torch

        drawn.append(float(torch.rand(())))
    return drawn


def fail():
    with seeded(7):
        draw()
        raise KeyError


def test_random_states_are_restored_also_after_an_error():
    keras.utils.set_random_seed(1)
    first, second = draw(), draw()
    keras.utils.set_random_seed(1)
    assert draw() == first
    with pytest.raises(KeyError):
        fail()
    assert draw() == second


def test_what_had_no_seed_has_none_again(monkeypatch):
    assert {"_seed", "_rng"} <= vars(context()).keys()
    monkeypatch.setattr(context(), "_seed", None)
    with seeded(7):
        assert context()._seed == 7
    assert context()._seed is None


def test_a_seed_gives_the_numbers_of_keras_whatever_was_before():
    keras.utils.set_random_seed(7)
    expected = draw()
    for before in (1, 2):
        keras.utils.set_random_seed(before)
        with seeded(7):
            assert draw() == expected
    with seeded(8):
        assert draw() != expected
