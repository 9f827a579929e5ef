"""Where genes begin: of an annotation (GTF, GFF3), or of a table of positions."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.compressed import open_text
from chromkeras.importers.gene_ids import check_once, match_ids

_GTF = re.compile(r'(?:^|;)\s*(gene_id|gene_name)\s+(?:"([^"]*)"|([^;"\s]+))')
_GFF3 = re.compile(r"(?:^|;)\s*(ID|Name|gene_id|Parent|locus_tag)=([^;]*)")
_GENES = frozenset({"gene", "ncRNA_gene", "pseudogene", "protein_coding_gene", "lncRNA_gene"})
_TRANSCRIPTS = frozenset({"transcript", "mRNA"})
_NAMES = ("gene_id", "ID", "locus_tag", "Name", "gene_name")  # the first that matches is taken


@dataclass(frozen=True, eq=False)
class GenePlaces:
    """A base of each of G genes: the start of transcription, or the first base of a window.

    Attributes
    ----------
    path
        The file.
    names
        Names of each gene by what they are, such as "gene_id": G texts, "" for none.
    chrom
        Shape (G,), str.
    base
        Shape (G,), int64, 0-based.
    strand
        Shape (G,), int8: 1 or -1.
    """

    path: Path
    names: dict[str, tuple[str, ...]]
    chrom: np.ndarray
    base: np.ndarray
    strand: np.ndarray

    def match(self, genes: Sequence[str]) -> np.ndarray:
        """Return where each of the wanted genes stands, shape (genes,), int64, or -1.

        Each is looked for by ``gene_id``, then by ID, locus tag and name; a name that several
        genes have is none.
        """
        found = np.full(len(genes), -1)
        for names in self.names.values():
            places = _unique(names)
            own = list(places)
            where = np.array([*places.values(), -1])[match_ids(genes, own)]
            found = np.where(found < 0, where, found)
        return found

    @property
    def example(self) -> str:
        """A name of a gene, for messages."""
        return next((name for names in self.names.values() for name in names if name), "none")

    def take(self, rows: np.ndarray) -> "GenePlaces":
        """Return some of the genes, shape (n,), without their names."""
        return GenePlaces(self.path, {}, self.chrom[rows], self.base[rows], self.strand[rows])


def _unique(names: Sequence[str]) -> dict[str, int]:
    """Return the place of each name that stands once."""
    places: dict[str, int] = {}
    twice: set[str] = {""}
    for place, name in enumerate(names):
        if name in places:
            twice.add(name)
        places[name] = place
    return {name: place for name, place in places.items() if name not in twice}


@dataclass(frozen=True)
class _Record:
    chrom: str
    feature: str
    tss: int
    strand: int
    names: dict[str, str]
    parent: str


def read_annotation(path: str | os.PathLike[str]) -> GenePlaces:
    r"""Read the starts of transcription of an annotation.

    A gene starts at the 5' end of its gene record; where there is none, at the outermost 5' end of
    its transcripts. Genes with neither are not read.

    Parameters
    ----------
    path
        GTF or GFF3, gzipped or not.

    Raises
    ------
    InputError
        The file is missing, holds no gene or transcript, or has a damaged line.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "genes.gtf"
    >>> _ = file.write_text('chrI\tsgd\tgene\t11\t20\t.\t-\t.\tgene_id "YAL001C";\n')
    >>> places = read_annotation(file)
    >>> places.base.tolist(), places.match(["YAL001C", "YAL002W"]).tolist()
    ([19], [0, -1])
    """
    found = Path(path)
    genes: list[_Record] = []
    transcripts: dict[str, _Record] = {}
    with open_text(found, "annotation", errors="replace") as text:
        for record in _records(text, found):
            if record.feature in _GENES:
                genes.append(record)
            elif record.parent:
                known = transcripts.setdefault(record.parent, record)
                if (record.tss - known.tss) * record.strand < 0:
                    transcripts[record.parent] = record
    with_record = {name for gene in genes for name in gene.names.values()}
    others = [record for parent, record in transcripts.items() if parent not in with_record]
    if not genes and not others:
        raise InputError(f"annotation {found} holds no gene or transcript; expected GTF or GFF3")
    return _places(found, [*genes, *others])


def _places(path: Path, records: Sequence[_Record]) -> GenePlaces:
    names = {kind: tuple(r.names.get(kind, "") for r in records) for kind in _NAMES}
    return GenePlaces(
        path,
        {kind: column for kind, column in names.items() if any(column)},
        np.array([r.chrom for r in records]),
        np.array([r.tss for r in records], np.int64),
        np.array([r.strand for r in records], np.int8),
    )


def _records(lines: Iterable[str], path: Path) -> Iterator[_Record]:
    for number, line in enumerate(lines, 1):
        if line.startswith("##FASTA"):
            return
        if line.startswith("#") or not line.strip():
            continue
        columns = line.rstrip("\r\n").split("\t")
        if len(columns) != 9:
            raise InputError(
                f"{path}:{number}: expected the 9 columns of GTF or GFF3, received {len(columns)}"
            )
        if columns[2] in _GENES or columns[2] in _TRANSCRIPTS:
            yield _record(columns, f"{path}:{number}")


def _record(columns: Sequence[str], where: str) -> _Record:
    chrom, _, feature, start, end, _, strand, _, attributes = columns
    if not (start.isdecimal() and end.isdecimal() and 0 < int(start) <= int(end)):
        raise InputError(
            f"{where}: expected start and end of a {feature}, counted from 1, received {start!r} "
            f"and {end!r}"
        )
    minus = strand == "-"
    names = {kind: quoted or plain for kind, quoted, plain in _GTF.findall(attributes)}
    if not names:
        names = {kind: unquote(value).strip() for kind, value in _GFF3.findall(attributes)}
    names = {kind: re.sub("^(gene|transcript):", "", name) for kind, name in names.items()}
    parent = names.pop("Parent", names.get("gene_id", ""))
    if feature in _TRANSCRIPTS and "ID" in names:  # which is the transcript's, and not the gene's
        names = {"gene_id": parent}
    tss = int(end) - 1 if minus else int(start) - 1
    return _Record(chrom, feature, tss, -1 if minus else 1, names, parent)


def read_positions(path: str | os.PathLike[str]) -> GenePlaces:
    r"""Read where promoters lie.

    Parameters
    ----------
    path
        Text with tabs, gzipped or not: gene, chromosome, first base of the promoter on the forward
        strand (0-based; below 0 where it is padded), strand (+ or -). A header is skipped.

    Raises
    ------
    InputError
        The file is missing or empty, a line is malformed, or a gene stands twice.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "positions.tsv"
    >>> _ = file.write_text("gene\tchrom\tstart\tstrand\nYAL001C\tI\t151166\t-\n")
    >>> read_positions(file).base.tolist()
    [151166]
    """
    found = Path(path)
    lines: list[tuple[str, str, int, int]] = []
    with open_text(found, "table of positions", errors="replace") as text:
        for number, line in enumerate(text, 1):
            cells = line.rstrip("\r\n").split("\t")
            if line.startswith("#") or not line.strip() or (number == 1 and _is_header(cells)):
                continue
            lines.append(_position(cells, f"{found}:{number}"))
    if not lines:
        raise InputError(f"table of positions {found} holds no gene")
    genes, chrom, start, strand = zip(*lines, strict=True)
    check_once(genes, f"table of positions {found}", "gene")
    return GenePlaces(
        found,
        {"gene": genes},
        np.array(chrom),
        np.array(start, np.int64),
        np.array(strand, np.int8),
    )


def _is_header(cells: Sequence[str]) -> bool:
    return len(cells) >= 3 and not _is_whole(cells[2])


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]{1,18}", text) is not None


def _position(cells: Sequence[str], where: str) -> tuple[str, str, int, int]:
    if len(cells) < 4 or not _is_whole(cells[2]) or cells[3] not in ("+", "-"):
        raise InputError(
            f"{where}: expected gene, chrom, start and strand (+ or -), separated by tabs, "
            f"received {cells[:4]}"
        )
    return cells[0], cells[1], int(cells[2]), -1 if cells[3] == "-" else 1
