"""What runs along the DNA, as it reads from the other strand."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="chromkeras")
class OtherStrand(keras.layers.Layer):
    """Turn positions around, and with ``complement`` the channels A, C, G, T as well.

    Parameters
    ----------
    complement
        Whether channels are bases in the order A, C, G, T, each of which becomes its complement.

    Notes
    -----
    Input and output shape (batch, length, C).

    Examples
    --------
    >>> import numpy as np
    >>> dna = np.eye(4, dtype="float32")[None, [0, 0, 1]]  # AAC
    >>> np.argmax(OtherStrand(complement=True)(dna), axis=-1).tolist()  # GTT
    [[2, 3, 3]]
    """

    attribution_rule = "linear"

    def __init__(self, *, complement: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.complement = complement

    def call(self, inputs: Any) -> Any:
        """Return the input from its last position to its first."""
        return ops.flip(inputs, axis=(1, 2) if self.complement else 1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"complement": self.complement}


def reads_both_strands(model: keras.Model) -> bool:
    """Return whether a model's outputs are the same for a sequence and its reverse complement.

    They are where it runs both through the same layers and merges the outputs.
    """
    return any(isinstance(layer, OtherStrand) for layer in model.layers)
