"""The null of variant effects: random substitutions that are matched to a variant.

A variant is compared with random substitutions of the genome at the same trinucleotide (strands
alike) in the same kind of region. A region's kind is what the model says of the window with the
reference allele: active, where in some task it ranks above what three quarters of random windows
reach in any task, or background. Changes that are no single substitution are compared with those at
all trinucleotides, which count alike.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from chromkeras.errors import InputError
from chromkeras.files import replacing
from chromkeras.scoring.indexed_genome import IndexedGenome
from chromkeras.scoring.q_values import six_digits
from chromkeras.variant_effects.windows import CONTEXTS, Windows, allele_windows, context_of

# Number of the rule by which substitutions are drawn; a null of another is not read.
RULE = 1
# Random windows that say which outputs are high.
BASELINE = 1024
ACTIVE_SHARE = 0.25
# Candidates in one pass of the model.
BLOCK = 512
# Candidates that are tried at most, by those that are wanted.
TRIES = 6
# Draws that are looked at, by those that are wanted: trinucleotides with CG are rare.
LOOKS = 40
# Draws of a stretch of the genome once it is read, and its bases.
TOGETHER, STRETCH = 32, 1 << 16
# A null of fewer substitutions is widened: to all trinucleotides, then to both kinds of region.
LEAST = 20

Alleles = tuple[str, int, str, str]
"""Chromosome, position from 1, reference and alternate base."""
Ranking = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Null:
    """Effects of random substitutions.

    Attributes
    ----------
    context
        Number of each one's trinucleotide (`windows.context_of`), shape (n,).
    active
        Whether its window is active, shape (n,), bool.
    score
        Alternate less reference on the scale that variants are compared on, (n, K), float32.
    baseline
        Ranks of random windows in each task, sorted, shape (B, T), float32.
    cut
        Share of random windows that an active window ranks above in some task.
    """

    context: np.ndarray
    active: np.ndarray
    score: np.ndarray
    baseline: np.ndarray
    cut: float
    _sorted: dict = field(default_factory=dict, repr=False)

    def is_active(self, ranks: np.ndarray) -> np.ndarray:
        """Return which windows are active, shape (n,), from their ranks in each task (n, T)."""
        return _height(ranks, self.baseline) > self.cut

    def of_scores(self, score: np.ndarray) -> "Null":
        """Return the null with other scores (n, K) of the same substitutions, as of a contrast."""
        return Null(self.context, self.active, score, self.baseline, self.cut)

    def compare(
        self, context: np.ndarray, active: np.ndarray, score: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return percentiles and two-sided p of scores among those of matched substitutions.

        Parameters
        ----------
        context, active
            Of each variant, shape (n,); context -1 stands for all.
        score
            Shape (n, K).

        Returns
        -------
        tuple of np.ndarray
            The percentile, 0 to 100: the share of the null below the score, and half of what is
            equal. And p = (1 + number of the null with |null| ≥ |score|) / (1 + number of the
            null), to six digits. Both (n, K), float64.
        """
        percentile = np.full(score.shape, np.nan)
        p = np.full(score.shape, np.nan)
        keys = np.asarray(context, np.int64) * 2 + active
        for key in np.unique(keys):
            rows = np.flatnonzero(keys == key)
            plain, size = self._matched(int(key) // 2, bool(key % 2))
            count = len(plain)
            for k in range(score.shape[1]):
                own = score[rows, k].astype(np.float32)
                below = np.searchsorted(plain[:, k], own, side="left")
                upto = np.searchsorted(plain[:, k], own, side="right")
                percentile[rows, k] = 50 * (below + upto) / count
                smaller = np.searchsorted(size[:, k], np.abs(own), side="left")
                p[rows, k] = (1 + count - smaller) / (1 + count)
        return percentile, six_digits(p)

    def _matched(self, context: int, active: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the sorted scores, and sorted sizes of scores, of the matched substitutions."""
        key = (context, active)
        if key not in self._sorted:
            kind = self.active == active
            same = kind & (self.context == context) if context >= 0 else kind
            choices = (same, kind, np.ones(len(kind), bool))
            rows = next((each for each in choices if each.sum() >= LEAST), choices[-1])
            own = self.score[rows]
            self._sorted[key] = np.sort(own, axis=0), np.sort(np.abs(own), axis=0)
        found: tuple[np.ndarray, np.ndarray] = self._sorted[key]
        return found

    def counts(self) -> dict[str, int]:
        """Return the fewest and most substitutions of a trinucleotide, by kind of region."""
        found = {}
        for name, kind in (("active", self.active), ("background", ~self.active)):
            each = np.bincount(self.context[kind], minlength=CONTEXTS)
            found[f"{name}, fewest of a trinucleotide"] = int(each.min())
            found[f"{name}, most of a trinucleotide"] = int(each.max())
        return found


def _height(ranks: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Return the largest share of random windows, over tasks, that a window ranks above; (n,)."""
    shares = [
        np.searchsorted(baseline[:, task], ranks[:, task].astype(np.float32)) / len(baseline)
        for task in range(ranks.shape[1])
    ]
    highest: np.ndarray = np.max(shares, axis=0)
    return highest


def random_substitutions(
    genome: IndexedGenome,
    length: int,
    shifts: Sequence[int],
    seed: int,
    *,
    together: int = 1,
    wanted: np.ndarray | None = None,
) -> Iterator[tuple[Alleles, Windows] | None]:
    """Yield random substitutions of a genome with their windows, without end.

    Parameters
    ----------
    genome
        Genome; each of its bases with a whole window around it is equally probable.
    length, shifts
        As for `windows.allele_windows`.
    seed
        Seed of the draws.
    together
        Substitutions that are drawn of a stretch of the genome once it is read.
    wanted
        Which trinucleotides are wanted, shape (32,) or (32, ...), anything but 0; it may change
        between draws. None for all.

    Yields
    ------
    tuple or None
        A substitution and its windows; None for a draw that is not wanted, or beside N.

    Raises
    ------
    InputError
        No chromosome is long enough.
    """
    rng = np.random.default_rng(seed)
    low, high = length // 2 - min(shifts), length - length // 2 + max(shifts)
    stretches = [
        (name, first, min(first + STRETCH, bases - high + 1))
        for name, bases in genome.lengths.items()
        for first in range(low, bases - high + 1, STRETCH)
    ]
    if not stretches:
        raise InputError(f"expected a chromosome of at least {low + high} bases in the genome")
    upto = np.cumsum([stop - first for _, first, stop in stretches])
    while True:
        name, first, stop = stretches[int(np.searchsorted(upto, rng.integers(upto[-1]), "right"))]
        around = genome.codes(name, first - 1, stop + 1)
        for place in rng.integers(stop - first, size=together).tolist():
            step = int(rng.integers(1, 4))
            context = context_of(around[place : place + 3])
            if context < 0 or (wanted is not None and not wanted[context].any()):
                yield None
                continue
            code = int(around[place + 1])
            ref, alt = "ACGT"[code], "ACGT"[(code + step) % 4]
            position = first + place + 1
            windows = allele_windows(genome, name, position, ref, alt, length, shifts)
            good = isinstance(windows, Windows)
            yield ((name, position, ref, alt), windows) if good else None  # type: ignore[misc]


def some_substitutions(
    genome: IndexedGenome, length: int, shifts: Sequence[int], seed: int, count: int
) -> list[tuple[Alleles, Windows]]:
    """Return so many random substitutions, each drawn of the whole genome.

    Raises
    ------
    InputError
        No chromosome is long enough, or nearly all is N.
    """
    drawn = islice(random_substitutions(genome, length, shifts, seed), LOOKS * max(count, 1000))
    found = list(islice((each for each in drawn if each is not None), count))
    if len(found) < count:
        raise InputError("the genome is nearly all N; expected bases")
    return found


def draw_null(
    genome: IndexedGenome,
    length: int,
    shifts: Sequence[int],
    *,
    outputs: Callable[[Sequence[np.ndarray]], np.ndarray],
    ranks: Ranking,
    scale: Ranking,
    each: int,
    seed: int,
    report: Callable[[int, int], None],
) -> Null:
    """Draw random substitutions, as many of each trinucleotide and kind of region, and score them.

    Parameters
    ----------
    genome, length, shifts
        As for `random_substitutions`.
    outputs
        From groups of windows to mean outputs, (n, T) or (n, T, C).
    ranks
        From outputs to what is larger the more a window stands out, (n, T).
    scale
        From outputs to the scale that variants are compared on, (n, K).
    each
        Substitutions of each trinucleotide in each kind of region. Where the genome has too few,
        there are fewer.
    seed
        Seed of the draws.
    report
        Called with substitutions that are done and in all.
    """
    windows_of = some_substitutions(genome, length, shifts, seed, BASELINE)
    ranked = [
        ranks(outputs([windows.ref for _, windows in windows_of[at : at + BLOCK]]))
        for at in range(0, BASELINE, BLOCK)
    ]
    baseline = np.sort(np.concatenate(ranked).astype(np.float32), axis=0)
    cut = float(np.quantile(_height(np.concatenate(ranked), baseline), 1 - ACTIVE_SHARE))
    wanted = np.full((CONTEXTS, 2), each)
    total = int(wanted.sum())
    drawn = random_substitutions(genome, length, shifts, seed + 1, together=TOGETHER, wanted=wanted)
    looks = islice(drawn, LOOKS * total)
    left = TRIES * total
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    while wanted.any() and left > 0:
        block = [found[1] for found in islice((x for x in looks if x is not None), BLOCK)]
        if not block:
            break
        left -= len(block)
        at_ref = outputs([windows.ref for windows in block])
        active = _height(ranks(at_ref), baseline) > cut
        kept = []
        for i, windows in enumerate(block):
            if wanted[windows.context, int(active[i])]:
                wanted[windows.context, int(active[i])] -= 1
                kept.append(i)
        if kept:
            at_alt = outputs([block[i].alt for i in kept])
            score = (scale(at_alt) - scale(at_ref[kept])).astype(np.float32)
            context = np.array([block[i].context for i in kept], np.int8)
            parts.append((context, active[kept], score))
        report(total - int(wanted.sum()), total)
    report(total, total)
    if not parts:
        raise InputError("the genome has no bases to draw random substitutions from")
    context, kinds, score = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Null(context, kinds, score, baseline, cut)


def save_null(null: Null, path: Path, key: str) -> None:
    """Write a null with the key of what it was made from; the file appears whole or not."""
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(
            file,
            key=np.array(key),
            context=null.context,
            active=null.active,
            score=null.score,
            baseline=null.baseline,
            cut=np.array(null.cut),
        )


def load_null(path: Path, key: str) -> Null | None:
    """Return a null that was made from the same things; None where there is none."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["key"]) != key:
                return None
            arrays = {name: file[name] for name in ("context", "active", "score", "baseline")}
            return Null(**arrays, cut=float(file["cut"]))
    except (OSError, ValueError, KeyError, EOFError):
        return None


def null_key(facts: object) -> str:
    """Return the fingerprint of what a null is made from, given as plain values."""
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
