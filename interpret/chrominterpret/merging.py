"""Motifs that say the same, in either orientation, as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chrominterpret.pwm import DEFAULT_NSITES, Floats, Motif, information_content


@dataclass(frozen=True)
class Member:
    """A motif that went into a merged one.

    Attributes
    ----------
    name : str
        Its name.
    offset : int
        Where it starts, oriented by ``strand``, in the merged motif; may be below 0.
    strand : str
        "+", or "-" where its reverse complement went in.
    similarity : float
        To the first member, −1 to 1.
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
        The first is the one that the others were aligned with.
    """

    motif: Motif
    members: tuple[Member, ...]


def merge_motifs(motifs: Sequence[Motif], *, threshold: float = 0.8) -> list[Merged]:
    """Merge motifs that are the same up to a shift and the strand.

    The similarity of two motifs is the largest cosine, over shifts and both strands, of their
    probabilities less 1/4, positions that only one of them has counting 0 in the other. So flat
    flanks neither help nor hurt. The motif with the most information × √sites takes in all that
    are similar enough to it, then the next of those left, and so on: nothing is chained.

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
    ValueError
        If a name occurs twice or the threshold is out of range.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"expected a threshold above 0 and at most 1; received {threshold}")
    if len({motif.name for motif in motifs}) != len(motifs):
        raise ValueError("expected motifs with different names; received some name twice")
    if not motifs:
        return []
    ways = _ways(motifs)
    merged, left = [], np.array(_strongest_first(motifs))
    while len(left):
        placed = _place([motifs[i] for i in left], ways[left])
        near = np.array([member.similarity >= threshold for member in placed])
        near[0] = True  # itself, also where it is flat
        chosen = [(motifs[i], placed[n]) for n, i in enumerate(left) if near[n]]
        merged.append(_average(chosen))
        left = left[~near]
    return merged


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
        row[1, : len(motif)] = motif.ppm[::-1, ::-1] - 0.25
    return ways


def _place(motifs: Sequence[Motif], ways: Floats) -> list[Member]:
    """Return where motifs fit the first of them best; offsets count from its start."""
    count, _, widest, _ = ways.shape
    padded = np.pad(ways[0, 0], ((widest - 1, widest - 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, widest, axis=0)
    shifted = windows.transpose(0, 2, 1).reshape(len(windows), -1)  # (offsets, W · 4)
    flat = ways.reshape(2 * count, -1)
    size = np.linalg.norm(flat[0]) * np.linalg.norm(flat, axis=1)
    # rounded, so that of equal places the first is taken: the given strand
    similarity = np.round(flat @ shifted.T / np.maximum(size, 1e-12)[:, None], 9)
    similarity = similarity.reshape(count, -1)
    best = similarity.argmax(axis=1)
    turned, offset = np.divmod(best, len(shifted))
    return [
        Member(m.name, int(o) - (widest - 1), "-" if t else "+", float(row[b]))
        for m, o, t, row, b in zip(motifs, offset, turned, similarity, best, strict=True)
    ]


def _average(chosen: Sequence[tuple[Motif, Member]]) -> Merged:
    """Average motifs where they were placed; cut what those with half of the sites do not have."""
    first = min(member.offset for _, member in chosen)
    last = max(member.offset + len(motif) for motif, member in chosen)
    total, cover = np.zeros((last - first, 4)), np.zeros(last - first)
    for motif, member in chosen:
        rows = slice(member.offset - first, member.offset - first + len(motif))
        ppm = motif.ppm if member.strand == "+" else motif.ppm[::-1, ::-1]
        total[rows] += _weight(motif) * ppm
        cover[rows] += _weight(motif)
    sites = sum(_weight(motif) for motif, _ in chosen)
    kept = np.flatnonzero(cover >= min(sites / 2, cover.max()) * (1 - 1e-9))
    start, stop = int(kept[0]), int(kept[-1]) + 1
    ppm = total[start:stop] / cover[start:stop, None]
    motif = replace(chosen[0][0], ppm=ppm, nsites=float(sites))
    members = [replace(member, offset=member.offset - first - start) for _, member in chosen]
    return Merged(motif, (members[0], *sorted(members[1:], key=lambda m: -m.similarity)))
