"""Labels, sequences and names as strangers' files hold them, brought to our types."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from chromkeras.data.codes import UNKNOWN, from_one_hot
from chromkeras.data.known import from_flagged
from chromkeras.errors import InputError

_ROWS = 1 << 14


def to_labels(y: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return labels 1 and 0, int8, and which of them are known, bool, both of shape (N, T).

    Parameters
    ----------
    y
        Shape (N, T) or (N,): 1, 0, -1, or NaN for unknown; any number type or bool.
    where
        Name for messages.

    Raises
    ------
    InputError
        Another shape or another value.
    """
    y = np.asarray(y)
    if y.ndim == 1:
        y = y[:, None]
    if y.ndim != 2 or 0 in y.shape or y.dtype.kind not in "biuf":
        raise InputError(
            f"{where}: expected numeric labels of shape (rows, tasks), "
            f"received {y.shape}, {y.dtype}"
        )
    if y.dtype.kind == "f":
        y = np.where(np.isnan(y), -1, y)
    strange = ~np.isin(y, (0, 1, -1))
    if strange.any():
        row, column = (int(i) for i in np.argwhere(strange)[0])
        raise InputError(
            f"{where}: expected labels 1, 0 or -1 (unknown), "
            f"received {y[row, column]} in row {row}, column {column}"
        )
    return from_flagged(y.astype(np.int8))


def to_text(values: Any, where: str) -> np.ndarray:
    """Return a column of bytes or text as text, shape (N,); another shape or code is refused."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise InputError(f"{where}: expected one row of names, received shape {array.shape}")
    try:
        if array.dtype.kind == "S":
            return np.char.decode(array, "utf-8")
        if array.dtype.kind == "O":
            texts = [v.decode() if isinstance(v, bytes) else str(v) for v in array]
            return np.array(texts, dtype=str)
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: expected UTF-8 text: {error}") from None
    return array.astype(str)


def code_blocks(x: Any, where: str) -> Iterator[np.ndarray]:
    """Yield base codes of sequences held as codes or one-hot, some thousand rows at a time.

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
    for first in range(0, x.shape[0], _ROWS):
        block = np.asarray(x[first : first + _ROWS])
        try:
            yield from_one_hot(block) if block.ndim == 3 else _codes(block)
        except ValueError as error:
            rows = f"rows {first} to {first + len(block) - 1}"
            raise InputError(f"{where}, {rows}: {error}") from None


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
