"""TomTom: comparison of motifs with known ones, and with what chance gives.

p-values by memelite's implementation of Gupta et al. 2007 (Genome Biol 8:R24), both strands;
q-values by Benjamini and Hochberg over all query × target pairs.
"""

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import memelite
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from chrominterpret.errors import InputError
from chrominterpret.files import replacing
from chrominterpret.motifs.compiled import announce, tomtom_kernels
from chrominterpret.motifs.pwm import Floats, Motif, trim

Shuffle = Literal["columns", "bases", "both"]

COLUMNS: Final = (
    "query", "target_id", "target_name", "p_value", "q_value", "score", "offset", "overlap",
    "strand",
)  # fmt: skip
Q_CUT: Final = 0.1
"""A match counts, for people, below this q-value."""
_QUERIES_AT_ONCE: Final = 1000


def tomtom(
    queries: Sequence[Motif],
    targets: Sequence[Motif],
    *,
    min_information: float | None = 0.2,
    n_best: int | None = None,
) -> pd.DataFrame:
    """Compare motifs with a database.

    Parameters
    ----------
    queries : sequence of Motif
        Motifs with different names.
    targets : sequence of Motif
        Database. Its columns are the background of the p-values: below 25 motifs memelite
        warns that they depend on which motifs are given.
    min_information : float or None
        Information in bits below which flanks are trimmed from the queries first; None keeps them.
        A query of which nothing is left has no row in the result.
    n_best : int or None
        Number of rows kept per query, best first; None keeps all. q-values count all pairs in any
        case.

    Returns
    -------
    DataFrame
        One row per pair, in the order of the queries, then of p: ``query``, ``target_id``,
        ``target_name``, ``p_value``, ``q_value``, ``score``, ``offset`` (where the trimmed query
        starts in the target, as oriented by ``strand``; may be below 0), ``overlap`` (bp) and
        ``strand`` ("-": the target's reverse complement matches).

    Raises
    ------
    InputError
        If there are no targets, names occur twice or an option is out of range.
    """
    if not targets:
        raise InputError("expected at least one target motif; received none")
    if n_best is not None and n_best < 1:
        raise InputError(f"expected n_best of at least 1 or None; received {n_best}")
    names = [motif.name for motif in queries]
    if len(set(names)) != len(names):
        raise InputError("expected queries with different names; received some name twice")
    kept = trimmed(queries, min_information)
    if not kept:
        return _empty()
    return _table(kept, targets, min(n_best or len(targets), len(targets)))


def trimmed(queries: Sequence[Motif], min_information: float | None) -> list[Motif]:
    """Trim the flanks of motifs as `tomtom` does; those of which nothing is left go."""
    if min_information is None:
        return list(queries)
    cut = (trim(motif, min_information=min_information) for motif in queries)
    return [motif for motif in cut if motif is not None]


def _empty() -> pd.DataFrame:
    integers, text = {"offset", "overlap"}, {"query", "target_id", "target_name", "strand"}
    kinds = {c: "int64" if c in integers else "object" if c in text else "float64" for c in COLUMNS}
    return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in kinds.items()})


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


def _table(queries: list[Motif], targets: Sequence[Motif], n_best: int) -> pd.DataFrame:
    p = np.empty((len(queries), len(targets)))
    best = np.empty((len(queries), n_best), np.int64)
    details = np.empty((4, len(queries), n_best))
    done = 0
    for results in compare(queries, targets):
        rows = slice(done, done + results.shape[1])
        p[rows] = results[0]
        best[rows] = np.argsort(results[0], axis=1, kind="stable")[:, :n_best]
        details[:, rows] = np.take_along_axis(results[1:], best[rows][None], axis=2)
        done = rows.stop
    q = false_discovery_control(p, axis=None).reshape(p.shape)
    score, offset, overlap, strand = details.reshape(4, -1)
    picked, ids = best.ravel(), np.array([motif.name for motif in targets], dtype=object)
    alt_names = np.array([motif.alt_name for motif in targets], dtype=object)
    return pd.DataFrame(
        {
            "query": np.repeat([motif.name for motif in queries], n_best),
            "target_id": ids[picked],
            "target_name": alt_names[picked],
            "p_value": np.take_along_axis(p, best, axis=1).ravel(),
            "q_value": np.take_along_axis(q, best, axis=1).ravel(),
            "score": score,
            "offset": offset.astype(np.int64),
            "overlap": overlap.astype(np.int64),
            "strand": np.where(strand == 1, "-", "+"),
        }
    )


