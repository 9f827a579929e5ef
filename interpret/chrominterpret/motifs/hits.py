"""Motif instances: where patterns occur, on sequences and on the genome, as BED."""

import os
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from chrominterpret.errors import InputError
from chrominterpret.files import replacing
from chrominterpret.motifs.modisco import Pattern
from chrominterpret.motifs.pwm import Floats, Sites, scan
from chrominterpret.sequences import reverse_complement

COLUMNS: Final = ("chrom", "start", "end", "name", "score", "strand", "contribution", "sequence")
_HIGHEST: Final = 1000  # of BED's score


def seqlet_sites(patterns: Sequence[Pattern]) -> dict[str, tuple[int, Sites]]:
    """Return the width and the places of the cores of every pattern's seqlets, by its name."""
    return {p.name: (p.core.stop - p.core.start, p.core_sites()) for p in patterns}


def scanned_sites(
    patterns: Sequence[Pattern], contributions: ArrayLike, *, quantile: float = 0.1
) -> dict[str, tuple[int, Sites]]:
    """Find every pattern at every position, also where it was no seqlet.

    A place is one of a pattern where the cosine of the contributions there and the pattern's
    (CWM, its core) and the size of their sum are both at least those of its own seqlets, but for
    the lowest ``quantile`` of them. Of overlapping places of one pattern that with the highest
    cosine stays.

    Parameters
    ----------
    patterns : sequence of Pattern
        Patterns of these sequences; positions count from their start.
    contributions : array of shape (N, L, 4)
        Contributions: 0 but for the base that is there.
    quantile : float
        Quantile, from 0 to below 1: higher is stricter.

    Returns
    -------
    dict
        Width in bp and places of every pattern by its name; the score is the sum of the
        contributions.

    Raises
    ------
    InputError
        If the shape or the quantile is wrong, or a seqlet lies outside the sequences.
    """
    c = np.asarray(contributions, np.float64)
    if c.ndim != 3 or c.shape[2] != 4:
        raise InputError(f"expected contributions of shape (N, L, 4); received {c.shape}")
    if not 0 <= quantile < 1:
        raise InputError(f"expected a quantile from 0 to below 1; received {quantile}")
    return {p.name: (p.core.stop - p.core.start, _scan(p, c, quantile)) for p in patterns}


def _scan(pattern: Pattern, contributions: Floats, quantile: float) -> Sites:
    core = pattern.contributions[pattern.core]
    sums, cosines = _sums_and_cosines(contributions, core)
    own = pattern.core_sites()
    n, positions = sums.shape
    if len(own) and (own.sequence.max() >= n or own.start.max() >= positions):
        raise InputError(
            f"{pattern.name}: expected the sequences that it was found in; received "
            f"{n} of {contributions.shape[1]} bp, with seqlets outside"
        )
    sign = np.sign(core.sum())
    row = (own.strand < 0).astype(np.int64)
    least_sum = np.quantile(sign * sums[own.sequence, own.start], quantile)
    least_cosine = np.quantile(cosines[row, own.sequence, own.start], quantile)
    good = (cosines >= least_cosine) & (sign * sums >= least_sum)
    which, sequence, start = np.nonzero(good)
    kept = _without_overlaps(sequence, start, cosines[which, sequence, start], len(core))
    which, sequence, start = which[kept], sequence[kept], start[kept]
    strand = np.where(which == 0, 1, -1).astype(np.int8)
    return Sites(sequence, start, strand, sums[sequence, start])


def _sums_and_cosines(contributions: Floats, core: Floats) -> tuple[Floats, Floats]:
    """Return sums (N, P) of contributions and their cosines (2, N, P) with a CWM, both strands."""
    ones = np.ones_like(core)
    sums = scan(contributions, ones)
    size = np.sqrt(scan(contributions**2, ones) * (core**2).sum())
    # below rounding there is nothing to compare
    size = np.where(size > 1e-12 * size.max(initial=0), size, np.inf)
    return sums, np.stack([scan(contributions, m) / size for m in (core, reverse_complement(core))])


