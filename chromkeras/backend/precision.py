"""Precision of computation that a model is built for."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Build the layers within for computation in a precision.

    Weights, logits, penalties and losses are float32 in any case (Micikevicius et al. 2018,
    "Mixed precision training", ICLR). A model's file holds the precision of its layers, so a
    model to save is built outside.

    Parameters
    ----------
    name
        Name of the precision, "float32" or "bfloat16": ``training.precision`` of a recipe.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICIES[name])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
