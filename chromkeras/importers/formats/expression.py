"""Expression of genes in conditions, with promoters, regulators or histone marks, to a data set."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from chromkeras.data.groups import joined
from chromkeras.data.homology import sequence_families
from chromkeras.errors import InputError
from chromkeras.importers.assemble import Prepared, check_splits
from chromkeras.importers.blacklist import read_blacklist
from chromkeras.importers.cell_marks import (
    check_cells,
    marks_of_tables,
    marks_of_tracks,
    parse_cells,
    parse_tracks,
)
from chromkeras.importers.expression_rows import TASKS, Parts, Tasks, Thresholds, expression_dataset
from chromkeras.importers.expression_table import ExpressionTable, read_expression
from chromkeras.importers.gene_ids import read_names
from chromkeras.importers.gene_inputs import GeneInputs, GeneSources, read_gene_inputs
from chromkeras.importers.held_out_levels import (
    HELD_OUT,
    HeldOut,
    make_held_out,
    split_conditions,
    split_genes,
)
from chromkeras.importers.histone_tables import PairMarks
from chromkeras.importers.promoters import related_genes, windows_around
from chromkeras.importers.regulators import Regulators, read_regulators
from chromkeras.names import unknown

NO_VALUE = "a known value of expression"
BINS = 100


@dataclass(frozen=True)
class _Marks:
    """Files of histone marks, and how they are read."""

    tables: Mapping[str, Path]
    tracks: Mapping[str, Mapping[str, Path]]
    bins: int
    bin_size: int
    log: bool

    @property
    def cells(self) -> tuple[str, ...]:
        return tuple(self.tables or self.tracks)

    def bases(self, marks: PairMarks | None) -> int:
        """Return how long the window of the bins is."""
        return 0 if marks is None else marks.values.shape[1] * self.bin_size


def prepare(
    expression: str | os.PathLike[str],
    *,
    promoters: str | os.PathLike[str] | None = None,
    positions: str | os.PathLike[str] | None = None,
    genome: str | os.PathLike[str] | None = None,
    annotation: str | os.PathLike[str] | None = None,
    upstream: int | None = None,
    downstream: int | None = None,
    around: int | None = None,
    regulators: str | os.PathLike[str] | None = None,
    regulator_expression: str | os.PathLike[str] | None = None,
    histone: str | Sequence[str] = (),
    bigwig: str | Sequence[str] = (),
    bins: int | None = None,
    bin_size: int = 100,
    log: bool = False,
    log_marks: bool = False,
    tasks: Tasks = "pooled",
    up: float | None = None,
    down: float | None = None,
    valid: str | Sequence[str] = (),
    test: str | Sequence[str] = (),
    valid_genes: str | os.PathLike[str] | None = None,
    test_genes: str | os.PathLike[str] | None = None,
    valid_conditions: str | Sequence[str] = (),
    test_conditions: str | Sequence[str] = (),
    valid_fraction: float | None = None,
    test_fraction: float | None = None,
    split_by: Literal["chance", "homology"] | None = None,
    similarity: float | None = None,
    seed: int | None = None,
    blacklist: str | os.PathLike[str] | None = None,
) -> Prepared:
    r"""Make a data set of a table of expression, genes by conditions.

    A row is a pair of a gene and a condition, such as a cell type, whose expression is known. What
    a model reads are the promoter of the gene, in its direction, the expression of regulators in
    the condition, and histone marks around the gene in the cell type; one of them is enough. Rows
    share them: nothing is written twice.

    A row is for training when its gene and its condition are; for validation or testing when one
    of them is held out for it, and the other not for another split. So genes and conditions that
    training has seen are told from new ones when a model is evaluated.

    Parameters
    ----------
    expression
        TSV or CSV, .gz or not: identifiers of genes in the first column, names of conditions in
        the first line. What is empty, NA or NaN is unknown.
    promoters
        FASTA of promoters in the direction of each gene, of one length, named by gene, .gz or not.
    positions
        TSV of where the promoters lie: gene, chromosome, first base on the forward strand (from
        0), strand. Then genes are held out by chromosome, and those that overlap together.
    genome
        FASTA to cut promoters from; needs an annotation. Beyond the ends of a chromosome stands N.
    annotation
        GTF or GFF3, .gz or not. A gene begins at the 5' end of its record, or else of its
        transcripts. Genes are found by gene_id, ID, locus_tag or Name, also without version.
    upstream
        Bases of a promoter before the start of the gene, 1000 if nothing is said.
    downstream
        Bases of a promoter from the start of the gene on, 0 if nothing is said.
    around
        Bases on either side of the start, in the place of upstream and downstream.
    regulators
        List of regulators, one identifier a line. Their expression in a condition is an input, 0
        where unknown. Drawn splits leave them in training; one held out by name or region is
        noted.
    regulator_expression
        Table of the expression of the regulators, where it is another one.
    histone
        Table of histone marks of a cell type, CELL=FILE: gene, bin, then one column a mark, bins
        in the direction of the gene; or .npz or .h5 with x (genes, bins, marks), genes, marks.
        Conditions without one are left out.
    bigwig
        Signal of a mark in a cell type, CELL:MARK=FILE, averaged in bins around the start of each
        gene, in its direction; 0 where there is none. Needs an annotation.
    bins
        Number of bins around the start of a gene, for bigwig; 100 if nothing is said.
    bin_size
        Bases of a bin.
    log
        Take log2(x + 1) of the expression, also of regulators.
    log_marks
        Take log(1 + x) of the histone marks.
    tasks
        One task of all conditions (pooled), or a task for each (conditions).
    up
        Value from which on expression is of class up, after log; makes problem classes.
    down
        Value down to which expression is of class down, likewise.
    valid
        Chromosome or region of the genes for validation, 0-based, end not included, such as chrIV
        or chrX:0-3,000,000. Genes across its edge are dropped.
    test
        Chromosome or region of the genes for testing, likewise.
    valid_genes
        List of the genes for validation, one identifier a line.
    test_genes
        List of the genes for testing, likewise.
    valid_conditions
        Condition for validation, or a file with one a line.
    test_conditions
        Condition for testing, or a file with one a line.
    valid_fraction
        Share of the genes drawn for validation, 0.1 if nothing else is said of it; genes that
        overlap or have the same promoter stay together.
    test_fraction
        Share of the genes drawn for testing, likewise.
    split_by
        Genes that are drawn together beside those that overlap or have the same promoter: none
        (chance, if nothing is said), or those whose promoters share k-mers on either strand, as
        those of paralogues do (homology).
    similarity
        Share of 14-mers from which on two promoters are relatives, for homology; 0.1 if nothing is
        said.
    seed
        Seed of the draw, 0 if nothing is said.
    blacklist
        BED of regions; genes whose window touches one are left out. Needs to know where genes lie.

    Returns
    -------
    Prepared
        The data set, with factors gene, condition and, where known, chrom; what was left out, by
        name too.

    Raises
    ------
    InputError
        A file, line, option, region or name is wrong, or nothing is left.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> genes = [f"gene{i}" for i in range(10)]
    >>> lines = [f"{gene}\t{i}\t{-i}" for i, gene in enumerate(genes)]
    >>> _ = (folder / "e.tsv").write_text("\n".join(["gene\theat\tcold", *lines]))
    >>> records = [f">{gene}\n{'ACGT'[i % 4] * 8}\n" for i, gene in enumerate(genes)]
    >>> _ = (folder / "p.fa").write_text("".join(records))
    >>> _ = (folder / "r.txt").write_text("gene0")
    >>> dataset = prepare(
    ...     folder / "e.tsv", promoters=folder / "p.fa", regulators=folder / "r.txt",
    ...     valid_fraction=0.3, test_fraction=0.3,
    ... ).dataset
    >>> len(dataset), dataset.shapes, list(dataset.factors)
    (20, {'dna': (8, 4), 'regulators': (1,)}, ['gene', 'condition'])
    """
    files = _mark_files(histone, bigwig, bins, bin_size, log_marks)
    sources = GeneSources(promoters, positions, genome, annotation, upstream, downstream, around)
    _check_options(sources, files, regulators, regulator_expression)
    if tasks not in TASKS:
        raise unknown("choice of tasks", tasks, TASKS)
    thresholds = Thresholds(up, down)
    table = _read(expression, log)
    held_out = make_held_out(
        {"valid": valid, "test": test},
        {"valid": valid_fraction, "test": test_fraction},
        {"valid": _listed(valid_genes), "test": _listed(test_genes)},
        {
            "valid": _conditions(valid_conditions, table),
            "test": _conditions(test_conditions, table),
        },
        seed,
        split_by=split_by,
        similarity=similarity,
    )
    check_cells(files.cells, table.conditions, table.path)
    genes = read_gene_inputs(sources, table)
    marks = _marks(files, genes, table.conditions)
    more: list[str] = []
    if blacklist is not None:
        genes, marks, more = _off_blacklist(blacklist, genes, marks, files)
    genes, marks = _with_values(genes, marks, table)
    chosen = None
    if regulators is not None:
        values = table if regulator_expression is None else _read(regulator_expression, log)
        chosen = read_regulators(regulators, values, table.conditions)
    parts, notes = _parts(table, genes, marks, chosen, held_out, files)
    dataset, dropped = expression_dataset(parts, tasks, thresholds)
    dataset = replace(dataset, split_by=held_out.described)
    check_splits(dataset)
    left_out = (*genes.left_out, *(chosen.left_out if chosen else ()))
    return Prepared(
        dataset,
        {"genes or regulators missing from a file": len(left_out)} | dropped,
        (*more, *notes),
        left_out,
    )


def _mark_files(
    histone: str | Sequence[str],
    bigwig: str | Sequence[str],
    bins: int | None,
    bin_size: int,
    log: bool,
) -> _Marks:
    tables, tracks = ([each] if isinstance(each, str) else each for each in (histone, bigwig))
    if tables and tracks:
        raise InputError("expected `histone` or `bigwig`, received both")
    if bins is not None and not tracks:
        raise InputError("`bins` is for `bigwig`, received none")
    for name, value in (("bins", bins), ("bin_size", bin_size)):
        if value is not None and value < 1:
            raise InputError(f"expected 1 or more as `{name}`, received {value}")
    return _Marks(parse_cells(tables), parse_tracks(tracks), bins or BINS, bin_size, log)


def _check_options(
    sources: GeneSources, files: _Marks, regulators: object, regulator_expression: object
) -> None:
    """Raise ``InputError`` for options that do not go together."""
    sources.check()
    dna = sources.promoters is not None or sources.genome is not None
    if not (dna or files.cells or regulators is not None):
        raise InputError(
            "expected something to read: `promoters`, `genome`, `regulators`, `histone` or `bigwig`"
        )
    if regulator_expression is not None and regulators is None:
        raise InputError("`regulator_expression` needs `regulators`, a list of them")
    if files.tracks and sources.annotation is None:
        raise InputError("`bigwig` needs `annotation`, which says where genes begin")
    if files.log and not files.cells:
        raise InputError("`log_marks` is for `histone` or `bigwig`, received neither")


def _read(path: str | os.PathLike[str], log: bool) -> ExpressionTable:
    table = read_expression(path)
    return table.log2() if log else table


def _listed(path: str | os.PathLike[str] | None) -> tuple[str, ...]:
    return () if path is None else read_names(path, "list of genes")


def _conditions(given: str | Sequence[str], table: ExpressionTable) -> tuple[str, ...]:
    """Return the names of conditions; what is none is a file of them."""
    names: list[str] = []
    for text in [given] if isinstance(given, str) else given:
        if text in table.conditions:
            names.append(text)
        elif Path(text).is_file():
            names += read_names(text, "list of conditions")
        else:
            raise InputError(f"{table.path}: {unknown('condition', text, table.conditions)}")
    return tuple(dict.fromkeys(names))


def _marks(files: _Marks, genes: GeneInputs, conditions: Sequence[str]) -> PairMarks | None:
    if files.tables:
        return marks_of_tables(files.tables, genes.names, conditions, log=files.log)
    if files.tracks and genes.places is not None:
        half = files.bins * files.bin_size // 2
        windows = windows_around(genes.places, half, files.bins * files.bin_size - half)
        return marks_of_tracks(
            files.tracks, genes.names, conditions, windows, bins=files.bins, log=files.log
        )
    return None


def _with_values(
    genes: GeneInputs, marks: PairMarks | None, table: ExpressionTable
) -> tuple[GeneInputs, PairMarks | None]:
    """Return the genes that have marks somewhere, and a known value."""
    if marks is not None:
        has = np.asarray((marks.row >= 0).any(axis=1))
        if not has.any():
            raise InputError(
                f"no gene of {table.path} is in the tables of histone marks: identifiers are such "
                f"as {genes.names[0]!r} there"
            )
        genes, marks = genes.take(has, "the histone marks"), replace(marks, row=marks.row[has])
    known: np.ndarray = ~np.isnan(table.values[genes.rows])
    if marks is not None:
        known &= marks.row >= 0
    has = np.asarray(known.any(axis=1))
    if not has.any():
        raise InputError(f"no gene of {table.path} has {NO_VALUE} and all inputs; nothing is left")
    genes = genes.take(has, NO_VALUE)
    return genes, None if marks is None else replace(marks, row=marks.row[has])


def _parts(
    table: ExpressionTable,
    genes: GeneInputs,
    marks: PairMarks | None,
    regulators: Regulators | None,
    held_out: HeldOut,
    files: _Marks,
) -> tuple[Parts, list[str]]:
    """Return genes and conditions with their splits, and lines for a person."""
    windows = genes.windows(files.bases(marks))
    fixed = np.zeros(len(genes.names), bool)
    if regulators is not None:
        fixed = regulators.among(genes.names)
    related = related_genes(len(genes.names), windows, genes.dna)
    if held_out.plan.by == "homology":
        related = _with_relatives(related, genes, held_out.plan.similarity)
    gene_split, notes = split_genes(
        held_out,
        genes.names,
        groups=related,
        windows=windows,
        fixed=fixed,
    )
    parts = Parts(
        genes=genes.names,
        conditions=table.conditions,
        values=table.values[genes.rows],
        gene_split=gene_split,
        condition_split=split_conditions(held_out, table.conditions),
        dna=genes.dna,
        regulators=regulators,
        marks=marks,
        chrom=None if genes.places is None else genes.places.chrom,
        related=related,
    )
    if marks is not None and (left := len(table.conditions) - len(files.cells)):
        notes.append(f"{left:,} conditions have no histone marks and are left out")
    if marks is not None:
        bins = marks.values.shape[1]
        notes.append(f"histone marks: {bins} bins of {', '.join(marks.marks)}")
    notes += regulators.notes if regulators is not None else ()
    return parts, [
        _summary(table, genes),
        *genes.notes,
        *_kept(fixed, gene_split, held_out),
        *notes,
    ]


def _off_blacklist(
    path: str | os.PathLike[str], genes: GeneInputs, marks: PairMarks | None, files: _Marks
) -> tuple[GeneInputs, PairMarks | None, list[str]]:
    """Return the genes whose windows touch no region of a list, and lines for a person."""
    windows = genes.windows(files.bases(marks))
    if windows is None:
        raise InputError(
            "`blacklist` needs to know where genes lie; give `positions` or `annotation`"
        )
    regions, notes = read_blacklist(path, np.unique(windows.chrom).tolist())
    free = ~regions.touched(windows.chrom, windows.start, windows.length)
    if not free.any():
        raise InputError(f"every gene touches the blacklist {path}; nothing is left")
    genes = genes.take(free, "what is off the blacklist")
    marks = None if marks is None else replace(marks, row=marks.row[free])
    notes.append(f"{int((~free).sum()):,} genes touch the blacklist and are left out")
    return genes, marks, notes


def _with_relatives(related: np.ndarray, genes: GeneInputs, similarity: float) -> np.ndarray:
    """Return related genes, joined where promoters share k-mers, shape (G,)."""
    if genes.dna is None:
        raise InputError("`split_by` homology needs promoters, of `promoters` or `genome`")
    return joined([related, sequence_families(genes.dna, similarity)], len(related))


def _summary(table: ExpressionTable, genes: GeneInputs) -> str:
    return (
        f"{len(genes.names):,} of {len(table.genes):,} genes in {len(table.conditions):,} "
        f"conditions, {int((~np.isnan(table.values[genes.rows])).sum()):,} known values"
    )


def _kept(fixed: np.ndarray, gene_split: np.ndarray, held_out: HeldOut) -> list[str]:
    """Say what became of genes that are regulators."""
    notes = []
    if fixed.any() and held_out.drawn:
        notes.append(
            f"{int(fixed.sum()):,} genes are regulators and were not drawn: their expression is an "
            "input"
        )
    if held := int((fixed & np.isin(gene_split, HELD_OUT)).sum()):
        notes.append(
            f"{held:,} held-out genes are regulators, whose expression is also an input of their "
            "own rows"
        )
    return notes
