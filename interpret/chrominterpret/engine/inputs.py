"""The arrays of a model's inputs, in the model's order and checked."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chrominterpret.engine.graph import input_names, input_shape
from chrominterpret.errors import InputError


def input_arrays(model: Any, x: Any) -> list[np.ndarray]:
    """Return the arrays of all inputs of a model.

    Parameters
    ----------
    model
        Functional Keras model or built ``Sequential``.
    x
        Array of the only input, or arrays of all inputs: a mapping {name: array}, or a sequence in
        the model's order; N rows each.

    Raises
    ------
    InputError
        If names, number, shapes or rows do not fit the model.
    """
    names = input_names(model)
    if isinstance(x, Mapping):
        if set(x) != set(names):
            raise InputError(f"expected inputs {names}, received {sorted(x)}")
        given = [x[name] for name in names]
    else:
        given = list(x) if isinstance(x, list | tuple) else [x]
    if len(given) != len(names):
        raise InputError(f"expected {len(names)} input(s) {names}, received {len(given)}")
    arrays = [np.asarray(array) for array in given]
    for place, (name, array) in enumerate(zip(names, arrays, strict=True)):
        _check_shape(name, array, input_shape(model, place))
    rows = [len(array) for array in arrays]
    if len(set(rows)) > 1:
        raise InputError(f"expected as many rows in each of the inputs {names}, received {rows}")
    return arrays


def _check_shape(name: str, x: np.ndarray, shape: tuple[int | None, ...]) -> None:
    fits = x.ndim == len(shape) and all(
        b in (None, a) for a, b in zip(x.shape[1:], shape[1:], strict=True)
    )
    if not fits or not x.size:
        raise InputError(f"expected input of shape {shape} as {name!r}, received {x.shape}")