def _without_overlaps(
    sequence: NDArray[np.int64], start: NDArray[np.int64], score: Floats, width: int
) -> NDArray[np.int64]:
    """Return which places stay, in order: the best first, and none that overlaps a better one."""
    taken: dict[int, list[int]] = {}
    kept = []
    for i in np.lexsort((start, -score)).tolist():
        others = taken.setdefault(int(sequence[i]), [])
        if all(abs(int(start[i]) - other) >= width for other in others):
            others.append(int(start[i]))
            kept.append(i)
    chosen = np.array(kept, dtype=np.int64)
    return chosen[np.lexsort((start[chosen], sequence[chosen]))]


def genome_hits(
    sites: Mapping[str, tuple[int, Sites]],
    chroms: Sequence[str] | NDArray[np.str_],
    starts: ArrayLike,
) -> pd.DataFrame:
    """Map places of motifs to the genome.

    Where regions overlap, the same place of the same motif is one row: that with the largest
    contribution.

    Parameters
    ----------
    sites : mapping
        Width in bp and places by the name of the motif, of `seqlet_sites` or `scanned_sites`.
    chroms : sequence of str, N
        Chromosome of every sequence.
    starts : array of shape (N,), int
        Position of every sequence's first base, from 0.

    Returns
    -------
    DataFrame
        Sorted by ``chrom``, ``start``, ``end`` and ``name``; ``end`` is not included; ``score``
        is the size of the contribution, relative to the largest of its motif, 0 to 1000;
        ``strand`` "+" or "-"; ``contribution`` the sum over the place; ``sequence`` which one,
        from 0.

    Raises
    ------
    InputError
        If lengths differ, or a place lies in no sequence or before the chromosome.
    """
    names, first = np.asarray(chroms, dtype=np.str_), np.asarray(starts)
    if names.ndim != 1 or names.shape != first.shape:
        raise InputError(
            f"expected a chromosome and a start for each sequence; received {names.shape} and "
            f"{first.shape}"
        )
    tables = [_on_genome(name, *where, names, first) for name, where in sites.items()]
    tables = [table for table in tables if len(table)]
    if not tables:
        return pd.DataFrame({column: [] for column in COLUMNS})
    hits = pd.concat(tables, ignore_index=True)
    order = ["chrom", "start", "end", "name", "strand"]
    return hits.sort_values(order, ignore_index=True)


def _on_genome(
    name: str, width: int, sites: Sites, chroms: NDArray[np.str_], starts: NDArray[np.int64]
) -> pd.DataFrame:
    if len(sites) and sites.sequence.max() >= len(chroms):
        raise InputError(
            f"{name}: expected places in {len(chroms)} sequences; received one in sequence "
            f"{sites.sequence.max()}"
        )
    start = starts[sites.sequence] + sites.start
    if (start < 0).any():
        raise InputError(f"{name}: expected places on the chromosome; received {start.min()}")
    size = np.abs(sites.score)
    table = pd.DataFrame(
        {
            "chrom": chroms[sites.sequence].astype(object),
            "start": start,
            "end": start + width,
            "name": name,
            "score": np.rint(_HIGHEST * size / max(size.max(initial=0), 1e-300)).astype(np.int64),
            "strand": np.where(sites.strand > 0, "+", "-").astype(object),
            "contribution": sites.score,
            "sequence": sites.sequence,
        }
    )
    best = table.iloc[np.argsort(-size, kind="stable")]
    return best.drop_duplicates(["chrom", "start", "strand"])


def write_bed(path: str | os.PathLike[str], hits: pd.DataFrame) -> None:
    """Write hits as BED6 with two more columns, contribution and sequence, atomically."""
    with replacing(path) as temporary:
        hits.to_csv(
            temporary,
            sep="\t",
            header=False,
            index=False,
            columns=list(COLUMNS),
            float_format="%.6g",
            lineterminator="\n",
        )
