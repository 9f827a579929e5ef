"""TomTom's p-values of pairs of motifs, and the shuffled motifs that show what chance gives.

By memelite's implementation of Gupta et al. 2007 (Genome Biol 8:R24) with complete scoring, both
strands.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, Literal

import memelite
import numpy as np

from chrominterpret.errors import InputError
from chrominterpret.motifs.compiled import announce, tomtom_kernels
from chrominterpret.motifs.pwm import Floats, Motif, trim

Shuffle = Literal["columns", "bases", "both"]

_QUERIES_AT_ONCE: Final = 1000


def compare(queries: Sequence[Motif], targets: Sequence[Motif]) -> Iterator[Floats]:
    """Yield p, score, offset, overlap and strand, shape (5, q, T), of some q queries at a time."""
    matrices = [target.ppm.T for target in targets]
    if queries:
        announce("TomTom", tomtom_kernels(), "one to five minutes")
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        some = [query.ppm.T for query in queries[start : start + _QUERIES_AT_ONCE]]
        results = memelite.tomtom(some, matrices)
        results[0] = results[0].clip(0.0, 1.0)
        yield results


@contextmanager
def quiet_about_few_targets() -> Iterator[None]:
    """Leave out memelite's warning of few targets, which it gave for the queries themselves."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="tomtom was given", category=UserWarning)
        yield


def trimmed(queries: Sequence[Motif], min_information: float | None) -> list[Motif]:
    """Trim the flanks of motifs as `tomtom` does; those of which nothing is left go."""
    if min_information is None:
        return list(queries)
    cut = (trim(motif, min_information=min_information) for motif in queries)
    return [motif for motif in cut if motif is not None]


def shuffled(motifs: Sequence[Motif], *, seed: int, how: Shuffle = "columns") -> list[Motif]:
    """Shuffle motifs: as much information, at random places or of random bases.

    Parameters
    ----------
    motifs : sequence of Motif
        Motifs to shuffle.
    seed : int
        Seed of the shuffles.
    how : "columns", "bases" or "both"
        "columns" permutes the positions of each motif and so keeps its base composition; "bases"
        permutes the four bases at every position on its own and keeps the order of the positions'
        information; "both" does both.
    """
    if how not in ("columns", "bases", "both"):
        raise InputError(f"expected a shuffle of 'columns', 'bases' or 'both'; received {how!r}")
    generator = np.random.default_rng(seed)
    return [replace(motif, ppm=_shuffle(motif.ppm, generator, how)) for motif in motifs]


def _shuffle(ppm: Floats, generator: np.random.Generator, how: Shuffle) -> Floats:
    if how != "bases":
        ppm = generator.permutation(ppm, axis=0)
    if how != "columns":
        ppm = generator.permuted(ppm, axis=1)
    return ppm
