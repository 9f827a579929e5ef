"""Which known motifs patterns are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from chrominterpret.motifs.chance import matches_by_chance
from chrominterpret.motifs.pwm import Motif, consensus, information_content
from chrominterpret.motifs.tomtom import Q_CUT, best_matches, tomtom
from chromkeras.comparison.patterns.pattern_matching import SharedPattern

LETTERS = 10  # of the consensus in a name


@dataclass(frozen=True, eq=False)
class KnownMatches:
    """Known motifs that patterns match.

    Attributes
    ----------
    targets
        Known motifs that were searched.
    table
        TomTom's, of all patterns against them, best first for each pattern.
    best
        Its best row of each pattern, by the pattern's name; NaN where it says nothing.
    labels
        A name for people of each pattern: "P1 GATA1" by the match at q < 0.1, else by its
        consensus, "P1 GATAA".
    left_out
        Number of known motifs left out, as shuffled patterns match them.
    """

    targets: list[Motif]
    table: pd.DataFrame
    best: pd.DataFrame
    labels: dict[str, str]
    left_out: int


def known_matches(
    shared: Sequence[SharedPattern], database: Sequence[Motif], *, seed: int
) -> KnownMatches:
    """Search patterns among known motifs, but for those that shuffles of them match too often."""
    motifs = [pattern.motif for pattern in shared]
    by_chance = matches_by_chance(motifs, database, seed=seed)
    targets = [motif for motif, bad in zip(database, by_chance, strict=True) if not bad]
    table = tomtom(motifs, targets, n_shuffled=0)
    best = best_matches(table, motifs).set_index("query")
    labels = {motif.name: _label(motif, best.loc[motif.name]) for motif in motifs}
    return KnownMatches(targets, table, best, labels, len(database) - len(targets))


def _label(motif: Motif, best: pd.Series) -> str:
    if best["q_value"] < Q_CUT:
        return f"{motif.name} {best['target_name'] or best['target_id']}"
    return f"{motif.name} {_letters(motif)}".rstrip()


def _letters(motif: Motif) -> str:
    """Return the consensus of the stretch that says most."""
    bits = np.convolve(information_content(motif.ppm), np.ones(min(LETTERS, len(motif))), "valid")
    start = int(bits.argmax())
    return consensus(replace(motif, ppm=motif.ppm[start : start + LETTERS]), iupac=True).strip("N")
