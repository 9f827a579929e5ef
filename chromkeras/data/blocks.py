"""Large arrays a block of rows at a time, so that one in a file is never held whole."""

from collections.abc import Iterator
from typing import Any

BYTES = 1 << 24


def row_blocks(array: Any, *, size: int = BYTES) -> Iterator[slice]:
    """Yield slices of consecutive rows that cover an array from the first row to the last.

    Parameters
    ----------
    array
        NumPy array or HDF5 data set with at least one axis.
    size
        Bytes of a block, at most; a block has at least one row.

    Examples
    --------
    >>> import numpy as np
    >>> list(row_blocks(np.zeros((5, 2), np.uint8), size=4))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    width = array.dtype.itemsize
    for length in array.shape[1:]:
        width *= length
    rows = max(size // max(width, 1), 1)
    for first in range(0, len(array), rows):
        yield slice(first, min(first + rows, len(array)))
