"""Models of any precision, run in float32: 16-bit floats are too coarse for differences.

Layers of 16 or 64 bits compute in 32 within `in_float32`, by their own weights, which they cast on
the way. The model itself is as it was when the block ends.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
from keras import ops, tree

from chrominterpret.engine.graph import call_at_inference
from chrominterpret.engine.keras_private import policy_replaced, with_sublayers

FLOAT = "float32"


class _InFloat32(keras.DTypePolicy):  # type: ignore[misc,unused-ignore]
    """Policy of a layer that has weights of one type and computes in float32."""

    def __init__(self, variable_dtype: str) -> None:
        super().__init__(FLOAT)
        self._of_weights = variable_dtype

    @property
    def variable_dtype(self) -> str:
        """Type of the weights; as it differs, Keras casts them when they are read."""
        return self._of_weights


@contextmanager
def in_float32(operation: Any) -> Iterator[None]:
    """Make a layer, and all in it, compute in float32 inside the block.

    Quantized layers and operations that are no layers stay as they are.
    """
    layers = with_sublayers(operation) if isinstance(operation, keras.Layer) else []
    with ExitStack() as stack:
        for layer in layers:
            if _is_other(layer):
                policy = _InFloat32(layer.variable_dtype)
                stack.enter_context(policy_replaced(layer, policy))
        yield


def call_in_float32(operation: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Call an operation at inference; what it computes and returns in floats is float32."""
    if type(operation).__name__ == "Cast" and keras.backend.is_float_dtype(operation.dtype):
        return ops.cast(args[0] if args else kwargs["x"], FLOAT)
    with in_float32(operation):
        return tree.map_structure(as_float32, call_at_inference(operation, args, kwargs))


def is_all_float32(model: Any) -> bool:
    """Return whether a model's layers all compute in float32, by weights of that."""
    return not any(_is_other(layer) for layer in with_sublayers(model))


def as_float32(value: Any) -> Any:
    """Return a tensor of floats as float32, and anything else as it is."""
    dtype = keras.backend.standardize_dtype(value.dtype) if hasattr(value, "dtype") else None
    other = dtype is not None and keras.backend.is_float_dtype(dtype) and dtype != FLOAT
    return ops.cast(value, FLOAT) if other else value


def _is_other(layer: Any) -> bool:
    types = {layer.compute_dtype, layer.variable_dtype}
    floats = all(keras.backend.is_float_dtype(dtype) for dtype in types)
    return floats and types != {FLOAT} and not layer.quantization_mode
