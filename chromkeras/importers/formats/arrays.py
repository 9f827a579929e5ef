"""Plain arrays in one HDF5 or .npz file to a data set."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from chromkeras.data.checks import check_inputs
from chromkeras.data.dataset import KINDS
from chromkeras.data.packed import PackedSequences
from chromkeras.data.splits import SplitBy, SplitPlan, asked_split_plan
from chromkeras.data.tables import DenseTable, Table
from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.importers.array_file import ArrayFile, open_arrays
from chromkeras.importers.assemble import Prepared, Rows, assemble, found_in, pack_blocks
from chromkeras.importers.blacklist import read_blacklist
from chromkeras.importers.genome import nearest_names
from chromkeras.importers.row_splits import keep_or_split
from chromkeras.importers.sequences import check_length, code_blocks
from chromkeras.names import unknown
from chromkeras.problems.reading import guess_problem
from chromkeras.problems.registry import find_problem
from chromkeras.registry import PROBLEMS


def prepare(
    path: str | os.PathLike[str],
    *,
    problem: Annotated[str | None, PROBLEMS] = None,
    classes: Sequence[str] = (),
    along_dna: Sequence[str] = (),
    length: int | None = None,
    valid: str | Sequence[str] = (),
    test: str | Sequence[str] = (),
    valid_fraction: float | None = None,
    test_fraction: float | None = None,
    split_by: SplitBy | None = None,
    similarity: float | None = None,
    seed: int | None = None,
    blacklist: str | os.PathLike[str] | None = None,
    drop_unknown: bool = False,
) -> Prepared:
    """Make a data set of a file of arrays.

    The file has ``x`` (base codes (N, length), or one-hot (N, length, 4) with channels A C G T)
    and ``y`` (N, T), and where present ``known`` (N, T), bool, ``tasks`` (T,), ``classes`` (C,),
    ``split`` (N,), ``chrom`` (N,), ``start`` or one ``start_…`` (N,), ``kind`` (N,) with "element"
    and "background" (or "negative"). Further inputs are ``inputs/NAME`` or ``x_NAME``, numbers of
    shape (N, …): (N, length, C) for tracks along the DNA, (N, F) for a vector. ``channels/NAME`` or
    ``channels_NAME`` (C,) names what lies on an input's last axis. An input, ``dna`` or NAME, may
    hold M rows that the N rows share: ``index/NAME`` or ``index_NAME`` (N,) says which.

    Parameters
    ----------
    path
        HDF5 or .npz with x and y, and where present known, tasks, classes, split, chrom, start (or
        ``start_…``), kind, further inputs (inputs/NAME or x_NAME), names of their channels
        (channels/NAME) and the row of a shared input (index/NAME). Its own split is kept unless
        another is asked for.
    problem
        What the labels are. Without it regression for floats other than 0, 1, -1 and fractions
        between 0 and 1, else binary, which refuses what is no label of its own.
    classes
        Names of the classes 0, 1, …, for problem classes; without it the file's.
    along_dna
        Further inputs that run along the DNA, one position a base, so that they are augmented with
        it.
    length
        Bases that every sequence must have.
    valid
        Chromosome or region for validation, 0-based, end not included, such as chrIV or
        chrX:0-3,000,000. Rows across its edge are dropped.
    test
        Chromosome or region for testing, likewise.
    valid_fraction
        Share drawn for validation where no region is given, 0.1 if nothing is said; overlapping
        or equal rows stay together.
    test_fraction
        Share drawn for testing, likewise.
    split_by
        What is drawn: rows that overlap together (chance, if nothing is said); whole chromosomes,
        chosen so that they are like all rows in number, GC and positives (chromosomes); or families
        of rows that share k-mers on either strand (homology), of which none then stands both in
        training and beside it. With regions, training rows with a relative there are left out.
    similarity
        Share of 14-mers from which on two rows are relatives, for homology; 0.1 if nothing is said.
    seed
        Seed of the drawn splits, 0 if nothing is said.
    blacklist
        BED of regions whose rows are left out; rows need chrom and start.
    drop_unknown
        Leave out rows that are nothing but N.

    Returns
    -------
    Prepared
        The data set, what was left out, and how the labels were read.

    Raises
    ------
    InputError
        The file or an array in it is not as described.
    """
    plan = asked_split_plan(
        valid=valid,
        test=test,
        valid_fraction=valid_fraction,
        test_fraction=test_fraction,
        split_by=split_by,
        similarity=similarity,
        seed=seed,
    )
    found = require_file(path, "array file")
    with open_arrays(found) as file:
        for name in ("x", "y"):
            if name not in file:
                raise InputError(f"{found}: expected an array {name!r}, found {', '.join(file)}")
        dna = _sequences(file, length)
        tables, notes = _tables(file, along_dna)
        labels, how = _labels(file, problem, classes)
        rows = Rows(dna=dna, inputs=tables, **labels, **_columns(file))
    _check_rows(found, rows)
    if plan is not None and rows.chrom is not None:
        _check_chromosomes(plan, rows.chrom, found)
    listed, more = _listed(rows, blacklist)
    with found_in(found):
        own = plan is None and len(rows.split) > 0
        placed = rows.chrom is not None and rows.start is not None
        same = None if placed else _same_sequence(rows)
        divided, made = keep_or_split(rows, plan, groups=same, listed=listed)
        return assemble(
            divided,
            drop_unknown=drop_unknown,
            notes=(*notes, *how, *more, *made),
            may_lack=own,
        )


def _sequences(file: ArrayFile, length: int | None) -> PackedSequences:
    blocks = code_blocks(file.get("x"), file.where("x"))
    first = next(blocks)
    check_length(first.shape[1], length, file.where("x"))

    def every() -> Iterator[np.ndarray]:
        yield first
        yield from blocks

    return pack_blocks(every(), first.shape[1])


def _tables(file: ArrayFile, along_dna: Sequence[str]) -> tuple[dict[str, Table], list[str]]:
    """Return the further inputs by name, and what was done to them."""
    members = file.members("inputs")
    if "dna" in members:
        raise InputError(f"{file.path} has {members['dna']}; the DNA is the array 'x'")
    for name in along_dna:
        if name not in members:
            raise unknown("input", name, tuple(members))
    named = file.members("channels")
    for name in named:
        if name not in members:
            raise InputError(f"{file.where(named[name])}: {unknown('input', name, tuple(members))}")
    tables: dict[str, Table] = {}
    notes = []
    for name, full in members.items():
        values = file.read(full)
        if values.dtype == np.float64:
            with np.errstate(over="ignore"):  # what becomes infinite is refused below
                values = values.astype(np.float32)
            notes.append(f"input {name}: float64 rounded to float32, about 7 digits")
        with found_in(file.where(full)):
            channels = _channels(file, named[name]) if name in named else ()
            tables[name] = DenseTable(values, name in along_dna, channels)
        how = ", along the DNA" if name in along_dna else ""
        notes.append(f"input {name}: {len(values):,} rows of shape {tables[name].shape}{how}")
    return tables, notes


def _channels(file: ArrayFile, full: str) -> tuple[str, ...]:
    return tuple(file.texts(full)[full].tolist())


def _labels(
    file: ArrayFile, asked: str | None, classes: Sequence[str]
) -> tuple[dict[str, Any], list[str]]:
    """Return what there is of labels as columns of ``Rows``, and how they were read."""
    y, texts = file.read("y"), file.texts("tasks", "classes")
    name, why = (asked, "as asked for") if asked is not None else guess_problem(y)
    problem, names = find_problem(name), tuple(classes or texts.get("classes", ()))
    known = file.read("known") if "known" in file else None
    labels, mask, how = problem.read_labels(y, file.where("y"), known=known, classes=names)
    numbered = [f"task{i}" for i in range(labels.shape[1])]
    columns = {
        "labels": labels,
        "known": mask,
        "problem": name,
        "classes": problem.class_names(labels, mask, [str(each) for each in names]),
        "tasks": tuple(str(task) for task in texts.get("tasks", numbered)),
    }
    return columns, [f"problem: {name}, {why}", *how]


def _columns(file: ArrayFile) -> dict[str, Any]:
    """Return the other columns of ``Rows``; the split is empty where the file has none."""
    texts = file.texts("split", "chrom", "kind")
    return {
        "split": texts.get("split", np.array([], str)),
        "chrom": texts.get("chrom"),
        "start": _start(file),
        "kind": _kind(texts["kind"], file) if "kind" in texts else None,
        "index": {name: file.integers(full) for name, full in file.members("index").items()},
    }


def _start(file: ArrayFile) -> np.ndarray | None:
    names = ["start"] if "start" in file else [n for n in file if n.startswith("start_")]
    if not names:
        return None
    if len(names) > 1:
        raise InputError(f"{file.path} has {', '.join(names)}; rename the one to use to 'start'")
    start = file.integers(names[0])
    if start.size and start.min() < 0:
        row = int(np.argmax(start < 0))
        raise InputError(f"{file.where(names[0])}: start {start[row]} of row {row} is negative")
    return start


def _kind(kind: np.ndarray, file: ArrayFile) -> np.ndarray:
    kind = np.where(kind == "negative", "background", kind)
    for name in np.unique(kind):
        if name not in KINDS:
            raise InputError(f"{file.where('kind')}: {unknown('kind', str(name), KINDS)}")
    return kind


def _check_rows(path: Path, rows: Rows) -> None:
    """Raise ``InputError`` when a column or an input has another number of rows."""
    first, *others = [
        (f"index of {name}" if name in rows.index else "x" if name == "dna" else f"input {name}",
         len(rows.index.get(name, table)))
        for name, table in rows.tables.items()
    ]  # fmt: skip
    columns = {"y": rows.labels, "start": rows.start, "kind": rows.kind, "chrom": rows.chrom}
    others += [(name, len(column)) for name, column in columns.items() if column is not None]
    with found_in(path):
        check_inputs(rows.tables, rows.index)
    if len(rows.split):
        others.append(("split", len(rows.split)))
    for name, count in others:
        if count != first[1]:
            raise InputError(f"{path}: {first[0]} has {first[1]} rows and {name} {count}")


def _check_chromosomes(plan: SplitPlan, chrom: np.ndarray, path: Path) -> None:
    names = dict.fromkeys(np.unique(chrom).tolist(), 0)
    for region in (*plan.valid, *plan.test):
        if region.chrom not in names:
            raise InputError(
                f"no row of {path} lies on {region.chrom!r}; {nearest_names(region.chrom, names)}"
            )


def _listed(rows: Rows, path: str | os.PathLike[str] | None) -> tuple[np.ndarray | None, list[str]]:
    """Return which rows touch the blacklist, shape (N,), and lines for a person."""
    if path is None:
        return None, []
    if rows.chrom is None or rows.start is None:
        raise InputError("`blacklist` needs chrom and start of every row")
    regions, notes = read_blacklist(path, np.unique(rows.chrom).tolist())
    return regions.touched(rows.chrom, rows.start, rows.dna.length), notes


def _same_sequence(rows: Rows) -> np.ndarray:
    """Return a number for every row, equal for rows of the same DNA, shape (N,)."""
    dna = rows.dna
    packed = np.ascontiguousarray(dna.packed).view(f"V{dna.packed.shape[1]}")[:, 0]
    same = np.unique(packed, return_inverse=True)[1]
    return same[rows.index["dna"]] if "dna" in rows.index else same
