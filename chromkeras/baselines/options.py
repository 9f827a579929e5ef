"""Options that all baselines have, and their reading from settings."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from chromkeras.architectures.options import check_fields
from chromkeras.errors import InputError
from chromkeras.names import unknown
from chromkeras.recipe.choices import BASELINE as SECTION
from chromkeras.recipe.reading import convert, read_settings, read_tables
from chromkeras.registry import BASELINES


@dataclass(frozen=True)
class Options:
    """Options of a baseline; subclasses add their own and set the default of ``name``.

    Attributes
    ----------
    name
        Name of the baseline.
    strengths
        Values of C to try, the weight of the errors against the ℓ2 penalty: ½‖w‖² + C Σ loss.
        From the smallest on, until two in a row are not better on the validation split.
    elements
        Whether to fit on elements alone, without the background rows.
    balanced
        Whether the positives and the negatives of a task weigh as much in sum; else every row
        weighs the same.
    rows
        Number of training rows at most, drawn at random; 0 takes all.
    """

    name: str = ""
    strengths: tuple[float, ...] = ()
    elements: bool = False
    balanced: bool = False
    rows: int = 0

    def __post_init__(self) -> None:
        check_fields(SECTION, self)
        if not self.strengths:
            raise InputError(f"{SECTION}.strengths: expected at least one number, received none")
        for one in self.strengths:
            if not 0 < one < float("inf"):
                raise InputError(f"{SECTION}.strengths: expected numbers above 0, received {one}")
        if self.rows < 0:
            raise InputError(f"{SECTION}.rows: expected at least 0, received {self.rows}")
        self.check()

    def check(self) -> None:
        """Raise ``InputError`` for values that do not go together."""


def middle(length: int, window: int) -> tuple[int, int]:
    """Return where the middle of a sequence begins, and its length: at most ``window`` bases."""
    size = min(length, window)
    return (length - size) // 2, size


def cropped(x: Any, window: int) -> Any:
    """Return the middle of sequences, a Keras tensor (batch, L, 4), as ``middle`` says."""
    from keras import layers

    length = int(x.shape[1])
    start, size = middle(length, window)
    if size == length:
        return x
    return layers.Cropping1D((start, length - start - size), name="middle")(x)


def baseline_options(
    name: str,
    settings: Iterable[str] = (),
    *,
    file: str | os.PathLike[str] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Options:
    """Return the options of a baseline; later sources win.

    Parameters
    ----------
    name
        Name in ``chromkeras.registry.BASELINES``.
    settings
        Strings "baseline.key=value"; the value is read as TOML, or else as text.
    file
        TOML file with a table ``[baseline]``.
    values
        Values of the same kind that need no reading, by "baseline.key".

    Raises
    ------
    InputError
        An unknown baseline or key (with the nearest valid names), or a value of wrong type.

    Examples
    --------
    >>> baseline_options("kmer", ["baseline.k=5"]).k
    5
    """
    default: Options = BASELINES.get(name).Options()
    given = dict(read_tables(file, (SECTION,)) if file is not None else {})
    given |= read_settings(settings) | dict(values or {})
    known = [f"{SECTION}.{each.name}" for each in fields(default) if each.name != "name"]
    changes = {}
    for key, value in given.items():
        if key not in known:
            raise unknown(f"key of the baseline {name}:", key, known)
        own = key.removeprefix(f"{SECTION}.")
        changes[own] = convert(key, value, default, own)
    return replace(default, **changes)
