"""TomTom: comparison of motifs with known ones, and with what chance gives.

p-values as in `chrominterpret.motifs.p_values`; q-values by Benjamini and Hochberg over all pairs
of a query and a target that does not match by chance.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chrominterpret.errors import InputError
from chrominterpret.fdr import benjamini_hochberg
from chrominterpret.files import replacing
from chrominterpret.motifs.chance import N_SHUFFLED, calibrated, chance_p_values, too_often
from chrominterpret.motifs.p_values import (
    Shuffle,
    compare,
    quiet_about_few_targets,
    shuffled,
    trimmed,
)
from chrominterpret.motifs.pwm import Floats, Motif

COLUMNS: Final = (
    "query", "target_id", "target_name", "p_value", "q_value", "score", "offset", "overlap",
    "strand", "calibrated_p", "by_chance",
)  # fmt: skip
Q_CUT: Final = 0.1
"""A match counts, for people, below this q-value."""


def tomtom(
    queries: Sequence[Motif],
    targets: Sequence[Motif],
    *,
    min_information: float | None = 0.2,
    n_best: int | None = None,
    n_shuffled: int = N_SHUFFLED,
    seed: int = 0,
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
    n_shuffled : int
        Number of shuffled queries that show which targets match by chance (see
        `chrominterpret.motifs.chance`); 0 for none.
    seed : int
        Seed of the shuffles.

    Returns
    -------
    DataFrame
        One row per pair, in the order of the queries, then of p, targets that match by chance
        last: ``query``, ``target_id``, ``target_name``, ``p_value``, ``q_value``, ``score``,
        ``offset`` (where the trimmed query starts in the target, as oriented by ``strand``; may be
        below 0), ``overlap`` (bp), ``strand`` ("-": the target's reverse complement matches),
        ``calibrated_p`` (share of the shuffled queries that match the target as well, at least
        1 / (1 + n_shuffled); NaN without any) and ``by_chance`` (whether shuffled queries match the
        target far more often than their p-values claim; its q-values are then 1 and it is no pair
        of the others').

    Raises
    ------
    InputError
        If there are no targets, names occur twice or an option is out of range.
    """
    for motif in (*queries, *targets):
        if not isinstance(motif, Motif):
            raise InputError(f"expected motifs of class Motif; received a {type(motif).__name__}")
    if not targets:
        raise InputError("expected at least one target motif; received none")
    if n_best is not None and n_best < 1:
        raise InputError(f"expected n_best of at least 1 or None; received {n_best}")
    if n_shuffled < 0:
        raise InputError(f"expected n_shuffled of at least 0; received {n_shuffled}")
    names = [motif.name for motif in queries]
    if len(set(names)) != len(names):
        raise InputError("expected queries with different names; received some name twice")
    kept = trimmed(queries, min_information)
    if not kept:
        return _empty()
    chance = (
        chance_p_values(kept, targets, seed=seed, n_shuffled=n_shuffled) if n_shuffled else None
    )
    return _table(kept, targets, min(n_best or len(targets), len(targets)), chance)


def _empty() -> pd.DataFrame:
    integers, text = {"offset", "overlap"}, {"query", "target_id", "target_name", "strand"}
    kinds = {c: "int64" if c in integers else "object" if c in text else "float64" for c in COLUMNS}
    kinds["by_chance"] = "bool"
    return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in kinds.items()})


def _table(
    queries: list[Motif], targets: Sequence[Motif], n_best: int, chance: Floats | None
) -> pd.DataFrame:
    p = np.empty((len(queries), len(targets)))
    flagged = np.zeros(len(targets), bool) if chance is None else too_often(chance)
    best = np.empty((len(queries), n_best), np.int64)
    details = np.empty((4, len(queries), n_best))
    done = 0
    for results in compare(queries, targets):
        rows = slice(done, done + results.shape[1])
        p[rows] = results[0]
        best[rows] = np.argsort(results[0] + 2 * flagged, axis=1, kind="stable")[:, :n_best]
        details[:, rows] = np.take_along_axis(results[1:], best[rows][None], axis=2)
        done = rows.stop
    q = np.ones_like(p)
    q[:, ~flagged] = benjamini_hochberg(p[:, ~flagged])
    shares = np.full_like(p, np.nan) if chance is None else calibrated(p, chance)
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
            "calibrated_p": np.take_along_axis(shares, best, axis=1).ravel(),
            "by_chance": flagged[picked],
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
    table["by_chance"] = table["by_chance"].eq(True)  # trimmed away: not known, so no
    return table


def write_matches(path: str | os.PathLike[str], matches: pd.DataFrame) -> None:
    """Write matches as tab-separated text with a header, atomically; NaN becomes empty."""
    with replacing(path) as temporary:
        matches.to_csv(temporary, sep="\t", index=False, float_format="%.6g", lineterminator="\n")


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
    p, q = _p_and_q(tomtom(kept, targets, min_information=None, n_best=1, n_shuffled=0))
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
    with quiet_about_few_targets():
        return tomtom(queries, targets, min_information=None, n_best=1, n_shuffled=0)
