"""Attributions of some sequences each put together as one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.errors import InputError
from chrominterpret.methods.base.contributions import LARGEST_KEPT
from chrominterpret.methods.base.method import Method

_OF_TARGETS = (
    "attributions", "prediction", "hypothetical", "multipliers", "delta", "relative_delta",
)  # fmt: skip
_ALIKE = ("method", "target_names", "output", "reference_kind", "n_references", "seed")


def joined(method: Method, parts: Sequence[Attribution]) -> Attribution:
    """Return the attribution of all sequences from those of some of them each.

    It is what the method gives for all at once, up to the rounding of other batches: references
    depend on a sequence and the seed alone. Only those of ``"background"`` and ``"mean"``, which
    depend on all sequences, must be given as an array.

    Parameters
    ----------
    method
        Method, with the options that the parts were made by.
    parts
        At least one, in the order of the sequences.

    Raises
    ------
    InputError
        There is no part, or they are of other methods, targets or references.

    Examples
    --------
    >>> import keras
    >>> from chrominterpret.methods.gradient_x_input import GradientXInput
    >>> from chrominterpret.sequences import one_hot
    >>> model = keras.Sequential([keras.Input((4, 4)), keras.layers.Flatten(),
    ...                           keras.layers.Dense(2)])
    >>> x, method = one_hot(["ACGT", "AAAA", "TTTT"]), GradientXInput()
    >>> both = joined(method, [method(model, x[:2]), method(model, x[2:])])
    >>> both.attributions.shape
    (2, 3, 4, 4)
    """
    if not parts:
        raise InputError("expected attributions to join, received none")
    first = parts[0]
    for part in parts:
        for name in _ALIKE:
            if getattr(part, name) != getattr(first, name):
                raise InputError(
                    f"expected attributions of one {name}, received {getattr(first, name)!r} and "
                    f"{getattr(part, name)!r}"
                )
    arrays = {name: _over([getattr(part, name) for part in parts], 1) for name in _OF_TARGETS}
    codes = _over([part.reference_codes for part in parts], 0)
    own = [set(part.warnings) - set(method.incomplete(part)) for part in parts]
    warnings = dict.fromkeys(
        text
        for part, kept in zip(parts, own, strict=True)
        for text in part.warnings
        if text in kept
    )
    return method.warned(
        replace(
            first,
            **arrays,
            reference_codes=_small(codes),
            references=_small(_references([part.references for part in parts])),
            warnings=tuple(warnings),
        )
    )


def _over(arrays: Sequence[np.ndarray | None], axis: int) -> Any:
    """Return arrays as one along an axis; None where one of them was not kept."""
    kept = [array for array in arrays if array is not None]
    return np.concatenate(kept, axis=axis) if len(kept) == len(arrays) else None


def _references(arrays: Sequence[np.ndarray | None]) -> Any:
    """Return references (1, R, ...) that all parts share once, others (N, R, ...) one by one."""
    first = arrays[0]
    if (
        first is not None
        and len(first) == 1
        and all(a is not None and np.array_equal(a, first) for a in arrays)
    ):
        return first
    return _over(arrays, 0)


def _small(array: Any) -> Any:
    return array if array is None or array.nbytes <= LARGEST_KEPT else None
