"""Windows of both alleles: the sequences that a model reads of a variant."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chromkeras.data.codes import UNKNOWN, encode
from chromkeras.scoring.indexed_genome import IndexedGenome

NOT_IN_GENOME = "the chromosome is not in the genome"
OFF_THE_END = "the reference allele lies off the end of the chromosome"
MISMATCH = "the reference allele differs from the genome, which has "
WINDOW_OFF = "its window runs off the end of the chromosome"
TOO_LONG = "its alleles do not fit into the window"
MOSTLY_N = "more than half of its window is N"
# Longest part of the genome that a message about a mismatch shows.
_SHOWN = 20


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of a variant.

    Attributes
    ----------
    ref
        Windows with the reference allele, one a shift, shape (S, L), uint8 codes.
    alt
        The same with the alternate allele, shape (S, L), or (2 S, L) where the alleles differ in
        length: first those with the left flank in its place, then those with the right.
    context
        Number of the trinucleotide around a single substituted base, strands alike, 0 to 31; -1
        for other changes, or beside N.
    start
        First base of the window without shift, from 0.
    """

    ref: np.ndarray
    alt: np.ndarray
    context: int
    start: int


def trimmed(start: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Return a change without the bases that both alleles begin or end with.

    Parameters
    ----------
    start
        First base of the reference allele, from 0.
    ref, alt
        Alleles, which differ.

    Examples
    --------
    >>> trimmed(10, "CA", "CAT")
    (12, '', 'T')
    >>> trimmed(10, "CAT", "CGT")
    (11, 'A', 'G')
    """
    ending = 0
    while ending < min(len(ref), len(alt)) and ref[-1 - ending] == alt[-1 - ending]:
        ending += 1
    ref, alt = ref[: len(ref) - ending], alt[: len(alt) - ending]
    beginning = 0
    while beginning < min(len(ref), len(alt)) and ref[beginning] == alt[beginning]:
        beginning += 1
    return start + beginning, ref[beginning:], alt[beginning:]


def allele_windows(
    genome: IndexedGenome,
    chrom: str,
    position: int,
    ref: str,
    alt: str,
    length: int,
    shifts: Sequence[int],
) -> Windows | str:
    """Return the windows of both alleles, or why there are none.

    The window of the reference allele has the middle of the change in its middle; a shift moves it
    to the right. A substitution is written into it. Where the alleles differ in length, one window
    of the alternate allele keeps the left flank in its place and moves the right one, and another
    does the reverse, so that neither flank counts for more.

    Parameters
    ----------
    genome
        Genome.
    chrom, position, ref, alt
        The change, as a VCF file has it: the position counts from 1, alleles of A, C, G and T.
    length
        Bases L of a window.
    shifts
        Bases to move the window by, S of them.

    Returns
    -------
    Windows or str
        The windows, or the reason why the change cannot be scored.
    """
    if chrom not in genome.lengths:
        return NOT_IN_GENOME
    end = genome.lengths[chrom]
    if position - 1 + len(ref) > end:
        return OFF_THE_END
    there = genome.codes(chrom, position - 1, position - 1 + len(ref))
    if not np.array_equal(there, encode(ref)):
        return MISMATCH + letters(there[:_SHOWN])
    start, ref, alt = trimmed(position - 1, ref, alt)
    grows = len(alt) - len(ref)
    margin = max(0, -grows)
    middle = start + len(ref) // 2 - length // 2
    low, high = middle + min(shifts) - margin, middle + max(shifts) + length + margin
    after = start + len(ref)
    for first in (middle + shift for shift in shifts):
        if start < first or after > first + length:
            return TOO_LONG
        if grows > 0 and (start + len(alt) > first + length or after - len(alt) < first):
            return TOO_LONG
    if low < 0 or high > end:
        return WINDOW_OFF
    wide = genome.codes(chrom, low, high)
    changed = np.concatenate([wide[: start - low], encode(alt), wide[after - low :]])
    firsts = np.array([middle + shift - low for shift in shifts])
    own = _cut(wide, firsts, length)
    if (own == UNKNOWN).mean(axis=1).max() > 0.5:
        return MOSTLY_N
    others = [_cut(changed, firsts, length)]
    if grows:
        others.append(_cut(changed, firsts + grows, length))
    single = len(ref) == len(alt) == 1
    around = wide[start - 1 - low : start + 2 - low] if single else np.zeros(0, np.uint8)
    return Windows(own, np.concatenate(others), int(context_of(around)), middle)


def _cut(codes: np.ndarray, firsts: np.ndarray, length: int) -> np.ndarray:
    return np.stack([codes[first : first + length] for first in firsts])


def letters(codes: np.ndarray) -> str:
    """Return codes as letters."""
    return "".join("ACGTN"[code] for code in codes)


CONTEXTS = 32


def context_of(codes: np.ndarray) -> int:
    """Return the number of a trinucleotide, which it shares with its reverse complement.

    Parameters
    ----------
    codes
        Shape (3,), uint8.

    Returns
    -------
    int
        16 · (whether the middle base is T rather than C) + 4 · left + right, on the strand where
        the middle base is a pyrimidine; -1 where a base is unknown or there are not three.

    Examples
    --------
    >>> context_of(np.array([0, 1, 2])), context_of(np.array([1, 2, 3]))
    (2, 2)
    """
    if len(codes) != 3 or codes.max() >= UNKNOWN:
        return -1
    left, middle, right = (int(code) for code in codes)
    if middle in (0, 2):
        left, middle, right = 3 - right, 3 - middle, 3 - left
    return 16 * (middle == 3) + 4 * left + right


def context_name(context: int) -> str:
    """Return a trinucleotide's letters, such as "ACG"."""
    return "ACGT"[context % 16 // 4] + "CT"[context // 16] + "ACGT"[context % 4]
