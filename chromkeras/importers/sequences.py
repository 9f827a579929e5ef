"""Sequences as strangers' files hold them, brought to base codes."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from chromkeras.data.blocks import row_blocks
from chromkeras.data.codes import UNKNOWN, from_one_hot
from chromkeras.errors import InputError


def code_blocks(x: Any, where: str) -> Iterator[np.ndarray]:
    """Yield base codes of sequences held as codes or one-hot, a block of rows at a time.

    Parameters
    ----------
    x
        Array or HDF5 data set: (N, length) with values 0 to 4, or one-hot (N, length, 4) with
        channels A C G T.
    where
        Name for messages.

    Yields
    ------
    np.ndarray
        Shape (n, length), uint8.

    Raises
    ------
    InputError
        Another shape, axis order or value.
    """
    if len(x.shape) not in (2, 3) or 0 in x.shape or x.dtype.kind not in "biuf":
        raise InputError(
            f"{where}: expected base codes of shape (N, length) or one-hot of shape "
            f"(N, length, 4), received {x.shape}, {x.dtype}"
        )
    for rows in row_blocks(x):
        block = np.asarray(x[rows])
        try:
            yield from_one_hot(block) if block.ndim == 3 else _codes(block)
        except InputError as error:
            found_in = f"rows {rows.start} to {rows.stop - 1}"
            raise InputError(f"{where}, {found_in}: {error}") from None


def _codes(block: np.ndarray) -> np.ndarray:
    strange = ~np.isin(block, range(UNKNOWN + 1))
    if strange.any():
        row, place = (int(i) for i in np.argwhere(strange)[0])
        raise InputError(
            "expected base codes A 0, C 1, G 2, T 3, N 4, "
            f"received {block[row, place]} at row {row} of these, position {place}"
        )
    return block.astype(np.uint8)


def check_length(length: int, wanted: int | None, where: str) -> None:
    """Raise ``InputError`` when sequences have not the length that was asked for."""
    if wanted is not None and length != wanted:
        raise InputError(f"{where}: expected sequences of {wanted} bases, received {length}")
