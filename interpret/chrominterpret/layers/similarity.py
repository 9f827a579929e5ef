"""Similarity of the layers of two models on the same sequences, by linear CKA."""

from collections.abc import Sequence
from typing import Any, Final

import keras
import numpy as np
import pandas as pd

from chrominterpret.engine.graph import functional
from chrominterpret.engine.inputs import input_arrays
from chrominterpret.engine.keras_private import nodes_of
from chrominterpret.errors import InputError
from chrominterpret.layers.cka import SMALLEST_BATCH, centred_gram

BATCH: Final = 64


def layer_similarity(
    first: keras.Model,
    second: keras.Model,
    x: Any,
    *,
    layers: tuple[Sequence[str] | None, Sequence[str] | None] = (None, None),
    batch_size: int = BATCH,
) -> pd.DataFrame:
    """Compare every layer of one model with every layer of another, by linear CKA.

    Centred kernel alignment is the correlation of the two matrices that say how alike a layer
    makes any two sequences: it does not depend on the order, the rotation or the scale of its
    units, and compares layers of different sizes.

    Parameters
    ----------
    first, second : keras.Model
        Functional models or built ``Sequential`` that read the same inputs.
    x : array or mapping
        Array (N, ...) of the only input, or arrays of all inputs, by name or in the order of the
        models.
    layers : tuple of sequences of str or None
        Names of the layers of each model; None takes all that hold weights.
    batch_size : int
        Number of sequences that are compared with each other, at least 4; results are means over
        such batches.

    Returns
    -------
    DataFrame
        CKA of each layer of the first model (rows) with each of the second (columns): 1 for equal
        layers, near 0 for unrelated ones, which may lie below it, as the estimate has no bias; NaN
        where a layer is the same for all sequences. Of a layer that a model calls several
        times, the first call is read.

    Raises
    ------
    InputError
        If there are fewer than four sequences, a layer is unknown, or the arrays do not fit.

    References
    ----------
    Kornblith et al. 2019 (arXiv:1905.00414); the unbiased estimate over minibatches of Nguyen et
    al. 2021 (arXiv:2010.15327).

    Examples
    --------
    >>> import keras
    >>> import chrominterpret
    >>> model = keras.Sequential([keras.Input((12, 4)), keras.layers.Conv1D(8, 5, name="conv"),
    ...                           keras.layers.Flatten(), keras.layers.Dense(1, name="out")])
    >>> x = chrominterpret.one_hot(["ACGTTGCATCGA", "TTGACCATGCAA", "ACGTAAATCGGA", "CCGACCATGCTT"])
    >>> chrominterpret.layer_similarity(model, model, x).round(3).loc["conv", "conv"].item()
    1.0
    """
    if batch_size < SMALLEST_BATCH:
        raise InputError(
            f"expected a batch_size of at least {SMALLEST_BATCH}, received {batch_size}"
        )
    read = [_reader(model, some) for model, some in zip((first, second), layers, strict=True)]
    arrays = [input_arrays(model, x) for model in (first, second)]
    count = len(arrays[0][0])
    if count < SMALLEST_BATCH:
        raise InputError(f"expected at least {SMALLEST_BATCH} sequences, received {count}")
    rows = np.array_split(np.arange(count), max(count // batch_size, 1))
    grams = [
        _grams(function, model_arrays, rows)
        for (_, function), model_arrays in zip(read, arrays, strict=True)
    ]
    with np.errstate(invalid="ignore"):
        one, other = (values / np.linalg.norm(values, axis=1, keepdims=True) for values in grams)
    return pd.DataFrame(one @ other.T, read[0][0], read[1][0])


def _reader(model: keras.Model, layers: Sequence[str] | None) -> tuple[list[str], keras.Function]:
    """Return the names of the layers, and the function from a model's inputs to them all."""
    outputs: dict[str, Any] = {}
    for node in nodes_of(functional(model)):
        if not node.is_input:
            outputs.setdefault(node.operation.name, (node.operation, node.outputs[0]))
    if layers is None:
        names = [name for name, (layer, _) in outputs.items() if getattr(layer, "weights", None)]
    else:
        names = list(layers)
    if unknown := [name for name in names if name not in outputs]:
        raise InputError(f"expected layers among {sorted(outputs)}, received {unknown}")
    if not names:
        raise InputError(f"expected layers with weights in {model.name!r}, received none")
    # keras.Function, not keras.Model: the latter adds nodes to the caller's layers
    return names, keras.Function(model.inputs, [outputs[name][1] for name in names])


def _grams(
    function: keras.Function, arrays: Sequence[np.ndarray], rows: Sequence[np.ndarray]
) -> np.ndarray:
    """Return the centred kernels of all batches, one after the other: (layers, Σ b²)."""
    batches = []
    for some in rows:
        values = function([array[some].astype(np.float32) for array in arrays])
        batches.append([centred_gram(keras.ops.convert_to_numpy(value)) for value in values])
    found: np.ndarray = np.concatenate([np.stack(each) for each in batches], axis=1)
    return found
