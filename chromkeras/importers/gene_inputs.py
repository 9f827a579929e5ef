"""What belongs to each gene of an expression table: its promoter and its place."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from chromkeras.data.packed import PackedSequences
from chromkeras.errors import InputError
from chromkeras.importers.annotation import GenePlaces, read_annotation, read_positions
from chromkeras.importers.assemble import all_unknown
from chromkeras.importers.expression_table import ExpressionTable
from chromkeras.importers.gene_ids import check_any, match_ids
from chromkeras.importers.genome import Genome, load_genome, nearest_names
from chromkeras.importers.promoters import (
    Windows,
    cut_promoters,
    read_promoters,
    windows_around,
)

_PROMOTER = 1000

File = str | os.PathLike[str]


@dataclass(frozen=True)
class GeneSources:
    """Files that say what belongs to each gene.

    Attributes
    ----------
    promoters
        FASTA of sequences in the direction of each gene.
    positions
        Table of the first bases of the promoters.
    genome, annotation
        FASTA, and GTF or GFF3; an annotation alone gives places.
    upstream, downstream
        Bases before the start of transcription and from it on; None for 1000 and 0, or for the
        length of the promoters.
    around
        Bases on either side of the start, in their place.
    """

    promoters: File | None = None
    positions: File | None = None
    genome: File | None = None
    annotation: File | None = None
    upstream: int | None = None
    downstream: int | None = None
    around: int | None = None

    def check(self) -> None:
        """Raise ``InputError`` for files or numbers that do not go together."""
        for one, other in (("promoters", "genome"), ("positions", "annotation")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise InputError(f"expected `{one}` or `{other}`, received both")
        if self.genome is not None and self.annotation is None:
            raise InputError("`genome` needs `annotation`, which says where genes begin")
        given = [n for n in ("upstream", "downstream", "around") if getattr(self, n) is not None]
        if given and self.annotation is None:
            raise InputError(f"`{given[0]}` is for windows of an `annotation`, received none")
        if self.around is not None and len(given) > 1:
            raise InputError(f"expected `around` or `{given[0]}`, received both")
        for name in given:
            if getattr(self, name) < 0:
                raise InputError(f"expected 0 or more bases as `{name}`")
        if sum(self.window(_PROMOTER)) == 0:
            raise InputError("expected at least one base upstream or downstream")

    def window(self, length: int) -> tuple[int, int]:
        """Return the bases before the start of transcription and from it on.

        Parameters
        ----------
        length
            Bases upstream where nothing is said.
        """
        if self.around is not None:
            return self.around, self.around
        upstream = length if self.upstream is None else self.upstream
        return upstream, self.downstream or 0


@dataclass(frozen=True, eq=False)
class GeneInputs:
    """Genes of an expression table that are left, and what belongs to them.

    Attributes
    ----------
    rows
        Shape (G,), int64: where each stands in the expression table.
    names
        G identifiers, as in the expression table.
    dna
        Their promoters, in the direction of each gene; None where there are none.
    places
        Where they begin; None where that is unknown.
    by_first_base
        Whether places are the first bases of the promoters, and not starts of transcription.
    upstream, downstream
        Bases of a window before ``places`` and from there on.
    left_out
        Names of others, and what each is missing from.
    notes
        Lines for a person.
    """

    rows: np.ndarray
    names: tuple[str, ...]
    dna: PackedSequences | None = None
    places: GenePlaces | None = None
    by_first_base: bool = False
    upstream: int = 0
    downstream: int = 0
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def windows(self, bases: int = 0) -> Windows | None:
        """Return where the inputs of each gene lie, or None where that is unknown.

        Parameters
        ----------
        bases
            Length of a further input that is centred on the start of each gene.
        """
        if self.places is None:
            return None
        if self.by_first_base:
            plain = np.ones_like(self.places.strand)
            length = self.dna.length if self.dna is not None else max(bases, 1)
            return Windows(self.places.chrom, self.places.base, plain, length)
        half = -(-bases // 2)
        up, down = (self.upstream, self.downstream) if self.dna is not None else (0, 1)
        return windows_around(self.places, max(up, half), max(down, half))

    def take(self, kept: np.ndarray, missing: str) -> "GeneInputs":
        """Return the genes of a mask (G,); the others are missing from something."""
        rows = np.flatnonzero(kept)
        others = [(self.names[i], missing) for i in np.flatnonzero(~kept)]
        return replace(
            self,
            rows=self.rows[rows],
            names=tuple(self.names[i] for i in rows),
            dna=None if self.dna is None else self.dna.select(rows),
            places=None if self.places is None else self.places.take(rows),
            left_out=(*self.left_out, *others),
        )


def read_gene_inputs(sources: GeneSources, table: ExpressionTable) -> GeneInputs:
    r"""Return the genes of a table that have all that the sources give.

    Parameters
    ----------
    sources
        Files.
    table
        Expression.

    Raises
    ------
    InputError
        A file is missing or malformed, or no gene is left.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "promoters.fa"
    >>> _ = file.write_text(">YAL002W\nACGT\n")
    >>> genes, values = ("YAL001C", "YAL002W"), np.zeros((2, 1), np.float32)
    >>> table = ExpressionTable(Path("e.tsv"), genes, ("heat",), values)
    >>> found = read_gene_inputs(GeneSources(promoters=file), table)
    >>> found.names, found.left_out
    (('YAL002W',), (('YAL001C', 'the promoters promoters.fa'),))
    """
    sources.check()
    found = GeneInputs(np.arange(len(table.genes)), table.genes)
    if sources.promoters is not None:
        found = _with_promoters(found, Path(sources.promoters), table)
    if sources.positions is not None:
        found = _with_places(found, read_positions(sources.positions), table)
        found = replace(found, by_first_base=True)
    if sources.annotation is not None:
        found = _with_places(found, read_annotation(sources.annotation), table)
        length = _PROMOTER if found.dna is None else found.dna.length
        up, down = sources.window(length)
        found = replace(found, upstream=up, downstream=down)
        if sources.genome is not None:
            found = _with_genome(found, load_genome(sources.genome), found.places)
    if found.dna is not None:
        known = np.ones(len(found.names), bool)
        known[all_unknown(found.dna)] = False
        found = found.take(known, "the promoters (nothing but N)")
    if not found.names:
        raise InputError(f"no gene of {table.path} is in all the files; nothing is left")
    return found


def _with_promoters(found: GeneInputs, path: Path, table: ExpressionTable) -> GeneInputs:
    names, dna = read_promoters(path)
    place = match_ids(found.names, names)
    check_any(place, found.names, table.path, names, path)
    without = np.ones(len(names), bool)
    without[place[place >= 0]] = False
    listed = [
        (names[i], f"the expression table {table.path.name}") for i in np.flatnonzero(without)
    ]
    notes = [f"{len(listed):,} promoters are of genes without expression"] if listed else []
    found = found.take(place >= 0, f"the promoters {path.name}")
    return replace(
        found,
        dna=dna.select(place[place >= 0]),
        left_out=(*found.left_out, *listed),
        notes=(*found.notes, *notes),
    )


def _with_places(found: GeneInputs, places: GenePlaces, table: ExpressionTable) -> GeneInputs:
    place = places.match(found.names)
    check_any(place, found.names, table.path, [places.example], places.path)
    found = found.take(place >= 0, f"{places.path.name}")
    return replace(found, places=places.take(place[place >= 0]))


def _with_genome(found: GeneInputs, genome: Genome, places: GenePlaces | None) -> GeneInputs:
    if places is None:
        raise InputError("`genome` needs `annotation`, which says where genes begin")
    chrom = places.chrom.tolist()
    there = np.array([name in genome.codes for name in chrom])
    if not there.any():
        raise InputError(
            f"no chromosome of the genes is in {genome.path}, such as {chrom[0]!r}; "
            f"{nearest_names(chrom[0], genome.lengths)}"
        )
    found = found.take(there, f"the genome {genome.path.name} (their chromosome)")
    windows = windows_around(places.take(np.flatnonzero(there)), found.upstream, found.downstream)
    dna, beyond = cut_promoters(genome, windows)
    note = f"{beyond:,} windows run past the end of a chromosome and are padded with N"
    return replace(found, dna=dna, notes=(*found.notes, *([note] if beyond else [])))
