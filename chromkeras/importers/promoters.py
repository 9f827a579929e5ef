"""Promoters: windows around starts of transcription, and sequences read in the gene's direction."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from chrominterpret.fasta import read_fasta
from chromkeras.data.codes import UNKNOWN, encode, reverse_complement
from chromkeras.data.groups import joined, overlap_groups
from chromkeras.data.packed import PackedSequences
from chromkeras.errors import InputError
from chromkeras.importers.annotation import GenePlaces
from chromkeras.importers.assemble import found_in, pack_blocks
from chromkeras.importers.genome import Genome

_ROWS = 1 << 12


@dataclass(frozen=True, eq=False)
class Windows:
    """Stretches of one length around the starts of G genes.

    Attributes
    ----------
    chrom
        Shape (G,), str.
    start
        Shape (G,), int64: first base on the forward strand, 0-based; below 0 where a window
        begins before its chromosome.
    strand
        Shape (G,), int8: 1 or -1.
    length
        Bases of each window.
    """

    chrom: np.ndarray
    start: np.ndarray
    strand: np.ndarray
    length: int

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: np.ndarray) -> "Windows":
        """Return some of the windows, shape (n,)."""
        return Windows(self.chrom[rows], self.start[rows], self.strand[rows], self.length)


def windows_around(places: GenePlaces, upstream: int, downstream: int) -> Windows:
    """Return windows in the direction of each gene.

    Parameters
    ----------
    places
        Starts of transcription.
    upstream
        Bases before the start.
    downstream
        Bases from the start on, which is the first of them.

    Examples
    --------
    >>> base, strand = np.array([10, 10]), np.array([1, -1])
    >>> places = GenePlaces(Path("genes.gtf"), {}, np.array(["I", "I"]), base, strand)
    >>> windows_around(places, 3, 1).start.tolist()
    [7, 10]
    """
    plus = places.strand > 0
    start = np.where(plus, places.base - upstream, places.base - downstream + 1)
    return Windows(places.chrom, start, places.strand, upstream + downstream)


def read_promoters(path: str | os.PathLike[str]) -> tuple[tuple[str, ...], PackedSequences]:
    r"""Read promoters, each in the direction of its gene.

    Parameters
    ----------
    path
        FASTA, gzipped or not; names are identifiers of genes, all sequences have one length.

    Returns
    -------
    tuple
        Identifiers of G genes, and G sequences.

    Raises
    ------
    InputError
        The file is missing or no FASTA, a name stands twice, or lengths differ.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "promoters.fa"
    >>> _ = file.write_text(">YAL001C\nACGT\n>YAL002W\nTTTN\n")
    >>> genes, dna = read_promoters(file)
    >>> genes, dna.length
    (('YAL001C', 'YAL002W'), 4)
    """
    sequences = read_fasta(path)
    names = tuple(sequences)
    length = len(sequences[names[0]])
    for name, letters in sequences.items():
        if len(letters) != length:
            raise InputError(
                f"{path}: expected promoters of one length, received {length} bases of {names[0]} "
                f"and {len(letters)} of {name}"
            )
    rest = iter(sequences.values())
    blocks = (
        encode("".join(next(rest) for _ in range(min(_ROWS, len(names) - first)))).reshape(
            -1, length
        )
        for first in range(0, len(names), _ROWS)
    )
    with found_in(Path(path)):
        return names, replace(pack_blocks(blocks, length), stranded=True)


def cut_promoters(genome: Genome, windows: Windows) -> tuple[PackedSequences, int]:
    """Return the sequences of windows, each in the direction of its gene.

    Parameters
    ----------
    genome
        Has every chromosome of the windows.
    windows
        Of G genes.

    Returns
    -------
    tuple
        G sequences, N beyond the ends of a chromosome, and how many of them have such N.

    Examples
    --------
    >>> genome = Genome(Path("genome.fa"), {"I": encode("AACCGG")})
    >>> windows = Windows(np.array(["I", "I"]), np.array([0, 4]), np.array([1, -1]), 3)
    >>> dna, beyond = cut_promoters(genome, windows)
    >>> dna.codes(slice(None)).tolist(), beyond
    ([[0, 0, 1], [4, 1, 1]], 1)
    """
    lengths = np.array([genome.lengths[name] for name in windows.chrom.tolist()])
    beyond = (windows.start < 0) | (windows.start + windows.length > lengths)
    packed = pack_blocks(_blocks(genome.codes, windows), windows.length)
    return replace(packed, stranded=True), int(beyond.sum())


def _blocks(codes: Mapping[str, np.ndarray], windows: Windows) -> Iterator[np.ndarray]:
    for first in range(0, len(windows), _ROWS):
        rows = np.arange(first, min(first + _ROWS, len(windows)))
        block = np.full((len(rows), windows.length), UNKNOWN, np.uint8)
        for out, row in zip(block, rows, strict=True):
            chrom, start = codes[windows.chrom[row]], int(windows.start[row])
            low, high = max(start, 0), min(start + windows.length, len(chrom))
            if low < high:
                out[low - start : high - start] = chrom[low:high]
        minus = windows.strand[rows] < 0
        block[minus] = reverse_complement(block[minus])
        yield block


def related_genes(
    genes: int, windows: Windows | None = None, dna: PackedSequences | None = None
) -> np.ndarray:
    """Return a number for every gene, equal for genes that belong in one split.

    Those are genes whose windows overlap, such as divergent ones, on either strand, and genes of
    the same sequence; also through others.

    Parameters
    ----------
    genes
        Number of genes, G.
    windows
        Where they lie, if that is known.
    dna
        Their sequences, if there are any.

    Returns
    -------
    np.ndarray
        Shape (G,), whole numbers.

    Examples
    --------
    >>> dna = PackedSequences.from_codes(np.array([[0, 1], [2, 2], [0, 1]], np.uint8))
    >>> related_genes(3, dna=dna).tolist()
    [0, 1, 0]
    """
    labels = []
    if windows is not None:
        labels.append(overlap_groups(windows.chrom, windows.start, windows.length))
    if dna is not None:
        packed = np.ascontiguousarray(dna.packed).view(f"V{dna.packed.shape[1]}")[:, 0]
        labels.append(np.unique(packed, return_inverse=True)[1])
    return joined(labels, genes)
