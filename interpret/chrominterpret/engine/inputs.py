"""The arrays of a model's inputs, in the model's order and checked."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chrominterpret.engine.dna import as_given, is_letters
from chrominterpret.engine.graph import functional, input_keys, input_names, input_shape
from chrominterpret.errors import InputError


def input_arrays(model: Any, x: Any) -> list[np.ndarray]:
    """Return the arrays of all inputs of a model.

    Parameters
    ----------
    model
        Functional Keras model or built ``Sequential``.
    x
        Array of the only input, or arrays of all inputs: a mapping {name: array}, or a sequence in
        the model's order; N rows each. For DNA also letters, a FASTA file, codes, or one-hot with
        its axes in the other order; see `chrominterpret.engine.dna.as_given`.

    Raises
    ------
    InputError
        If names, number, shapes or rows do not fit the model.
    """
    names, tensors = input_names(model), functional(model).inputs
    given = _in_order(model, x)
    if len(given) != len(names):
        raise InputError(f"expected {len(names)} input(s) {names}, received {len(given)}")
    arrays = [as_given(each, tensor) for each, tensor in zip(given, tensors, strict=True)]
    for place, (name, array) in enumerate(zip(names, arrays, strict=True)):
        _check_shape(name, array, input_shape(model, place))
    rows = [len(array) for array in arrays]
    if len(set(rows)) > 1:
        raise InputError(f"expected as many rows in each of the inputs {names}, received {rows}")
    return arrays


def _in_order(model: Any, x: Any) -> list[Any]:
    """Return what is given for each input: by name, by key of the model's own mapping, in order."""
    names, keys = input_names(model), input_keys(model)
    if not isinstance(x, Mapping):
        whole = is_letters(x) and len(names) == 1
        return list(x) if isinstance(x, list | tuple) and not whole else [x]
    for known in (names, keys):
        if known is not None and set(x) == set(known):
            return [x[name] for name in known]
    if len(names) == 1 and is_letters(x):
        return [x]
    raise InputError(f"expected inputs {names}, received {sorted(map(str, x))}")


def _check_shape(name: str, x: np.ndarray, shape: tuple[int | None, ...]) -> None:
    fits = x.ndim == len(shape) and all(
        b in (None, a) for a, b in zip(x.shape[1:], shape[1:], strict=True)
    )
    if not fits or not x.size:
        raise InputError(f"expected input of shape {shape} as {name!r}, received {x.shape}")