def best_matches(matches: pd.DataFrame, queries: Sequence[Motif]) -> pd.DataFrame:
    """Return the match with the lowest p of every query, one row a query, in their order.

    A query that was trimmed away has NaN as its numbers and empty names.
    """
    first = matches.drop_duplicates("query").set_index("query")
    table = first.reindex([motif.name for motif in queries]).rename_axis("query").reset_index()
    text = ["target_id", "target_name", "strand"]
    table[text] = table[text].astype(object).where(table[text].notna(), "")
    return table


def write_matches(path: str | os.PathLike[str], matches: pd.DataFrame) -> None:
    """Write matches as tab-separated text with a header, atomically; NaN becomes empty."""
    with replacing(path) as temporary:
        matches.to_csv(temporary, sep="\t", index=False, float_format="%.6g", lineterminator="\n")


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


@dataclass(frozen=True)
class Calibration:
    """Share of the queries that match, and of their shuffles.

    Attributes
    ----------
    q_cut : float
        Highest q of a match.
    p_cut : float
        Highest p among the queries' matches at that q; 0 where there is none.
    n_queries, n_shuffled : int
        Numbers of queries and shuffled queries that were compared (after trimming).
    share : float
        Share of the queries with a match at ``q_cut``.
    shuffled_share : float
        Share of the shuffled queries with a match at ``q_cut``, q-values from their own table.
    shuffled_share_at_p : float
        Share of the shuffled queries with a match at ``p_cut``: what to expect by chance among
        the matches of the real table.
    """

    q_cut: float
    p_cut: float
    n_queries: int
    n_shuffled: int
    share: float
    shuffled_share: float
    shuffled_share_at_p: float


def calibrate(
    queries: Sequence[Motif],
    targets: Sequence[Motif],
    *,
    seed: int,
    q_cut: float = 0.1,
    how: Shuffle = "columns",
    n_shuffles: int = 1,
    min_information: float | None = 0.2,
) -> Calibration:
    """Compare the share of queries that match with that of their shuffles.

    Parameters
    ----------
    queries, targets, min_information
        As for `tomtom`.
    seed, how
        As for `shuffled`. Queries are trimmed before they are shuffled, and not again.
    q_cut : float
        Highest q of a match, above 0 and at most 1.
    n_shuffles : int
        Shuffled copies of every query; each copy of the set has q-values of its own.
    """
    if not 0 < q_cut <= 1 or n_shuffles < 1:
        raise InputError(
            f"expected 0 < q_cut <= 1 and n_shuffles of at least 1; received {q_cut}, {n_shuffles}"
        )
    kept = trimmed(queries, min_information)
    if not kept:
        return Calibration(q_cut, 0.0, 0, 0, np.nan, np.nan, np.nan)
    p, q = _p_and_q(tomtom(kept, targets, min_information=None, n_best=1))
    p_cut = float(p[q <= q_cut].max(initial=0.0))
    null = [
        _p_and_q(_quiet_tomtom(shuffled(kept, seed=each, how=how), targets))
        for each in np.random.SeedSequence(seed).generate_state(n_shuffles).tolist()
    ]
    null_p, null_q = (np.concatenate(each) for each in zip(*null, strict=True))
    return Calibration(
        q_cut,
        p_cut,
        len(kept),
        len(null_p),
        float((q <= q_cut).mean()),
        float((null_q <= q_cut).mean()),
        float((null_p <= p_cut).mean()),
    )


def _p_and_q(matches: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return matches["p_value"].to_numpy(), matches["q_value"].to_numpy()


def _quiet_tomtom(queries: Sequence[Motif], targets: Sequence[Motif]) -> pd.DataFrame:
    with warnings.catch_warnings():
        # said once already, for the queries themselves
        warnings.filterwarnings("ignore", message="tomtom was given", category=UserWarning)
        return tomtom(queries, targets, min_information=None, n_best=1)
