"""How many rows run at once: as many as a memory budget holds."""

from typing import Any

from chrominterpret.engine.graph import values_per_row
from chrominterpret.errors import InputError

BUDGET = 2.0  # GB
LARGEST = 256  # rows; more make nothing faster on a processor, and progress is seldom reported

# Float32 numbers held for each number of the forward pass: 1.5 and 2.6 by the peak memory of a
# convolutional model on a processor, and some more to be safe.
FORWARD = 1
GRADIENT = 2
SECANT = 4  # the multipliers of DeepLIFT


def rows_at_once(
    model: Any,
    index: int,
    length: int,
    *,
    batch_size: int | None = None,
    memory: float = BUDGET,
    copies: int = GRADIENT,
    besides: int = 0,
) -> int:
    """Return how many rows one call of a model gets.

    Parameters
    ----------
    model
        Functional Keras model.
    index
        Position of the output that is wanted.
    length
        Length taken for axes of unknown length.
    batch_size
        Number of rows, or None to have it estimated.
    memory
        GB (10⁹ bytes) for the tensors of one batch. A row takes 4 bytes × ``copies`` for each
        number in the outputs of all layers on the way to the output; at least one row runs
        whatever it takes, and at most `LARGEST`.
    copies
        Numbers held for each number of the forward pass.
    besides
        Numbers of the forward pass of a row that are in no layer's output.

    Raises
    ------
    InputError
        If ``batch_size`` is less than 1 or ``memory`` not above 0.
    """
    if batch_size is not None:
        if batch_size < 1:
            raise InputError(f"expected batch_size of at least 1 or None, received {batch_size}")
        return int(batch_size)
    if not memory > 0:
        raise InputError(f"expected memory= above 0 (GB), received {memory}")
    per_row = 4 * copies * max(values_per_row(model, index, max(length, 1)) + besides, 1)
    return max(1, min(int(memory * 1e9 / per_row), LARGEST))
