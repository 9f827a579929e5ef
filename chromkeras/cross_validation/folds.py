"""Folds of a data set: rows of one group never stand in two folds, test rows in none."""

import hashlib
import logging
import warnings
from dataclasses import dataclass, replace

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import Factor
from chromkeras.data.groups import joined, overlap_groups, sequence_keys
from chromkeras.data.homology import SIMILARITY, sequence_families
from chromkeras.data.packed import PackedSequences
from chromkeras.errors import InputError
from chromkeras.names import unknown

_log = logging.getLogger(__name__)
CHROM, HOMOLOGY = "chrom", "homology"
FEWEST_FOLDS = 3  # one is held out, the next one validates, the others train
MOST_STRATA = 16
MOST_UNITS = 5000
NO_FOLD = 0


@dataclass(frozen=True, eq=False)
class Folds:
    """Folds of the rows outside of the test split.

    Attributes
    ----------
    count
        Number of folds k.
    of
        Shape (N,), int64: the fold of each row, from 1, and 0 for rows of the test split.
    group
        What keeps rows together: the name of a factor, "chrom", "homology", or "" for rows that
        overlap or have equal DNA.
    groups
        Shape (N,), int64: the group of each row outside of the test split, else -1.
    names
        Names of the groups, by their number; none where they have no names.
    """

    count: int
    of: np.ndarray
    group: str
    groups: np.ndarray
    names: tuple[str, ...] = ()

    def rows(self, fold: int) -> np.ndarray:
        """Return the rows that are held out in a fold, shape (n,)."""
        return np.flatnonzero(self.of == fold)

    def validation(self, fold: int) -> int:
        """Return the fold that chooses the best epoch where ``fold`` is held out: the next one."""
        return fold % self.count + 1

    def title(self, fold: int) -> str:
        """Return what messages call a fold."""
        return f"fold {fold} of {self.count}"

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with the fold of any row."""
        return hashlib.sha256(self.of.astype("<i8").tobytes()).hexdigest()[:16]

    def dataset(self, dataset: Dataset, fold: int) -> Dataset:
        """Return the data set that trains a fold's model: the same tables with another split.

        The next fold is its validation split, the others are its training split. Rows that are held
        out are in the test split, beside those that always are.
        """
        split = np.full(len(dataset), "train", dtype="U5")
        split[self.of == self.validation(fold)] = "valid"
        split[(self.of == fold) | (self.of == NO_FOLD)] = "test"
        factors = {name: replace(factor, seen=None) for name, factor in dataset.factors.items()}
        return replace(dataset, split=split, factors=factors, origin=None, split_by="")

    def out_of_fold(self, dataset: Dataset) -> Dataset:
        """Return the data set whose factors say what the models saw of the rows they predict.

        A level is seen where each model that predicts it held out was trained on others of it.
        """
        factors = {name: self._seen(factor) for name, factor in dataset.factors.items()}
        return replace(dataset, factors=factors, origin=None)

    def _seen(self, factor: Factor) -> Factor:
        held = np.zeros((self.count + 1, len(factor.names)), bool)
        held[self.of, factor.of] = True
        seen = np.asarray(held[1:].any(axis=0))
        for fold in range(1, self.count + 1):
            others = set(range(1, self.count + 1)) - {fold, self.validation(fold)}
            seen &= ~held[fold] | held[sorted(others)].any(axis=0)
        return replace(factor, seen=seen)


def make_folds(
    dataset: Dataset, count: int = 5, *, group: str | None = None, seed: int = 0
) -> Folds:
    """Divide the rows outside of the test split into folds of about equal size.

    Labels that are 0 and 1 or classes are spread evenly (scikit-learn's ``StratifiedGroupKFold``):
    by the combination of the tasks' labels where there are few, else by the number of tasks in
    which a row is 1, or by the most frequent combinations.

    Parameters
    ----------
    dataset
        Data set; its training and validation splits become folds.
    count
        Number of folds k, at least 3.
    group
        What keeps rows together: the name of a factor, such as "gene", or "chrom". None keeps those
        together that overlap on the genome, as promoters of related genes do, or have equal DNA, on
        either strand where there are two. "homology" beside them joins rows that share a tenth of
        their k-mers on either strand (``sequence_families``), "homology:0.3" three tenths.
    seed
        Seed of the draw.

    Raises
    ------
    InputError
        Fewer than three folds, an unknown group, or more folds than groups.

    Examples
    --------
    >>> from chromkeras.importers.simulate import demo_dataset
    >>> dataset = demo_dataset()
    >>> folds = make_folds(dataset, 5)
    >>> [len(folds.rows(fold)) for fold in range(1, 6)] == [len(folds.rows(1))] * 5
    True
    >>> set(folds.of[dataset.rows("test")].tolist())
    {0}
    """
    if count < FEWEST_FOLDS:
        raise InputError(
            f"`folds`: expected at least {FEWEST_FOLDS}, as one is held out, another chooses the "
            f"best epoch and the rest train; received {count}"
        )
    if seed < 0:
        raise InputError(f"`seed`: expected at least 0, received {seed}")
    rows = np.flatnonzero(dataset.split != "test")
    if len(rows) == 0:
        raise InputError("expected rows outside of the test split, received none")
    of_row, names = row_groups(dataset, rows, group)
    groups = np.full(len(dataset), -1, np.int64)
    groups[rows] = of_row
    _check_groups(len(np.unique(of_row)), count, group)
    of = np.full(len(dataset), NO_FOLD, np.int64)
    of[rows] = _divided(label_strata(dataset, rows, count), of_row, count, seed)
    _tell_of_parted(dataset, rows, of)
    return Folds(count, of, group or "", groups, names)


def _tell_of_parted(dataset: Dataset, rows: np.ndarray, of: np.ndarray) -> None:
    """Say how many rows belong together and stand in different folds."""
    if dataset.together is None:
        return
    together = dataset.together[rows]
    pairs = np.unique(np.stack([together, of[rows]]), axis=1)
    parted = int((np.bincount(pairs[0])[together] > 1).sum())
    if parted:
        _log.info(
            "note: %d rows are of genes that overlap, or have the promoter of, a gene of another "
            "fold; without `group` such genes stay together",
            parted,
        )


def _check_groups(found: int, count: int, group: str | None) -> None:
    """Raise ``InputError`` for fewer groups than folds."""
    together = f"of {group}" if group else "of rows that overlap or have equal DNA"
    if found < FEWEST_FOLDS:
        raise InputError(
            f"`group`: expected at least {FEWEST_FOLDS} groups {together} outside of the test "
            f"split, received {found}; choose another group"
        )
    if count > found:
        raise InputError(
            f"`folds`: expected at most {found}, the number of groups {together} outside of the "
            f"test split; received {count}"
        )


def row_groups(
    dataset: Dataset, rows: np.ndarray, group: str | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the group of each of some rows, shape (n,), and the groups' names where they have any.

    Parameters
    ----------
    dataset, rows
        Data set, and row numbers, shape (n,).
    group
        As for ``make_folds``.

    Raises
    ------
    InputError
        The group is unknown.
    """
    if group is None:
        return _alike(dataset, rows), ()
    if group.partition(":")[0] == HOMOLOGY and group not in dataset.factors:
        return _relatives(dataset, rows, group), ()
    if group in dataset.factors:
        factor = dataset.factors[group]
        return factor.of[rows].astype(np.int64), factor.names
    if group == CHROM and dataset.chrom is not None:
        names, of = np.unique(dataset.chrom[rows], return_inverse=True)
        return of.astype(np.int64), tuple(names.tolist())
    known = (*dataset.factors, *([] if dataset.chrom is None else [CHROM]))
    known += (HOMOLOGY,) if "dna" in dataset.inputs else ()
    if not known:
        raise InputError(
            f"`group`: expected none, as the data set has neither factors, chromosomes nor DNA; "
            f"received {group}"
        )
    raise unknown("`group`", group, known)


def label_strata(dataset: Dataset, rows: np.ndarray, least: int) -> np.ndarray:
    """Return the stratum of each of some rows by its labels, shape (n,), int64.

    Parameters
    ----------
    dataset, rows
        Data set, and row numbers, shape (n,).
    least
        Fewest rows of a stratum; smaller ones are joined to the largest.
    """
    if not (dataset.zero_one or dataset.classes):
        return np.zeros(len(rows), np.int64)
    labels = np.where(dataset.known[rows], dataset.labels[rows], -1)
    combinations, of = np.unique(labels, axis=0, return_inverse=True)
    if len(combinations) > MOST_STRATA and dataset.zero_one:
        of = _binned((labels == 1).sum(axis=1))
    sizes = np.bincount(of.ravel())
    kept = np.argsort(-sizes, kind="stable")[:MOST_STRATA]
    kept = kept[sizes[kept] >= least]
    place = np.zeros(len(sizes), np.int64)
    place[kept] = np.arange(len(kept))
    return place[of.ravel()]


def _binned(counts: np.ndarray) -> np.ndarray:
    """Return counts in at most ``MOST_STRATA`` bins of about equally many rows."""
    edges = np.unique(np.quantile(counts, np.linspace(0, 1, MOST_STRATA + 1)[1:-1], method="lower"))
    return np.digitize(counts, edges, right=True)


def _divided(strata: np.ndarray, groups: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return the fold of each row, from 1, shape (n,)."""
    from sklearn.model_selection import StratifiedGroupKFold

    units = _bundled(strata, groups, seed)
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    of = np.zeros(len(groups), np.int64)
    with warnings.catch_warnings():
        # Fewer rows of a stratum than folds cannot be in each of them, and need not be.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for fold, (_, held) in enumerate(splitter.split(units, strata, units), 1):
            of[held] = fold
    return of


def _bundled(strata: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    """Return groups in which rows alone in theirs are bundled where there are very many, (n,).

    The splitter takes a fifth of a millisecond a group. A bundle has rows of one stratum, drawn by
    chance.
    """
    _, groups, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    alone = np.flatnonzero(sizes[groups] == 1)
    each = -(-len(alone) // MOST_UNITS)
    if each <= 1:
        return groups
    drawn = np.random.default_rng(seed).permutation(alone)
    drawn = drawn[np.argsort(strata[drawn], kind="stable")]
    first = np.searchsorted(strata[drawn], strata[drawn])
    place = np.arange(len(drawn)) - first
    units = groups.copy()
    units[drawn] = len(sizes) + first + place // each
    return units


def _alike(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return groups of rows that overlap on the genome or have equal DNA, shape (n,)."""
    links: list[np.ndarray] = []
    table = dataset.inputs.get("dna")
    dna = table if isinstance(table, PackedSequences) else None
    if dna is not None:
        same = np.unique(sequence_keys(dna), return_inverse=True)[1]
        links.append(same[dataset.table_rows("dna", rows)])
    if dataset.chrom is not None and dataset.start is not None and dna is not None:
        links.append(overlap_groups(dataset.chrom[rows], dataset.start[rows], dna.length))
    if dataset.together is not None:
        links.append(dataset.together[rows])
    return joined(links, len(rows))


def _relatives(dataset: Dataset, rows: np.ndarray, group: str) -> np.ndarray:
    """Return groups of rows that are alike or relatives by their k-mers, shape (n,)."""
    name, _, share = group.partition(":")
    try:
        similarity = float(share) if share else SIMILARITY
    except ValueError:
        raise InputError(
            f"`group`: expected {name} or {name}:SHARE, such as {name}:0.2; received {group!r}"
        ) from None
    used, of = np.unique(dataset.table_rows("dna", rows), return_inverse=True)
    families = sequence_families(dataset.dna.select(used), similarity)[of]
    found = joined([families, _alike(dataset, rows)], len(rows))
    sizes = np.bincount(found)
    _log.info(
        "homology: %d of %d rows have relatives; the largest family has %d",
        int((sizes[found] > 1).sum()),
        len(rows),
        int(sizes.max()),
    )
    return found
