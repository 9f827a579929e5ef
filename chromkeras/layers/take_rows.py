"""Rows of what was computed once for several rows of a batch."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="chromkeras")
class TakeRows(keras.layers.Layer):
    """Give each row of a batch what was computed for the table row that it shares with others.

    Parameters
    ----------
    axis
        Axis of the rows: 1 where tasks lie before them.

    Notes
    -----
    Inputs are values with U rows on ``axis`` and whole numbers (batch,), the row of each; the
    output has the batch in place of the U rows.
    """

    attribution_rule = "linear"

    def __init__(self, axis: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        """Return the chosen rows."""
        values, rows = inputs
        return ops.take(values, rows, axis=self.axis)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape of the values with the batch on ``axis``."""
        values, rows = input_shape
        return (*values[: self.axis], rows[0], *values[self.axis + 1 :])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"axis": self.axis}
