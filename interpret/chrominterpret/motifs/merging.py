"""Merging of similar motifs, in either orientation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chrominterpret.errors import InputError
from chrominterpret.motifs.pwm import DEFAULT_NSITES, Floats, Motif, information_content
from chrominterpret.sequences import reverse_complement


@dataclass(frozen=True)
class Member:
    """A motif that went into a merged one.

    Attributes
    ----------
    name : str
        Name of the motif.
    offset : int
        Start, oriented by ``strand``, in the merged motif; may be below 0.
    strand : str
        "+", or "-" where its reverse complement went in.
    similarity : float
        Similarity to the first member, −1 to 1.
    """

    name: str
    offset: int
    strand: str
    similarity: float


@dataclass(frozen=True, eq=False)
class Merged:
    """A motif made of similar ones.

    Attributes
    ----------
    motif : Motif
        Named after the first member; ``nsites`` is the sum of the members', which counts a site
        that several of them have more than once.
    members : tuple of Member
        Members, the one that the others were aligned with first.
    """

    motif: Motif
    members: tuple[Member, ...]


@dataclass(frozen=True, eq=False)
class _Places:
    """Where M motifs fit one of them best, arrays of shape (M,); offsets count from its start."""

    similarity: Floats
    turned: NDArray[np.int_]
    offset: NDArray[np.int_]

    def member(self, name: str, index: int) -> Member:
        strand = "-" if self.turned[index] else "+"
        return Member(name, int(self.offset[index]), strand, float(self.similarity[index]))


def merge_motifs(motifs: Sequence[Motif], *, threshold: float = 0.8) -> list[Merged]:
    """Merge motifs that are the same up to a shift and the strand.

    The similarity of two motifs is the largest cosine, over shifts and both strands, of their
    probabilities less 1/4, positions that only one of them has counting 0 in the other. So flat
    flanks neither help nor hurt. The motif with the most information × √sites is the first of a
    merged one, then the next that is not similar enough to any first, and so on; each of the
    others joins the first that it is most similar to: nothing is chained.

    Parameters
    ----------
    motifs : sequence of Motif
        Motifs with different names.
    threshold : float
        Least similarity, above 0 and at most 1.

    Returns
    -------
    list of Merged
        Strongest first; every motif is a member of one of them. Probabilities are means weighted
        by the number of sites (20 where it is not known), at the positions that members with at
        least half of the sites have.

    Raises
    ------
    InputError
        If a name occurs twice or the threshold is out of range.
    """
    if not 0 < threshold <= 1:
        raise InputError(f"expected a threshold above 0 and at most 1; received {threshold}")
    if len({motif.name for motif in motifs}) != len(motifs):
        raise InputError("expected motifs with different names; received some name twice")
    if not motifs:
        return []
    ways, order = _ways(motifs), _strongest_first(motifs)
    found = _leaders(ways, order, threshold)
    nearest = np.argmax([places.similarity for places in found.values()], axis=0)
    merged = []
    for group, (leader, places) in enumerate(found.items()):
        others = [i for i in order if nearest[i] == group and i != leader]
        chosen = [(motifs[i], places.member(motifs[i].name, i)) for i in (leader, *others)]
        merged.append(_average(chosen))
    return merged


def _leaders(ways: Floats, order: Sequence[int], threshold: float) -> dict[int, _Places]:
    """Return the motifs that are the first of a merged one, and where all motifs fit them."""
    found: dict[int, _Places] = {}
    left = np.array(order)
    while len(left):
        leader = int(left[0])
        found[leader] = _places(ways, leader)
        left = left[found[leader].similarity[left] < threshold]
    return found


def _strongest_first(motifs: Sequence[Motif]) -> list[int]:
    strength = [information_content(m.ppm).sum() * np.sqrt(_weight(m)) for m in motifs]
    return np.argsort(-np.array(strength), kind="stable").tolist()


def _weight(motif: Motif) -> float:
    return DEFAULT_NSITES if motif.nsites is None else motif.nsites


def _ways(motifs: Sequence[Motif]) -> Floats:
    """Return motifs and their reverse complements less 1/4, all as wide: (M, 2, W, 4)."""
    widest = max(len(motif) for motif in motifs)
    ways = np.zeros((len(motifs), 2, widest, 4))
    for row, motif in zip(ways, motifs, strict=True):
        row[0, : len(motif)] = motif.ppm - 0.25
        row[1, : len(motif)] = reverse_complement(motif.ppm) - 0.25
    return ways


def _places(ways: Floats, first: int) -> _Places:
    count, _, widest, _ = ways.shape
    padded = np.pad(ways[first, 0], ((widest - 1, widest - 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, widest, axis=0)
    shifted = windows.transpose(0, 2, 1).reshape(len(windows), -1)  # (offsets, W · 4)
    flat = ways.reshape(2 * count, -1)
    size = np.linalg.norm(ways[first, 0]) * np.linalg.norm(flat, axis=1)
    # rounded, so that of equal places the first is taken: the given strand
    similarity = np.round(flat @ shifted.T / np.maximum(size, 1e-12)[:, None], 9)
    similarity = similarity.reshape(count, -1)
    best = similarity.argmax(axis=1)
    turned, offset = np.divmod(best, len(shifted))
    highest = np.take_along_axis(similarity, best[:, None], axis=1)[:, 0]
    highest[first] = 1.0  # also where it is flat
    return _Places(highest, turned, offset - (widest - 1))


def _average(chosen: Sequence[tuple[Motif, Member]]) -> Merged:
    """Average motifs where they were placed; cut what those with half of the sites do not have."""
    first = min(member.offset for _, member in chosen)
    last = max(member.offset + len(motif) for motif, member in chosen)
    total, cover = np.zeros((last - first, 4)), np.zeros(last - first)
    for motif, member in chosen:
        rows = slice(member.offset - first, member.offset - first + len(motif))
        ppm = motif.ppm if member.strand == "+" else reverse_complement(motif.ppm)
        total[rows] += _weight(motif) * ppm
        cover[rows] += _weight(motif)
    sites = sum(_weight(motif) for motif, _ in chosen)
    kept = np.flatnonzero(cover >= min(sites / 2, cover.max()) * (1 - 1e-9))
    start, stop = int(kept[0]), int(kept[-1]) + 1
    ppm = total[start:stop] / cover[start:stop, None]
    motif = replace(chosen[0][0], ppm=ppm, nsites=float(sites))
    members = [replace(member, offset=member.offset - first - start) for _, member in chosen]
    return Merged(motif, (members[0], *sorted(members[1:], key=lambda m: -m.similarity)))
