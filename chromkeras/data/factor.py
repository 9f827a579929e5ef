"""What the rows of a data set are about: a gene, a condition, a cell type."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chromkeras.errors import InputError
from chromkeras.names import check_unique


@dataclass(frozen=True, eq=False)
class Factor:
    """Levels of a factor, and the level of every row.

    Attributes
    ----------
    names
        K unique names of the levels, such as gene identifiers.
    of
        Shape (N,), whole numbers: the level of each row.
    seen
        Shape (K,), bool: levels that stand in the training split. None until a data set, or the
        whole that a part is held out of, says so.

    Raises
    ------
    InputError
        A name stands twice, or a row has a level that is none.

    Examples
    --------
    >>> gene = Factor(("YAL001C", "YAL002W"), np.array([0, 0, 1]))
    >>> gene.select(np.array([2])).of.tolist()
    [1]
    """

    names: tuple[str, ...]
    of: np.ndarray
    seen: np.ndarray | None = None

    def __post_init__(self) -> None:
        check_unique("level of a factor", self.names)
        last = len(self.names) - 1
        low, high = (int(self.of.min()), int(self.of.max())) if self.of.size else (0, last)
        if self.of.ndim != 1 or self.of.dtype.kind not in "iu" or low < 0 or high > last:
            raise InputError(
                f"expected levels from 0 to {last} of shape (rows,), received {low} to {high}, "
                f"shape {self.of.shape}, {self.of.dtype}"
            )
        if self.seen is not None and (
            self.seen.shape != (len(self.names),) or self.seen.dtype != bool
        ):
            raise InputError(
                f"expected seen of shape ({len(self.names)},), bool, received {self.seen.shape}, "
                f"{self.seen.dtype}"
            )

    def __len__(self) -> int:
        return len(self.of)

    def select(self, rows: np.ndarray) -> "Factor":
        """Return the factor of the rows with these numbers, shape (n,)."""
        return replace(self, of=self.of[rows])

    def with_seen(self, training: np.ndarray) -> "Factor":
        """Return the factor that knows its levels in training rows, shape (n,), where any."""
        if self.seen is not None or len(training) == 0:
            return self
        seen = np.zeros(len(self.names), bool)
        seen[self.of[training]] = True
        return replace(self, seen=seen)


def held_out_strata(factors: dict[str, Factor], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return which rows have levels that training has seen, for each combination there is.

    Parameters
    ----------
    factors
        Factors by name. Those of which training has seen all levels here tell nothing apart and
        are left out, and so are those that a finer factor goes with, as chromosomes with genes.
    rows
        Row numbers, shape (n,).

    Returns
    -------
    dict
        Masks of shape (n,), bool, by a title such as "seen gene, new condition".

    Examples
    --------
    >>> gene = Factor(("a", "b"), np.array([0, 1]), seen=np.array([True, False]))
    >>> list(held_out_strata({"gene": gene}, np.array([0, 1])))
    ['seen gene', 'new gene']
    """
    by_levels = sorted(factors.items(), key=lambda item: -len(item[1].names))
    seen: dict[str, np.ndarray] = {}
    for name, factor in by_levels:
        if factor.seen is None:
            continue
        mask = factor.seen[factor.of[rows]]
        if not mask.all() and not any(np.array_equal(mask, other) for other in seen.values()):
            seen[name] = mask
    told = [name for name in factors if name in seen]
    strata: dict[str, np.ndarray] = {"": np.ones(len(rows), bool)}
    for name in told:
        strata = {
            f"{title}, {word} {name}".lstrip(", "): mask & (seen[name] == here)
            for title, mask in strata.items()
            for word, here in (("seen", True), ("new", False))
        }
    return {title: mask for title, mask in strata.items() if title and mask.any()}


def grouped_rows(levels: np.ndarray) -> Sequence[np.ndarray]:
    """Return the places of each level in turn, for levels of shape (n,), lowest first."""
    order = np.argsort(levels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(levels[order])) + 1) if len(order) else []
