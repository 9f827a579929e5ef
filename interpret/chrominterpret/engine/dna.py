"""DNA as people have it, made one-hot as a model takes it: letters, FASTA, codes, other axes."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.engine.layout import layout_of
from chrominterpret.errors import InputError
from chrominterpret.files import is_fasta
from chrominterpret.sequences import UNKNOWN, one_hot

_log = logging.getLogger(__name__)


def is_letters(given: Any) -> bool:
    """Return whether something is DNA in letters: a file, a sequence, or several, maybe by name."""
    if isinstance(given, str | os.PathLike):
        return True
    each = list(given.values()) if isinstance(given, Mapping) else given
    if isinstance(each, np.ndarray):
        return each.dtype.kind == "U" and each.ndim == 1
    return isinstance(each, list | tuple) and bool(each) and all(isinstance(s, str) for s in each)


def as_given(given: Any, tensor: Any) -> np.ndarray:
    """Return the array (N, ...) of a model's input.

    Parameters
    ----------
    given
        Array as the model takes it; or, for an input of one-hot DNA, the path of a FASTA file,
        letters (one sequence, a list, or a mapping by name such as of
        `chrominterpret.fasta.read_fasta`), integer codes (N, L) of 0 to 3 and 4 for N, or one-hot
        (N, L, 4) or (N, 4, L) where the model takes the other.
    tensor
        Symbolic input of the model.

    Raises
    ------
    InputError
        If letters, codes or lengths do not fit.
    """
    if is_letters(given):
        return _laid_out(one_hot(_letters(given)), tensor, "letters")
    array = np.asarray(given)
    shape, layout = tuple(tensor.shape), layout_of(tensor)
    if _fits(array.shape, shape):
        return array
    takes_dna = layout is not None or (len(shape) == 3 and shape[-1] == 4)
    if takes_dna and array.ndim == 2 and array.dtype.kind in "iu" and array.size:
        if array.min() < 0 or array.max() > UNKNOWN:
            raise InputError(
                f"expected codes 0 to 3 and 4 for N as {tensor.name!r}, received "
                f"{array.min()} to {array.max()}"
            )
        return _laid_out(one_hot(array), tensor, f"codes {array.shape}")
    if takes_dna and array.ndim == 3 and 4 in array.shape[1:]:
        bases_first = array.shape[2] != 4
        onehot = array.swapaxes(1, 2) if bases_first else array
        return _laid_out(onehot, tensor, f"an array {array.shape}")
    return array


def _laid_out(onehot: np.ndarray, tensor: Any, received: str) -> np.ndarray:
    """Return sequences (N, L, 4) as the model takes them, where they fit; say what was done."""
    layout = layout_of(tensor)
    if layout is not None and onehot.shape[1:] == (layout.length, 4):
        onehot = layout.given(onehot)
    if _fits(onehot.shape, tuple(tensor.shape)):
        _log.warning("%s: read %s as one-hot %s", tensor.name, received, onehot.shape)
    return onehot  # where it does not fit, the caller says so


def _letters(given: Any) -> Any:
    if isinstance(given, Mapping):
        return list(given.values())
    if isinstance(given, os.PathLike) or is_fasta(given):
        from chrominterpret.fasta import read_fasta

        return list(read_fasta(Path(given)).values())
    return [given] if isinstance(given, str) else [str(letters) for letters in given]


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    same_rank = len(shape) == len(expected)
    return same_rank and all(b in (None, a) for a, b in zip(shape[1:], expected[1:], strict=True))
