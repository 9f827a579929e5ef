"""Motif sites that a change breaks or makes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chrominterpret.motifs.pwm import Motif, Sites, find_sites, pssm
from chrominterpret.sequences import one_hot

# How rare a site is among random bases: as one word of six letters.
P_CUT = 0.25**6
# Bits of a step in which scores are counted.
_STEP = 0.01


@dataclass(frozen=True)
class MotifChange:
    """A motif with a site in one allele and none in the other.

    Attributes
    ----------
    motif
        Name for people.
    made
        Whether the alternate allele has the site; else the change breaks it.
    start, stop
        Place of the site in the window of the allele that has it.
    strand
        "+" or "-".
    score, other
        Bits of the site, and of the best one that overlaps the change in the other allele.
    contribution
        Sum of the contributions over the site, in the allele that has it.
    """

    motif: str
    made: bool
    start: int
    stop: int
    strand: str
    score: float
    other: float
    contribution: float


@dataclass(frozen=True, eq=False)
class Scanner:
    """Motifs with the lowest score of a site of each.

    Attributes
    ----------
    motifs, matrices, cuts
        Motifs, their scores in bits, and the cuts of `lowest_score`.
    """

    motifs: tuple[Motif, ...]
    matrices: tuple[np.ndarray, ...]
    cuts: tuple[float, ...]

    @classmethod
    def of(cls, motifs: Sequence[Motif]) -> "Scanner":
        """Return a scanner of motifs."""
        matrices = tuple(pssm(motif) for motif in motifs)
        return cls(tuple(motifs), matrices, tuple(lowest_score(matrix) for matrix in matrices))

    def changes(
        self,
        ref: np.ndarray,
        alt: np.ndarray,
        place: int,
        lengths: tuple[int, int],
        contributions: tuple[np.ndarray, np.ndarray],
    ) -> list[MotifChange]:
        """Return the motifs whose sites at a change one allele has and the other has not.

        Parameters
        ----------
        ref, alt
            Windows of both alleles, shape (L,), uint8 codes.
        place
            First base of the change.
        lengths
            Bases of the reference and of the alternate allele there.
        contributions
            Of either window, each (L,).

        Returns
        -------
        list of MotifChange
            Those with the largest contributions first.
        """
        found = []
        for motif, matrix, cut in zip(self.motifs, self.matrices, self.cuts, strict=True):
            best = [
                _best(codes, matrix, place, place + length)
                for codes, length in zip((ref, alt), lengths, strict=True)
            ]
            scores = [each.score[0] if len(each) else -np.inf for each in best]
            if (scores[0] >= cut) == (scores[1] >= cut):
                continue
            made = int(scores[1] >= cut)
            start = int(best[made].start[0])
            own = contributions[made][start : start + len(matrix)]
            strand = "+" if best[made].strand[0] > 0 else "-"
            found.append(
                MotifChange(
                    motif.label, bool(made), start, start + len(matrix), strand,
                    float(scores[made]), float(scores[1 - made]), float(own.sum()),
                )
            )  # fmt: skip
        return sorted(found, key=lambda change: -abs(change.contribution))


def _best(codes: np.ndarray, matrix: np.ndarray, start: int, stop: int) -> Sites:
    """Return the best site that overlaps [start, stop), or spans it where that is empty."""
    width = len(matrix)
    low = max(0, start - width + 1)
    high = min(len(codes), (stop if stop > start else start) + width - 1)
    none = Sites(*(np.zeros(0, dtype) for dtype in (int, int, np.int8, float)))
    if high - low < width:
        return none
    sites = find_sites(one_hot(codes[None, low:high]), matrix, threshold=-np.inf)
    best = int(np.argmax(sites.score))
    chosen = slice(best, best + 1)
    return Sites(
        sites.sequence[chosen], sites.start[chosen] + low, sites.strand[chosen], sites.score[chosen]
    )


def lowest_score(matrix: np.ndarray, p: float = P_CUT) -> float:
    """Return the lowest score that random bases reach with a probability of at most p.

    The distribution of the score is summed up position by position, each base being equally
    probable (Staden 1989, Computer Applications in the Biosciences 5:89). Where even the best word
    is more probable than p, it is that word's score.

    Parameters
    ----------
    matrix
        Scores in bits, shape (W, 4).
    p
        Probability on one strand.

    Examples
    --------
    >>> three = np.array([[2.0, -5, -5, -5]] * 3)
    >>> round(lowest_score(three, 1 / 64), 1), lowest_score(three, 1 / 4) < 0
    (6.0, True)
    """
    steps = np.rint(matrix / _STEP).astype(np.int64)
    low = steps.min(axis=1)
    steps = steps - low[:, None]
    share = np.ones(1)
    for row in steps:
        longer = np.zeros(len(share) + row.max())
        for step in row:
            longer[step : step + len(share)] += 0.25 * share
        share = longer
    reached = share[::-1].cumsum()[::-1]
    enough = np.flatnonzero(reached <= p * (1 + 1e-9))
    best = float(matrix.max(axis=1).sum())
    if not len(enough) or share[enough[0] :].max() == 0:
        return best - 1e-9
    first = enough[0] + int(np.argmax(share[enough[0] :] > 0))
    # half a step for each rounded position
    return min(float((first + low.sum()) * _STEP) - 0.5 * _STEP, best - 1e-9)
