"""First-layer filters of two models set side by side: which both learned, and which one alone.

Filters are matched one to one for the highest total likeness (Kuhn 1955, the Hungarian method), as
Li et al. 2016 (arXiv:1511.07543) matched units of two networks: by the correlation of their
activations over the same sequences, and by TomTom's p-values of their motifs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import keras
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from chrominterpret.errors import InputError
from chrominterpret.fdr import benjamini_hochberg
from chrominterpret.files import replacing
from chrominterpret.filters.correlation import (
    BATCH,
    SHIFT,
    FilterCorrelation,
    correlate,
    head_of,
)
from chrominterpret.filters.filter_motifs import FilterMotif, filter_motifs
from chrominterpret.filters.first_layer import FirstLayer, checked_onehot, find_first_layer
from chrominterpret.filters.shuffled import shuffled_head
from chrominterpret.matching import match_one_to_one
from chrominterpret.motifs.alignment import align_motifs
from chrominterpret.motifs.chance import matches_by_chance
from chrominterpret.motifs.logos import LogoPair, logo_grid
from chrominterpret.motifs.pairwise import motif_p_values
from chrominterpret.motifs.pwm import Floats, Motif, consensus, trim
from chrominterpret.motifs.tomtom import Q_CUT, tomtom

Way = Literal["activation", "motif"]

MOTIF_Q: Final = 0.05
"""Filters have the same motif below this q-value over all pairs."""
QUANTILE: Final = 0.95
MOST_LOGOS: Final = 24
_CONTROLLED: Final = 100  # sequences; 95 % of correlations were within 0.016 of those on 500


@dataclass(frozen=True, eq=False)
class FilterComparison:
    """What the first layers of two models have in common.

    Attributes
    ----------
    names : tuple of str
        Names of the two models.
    filters : tuple of two lists of FilterMotif
        F and G filters.
    correlation : FilterCorrelation
        Correlation of the activations of each pair, at its best shift and strand, (F, G).
    level : float
        Correlation above which two filters are alike: that which a share ``quantile`` of the
        matches between a model's filters and those with their positions shuffled stay below.
    p_values : ndarray of shape (F, G), float64
        TomTom's p-value of each pair of motifs; NaN where a filter has none.
    pairs : DataFrame
        A row for each match: ``by`` ("activation" or "motif"), ``first`` and ``second`` (names
        of the filters), ``correlation``, ``shift`` and ``strand`` (of the second against the
        first), ``p_value`` and ``q_value`` (of the motifs, over all pairs), and ``shared``:
        whether they are alike by that way of matching.
    table : DataFrame
        A row for each filter of both models: ``model``, ``filter``, ``consensus``, ``sites``,
        ``dead``, ``partner`` and ``correlation`` (of the match by activation), ``shared`` (by
        activation), ``same_motif`` (the filter of the other model with its motif), and with known
        motifs ``known_id``, ``known_name`` and ``known_q`` (the best match; empty where it is not
        below q = 0.1).
    """

    names: tuple[str, str]
    filters: tuple[list[FilterMotif], list[FilterMotif]]
    correlation: FilterCorrelation
    level: float
    p_values: Floats
    pairs: pd.DataFrame
    table: pd.DataFrame

    def shared(self, by: Way = "activation") -> list[tuple[str, str]]:
        """Return the names of the filters that both models have, the most alike first."""
        rows = self._matches(by)
        rows = rows[rows["shared"]]
        return list(zip(rows["first"], rows["second"], strict=True))

    def private(self, model: str, by: Way = "activation") -> list[str]:
        """Return the names of the live filters that only one model, by its name, has."""
        if model not in self.names:
            raise InputError(f"expected one of the models {self.names}, received {model!r}")
        place = self.names.index(model)
        both = {pair[place] for pair in self.shared(by)}
        return [f.name for f in self.filters[place] if _counts(f, by) and f.name not in both]

    def share(self, by: Way = "activation") -> tuple[float, float]:
        """Return the share of each model's live filters that the other has, too."""
        found = len(self.shared(by))
        sizes = [sum(_counts(f, by) for f in some) for some in self.filters]
        one, other = (found / size if size else float("nan") for size in sizes)
        return one, other

    def logos(self, by: Way = "activation", *, most: int = MOST_LOGOS) -> Figure:
        """Draw the motifs of shared filters side by side, in register, the most alike first.

        Raises
        ------
        InputError
            If no shared pair has two motifs.
        """
        motifs = [{f.name: f.motif for f in some} for some in self.filters]
        rows = self._matches(by)
        rows = rows[rows["shared"]].to_dict("records")
        drawn = [_logo_pair(row, motifs, self.names) for row in rows]
        shown = [pair for pair in drawn if pair is not None][:most]
        if not shown:
            raise InputError(
                f"expected filters with a motif in both {self.names[0]} and {self.names[1]}, "
                f"received none that match by {by}"
            )
        return logo_grid(shown, columns=1 if len(shown) < 4 else 2)

    def save(self, folder: str | Path) -> None:
        """Write ``pairs.tsv``, ``filters.tsv`` and, where filters are shared, ``shared.png``."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in (("pairs.tsv", self.pairs), ("filters.tsv", self.table)):
            with replacing(folder / name) as beside:
                table.to_csv(beside, sep="\t", index=False, float_format="%.6g")
        try:
            figure = self.logos()
        except InputError:
            return
        with replacing(folder / "shared.png") as beside:
            figure.savefig(beside, dpi=150, format="png")

    def _matches(self, by: Way) -> pd.DataFrame:
        if by not in ("activation", "motif"):
            raise InputError(f"expected by= 'activation' or 'motif', received {by!r}")
        rows = self.pairs[self.pairs["by"] == by]
        if by == "motif":
            return rows.sort_values("p_value", kind="stable")
        return rows.sort_values("correlation", ascending=False, kind="stable")


def compare_filters(
    first: keras.Model,
    second: keras.Model,
    onehot: ArrayLike,
    *,
    names: tuple[str, str] = ("first", "second"),
    known: Sequence[Motif] | None = None,
    layers: tuple[str | None, str | None] = (None, None),
    wrt: tuple[str | None, str | None] = (None, None),
    shift: int = SHIFT,
    quantile: float = QUANTILE,
    seed: int = 0,
    batch_size: int = BATCH,
) -> FilterComparison:
    """Compare the filters that two models learned in their first convolution.

    Parameters
    ----------
    first, second : keras.Model
        Functional models or built ``Sequential`` whose first convolution reads one-hot sequences
        of one length, with stride 1; they may differ in all else.
    onehot : array of shape (N, L, 4)
        Sequences that both read; some hundred are enough for correlations, a thousand make good
        motifs.
    names : tuple of str
        Names of the models in tables and pictures.
    known : sequence of Motif or None
        Database, as of `load_motifs`, whose motifs filters are named after. Motifs that
        shuffled filters match as well are left out.
    layers, wrt : tuple of str or None
        Name of the convolution, and of the input that it reads, in each model where there are
        several; see `filter_motifs`.
    shift : int
        Largest shift between two filters, in bp: a motif may stand anywhere in a filter's window.
    quantile : float
        Share of the matches with shuffled filters that are not to count as alike, 0 to 1.
    seed : int
        Seed of the shuffles.
    batch_size : int
        Number of sequences at a time.

    Returns
    -------
    FilterComparison
        Matches, tables and pictures.

    Raises
    ------
    InputError
        If a model has no such layer, one has a stride above 1, or shapes or names do not fit.

    Notes
    -----
    Two filters that read the same bases correlate even where neither reads a motif, as both are
    active where bases they favour abound. The level counts that: in the control every filter keeps
    its weights, and the positions along the sequence are in random order.

    Examples
    --------
    >>> import keras
    >>> import numpy as np
    >>> import chrominterpret
    >>> model = keras.Sequential([keras.Input((60, 4)), keras.layers.Conv1D(8, 11),
    ...                           keras.layers.ReLU(), keras.layers.GlobalMaxPooling1D()])
    >>> x = chrominterpret.one_hot(["ACGTTGCATCGA" * 5, "TTGACCATGCAA" * 5] * 20)
    >>> found = chrominterpret.compare_filters(model, model, x, names=("a", "b"))
    >>> found.correlation.value.shape
    (8, 8)
    """
    if len(set(names)) < 2:
        raise InputError(f"expected two different names, received {names}")
    if not 0 <= quantile <= 1:
        raise InputError(f"expected a quantile from 0 to 1, received {quantile}")
    models = (first, second)
    firsts = [
        find_first_layer(model, layer=layer, wrt=of)
        for model, layer, of in zip(models, layers, wrt, strict=True)
    ]
    taken = checked_onehot(onehot, firsts[0])
    x = np.asarray(firsts[0].layout.sites(np.asarray(taken)), np.float32)
    checked_onehot(x, firsts[1])
    filters = (
        filter_motifs(first, x, layer=firsts[0].name, wrt=wrt[0]),
        filter_motifs(second, x, layer=firsts[1].name, wrt=wrt[1]),
    )
    motifs = [[f.motif for f in some] for some in filters]
    correlation = _correlation(firsts[0], firsts[1], x, shift, batch_size)
    some = x[:_CONTROLLED]
    level = max(_level(layer, some, shift, batch_size, quantile, seed) for layer in firsts)
    p_values = motif_p_values(*motifs, seed=seed)
    pairs = _pairs(filters, correlation, p_values, level)
    table = pd.concat(
        [_table(place, names[place], filters[place], pairs) for place in (0, 1)], ignore_index=True
    )
    if known is not None:
        table = _with_known(table, names, motifs, known, seed)
    return FilterComparison(names, filters, correlation, level, p_values, pairs, table)


def _counts(found: FilterMotif, by: Way) -> bool:
    """Return whether a filter could have been matched."""
    return not found.dead if by == "activation" else found.motif is not None


def _correlation(
    one: FirstLayer, other: FirstLayer, x: np.ndarray, shift: int, batch_size: int
) -> FilterCorrelation:
    blocks = [(slice(0, one.n_filters), slice(0, other.n_filters))]
    heads = (head_of(one), head_of(other))
    return correlate((one, other), heads, x, blocks, shift=shift, batch_size=batch_size)[0]


def _level(
    layer: FirstLayer, x: np.ndarray, shift: int, batch_size: int, quantile: float, seed: int
) -> float:
    """Return the correlation that matches with shuffled filters stay below."""
    blocks = [(slice(0, layer.n_filters), slice(0, layer.n_filters))]
    heads = (head_of(layer), shuffled_head(layer, seed=seed))
    found = correlate((layer, layer), heads, x, blocks, shift=shift, batch_size=batch_size)[0]
    scores = match_one_to_one(found.value)[2]
    return float(np.quantile(scores, quantile)) if len(scores) else 1.0


def _pairs(
    filters: tuple[list[FilterMotif], ...],
    correlation: FilterCorrelation,
    p_values: Floats,
    level: float,
) -> pd.DataFrame:
    q_values = benjamini_hochberg(p_values)
    by_activation = match_one_to_one(correlation.value)
    by_motif = match_one_to_one(-np.log10(np.maximum(p_values, np.finfo(float).tiny)))
    rows = [
        {
            "by": by,
            "first": filters[0][i].name,
            "second": filters[1][j].name,
            "correlation": correlation.value[i, j],
            "shift": int(correlation.shift[i, j]),
            "strand": "+" if correlation.strand[i, j] > 0 else "-",
            "p_value": p_values[i, j],
            "q_value": q_values[i, j],
            "shared": bool(
                correlation.value[i, j] > level if by == "activation" else q_values[i, j] < MOTIF_Q
            ),
        }
        for by, found in (("activation", by_activation), ("motif", by_motif))
        for i, j, _ in zip(*found, strict=True)
    ]
    columns = [
        "by", "first", "second", "correlation", "shift", "strand", "p_value", "q_value", "shared",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"shared": bool})


def _table(place: int, name: str, filters: list[FilterMotif], pairs: pd.DataFrame) -> pd.DataFrame:
    own, others = ("first", "second") if place == 0 else ("second", "first")
    by = dict(list(pairs.groupby("by")))
    empty = pairs.iloc[:0]
    matched = by.get("activation", empty).set_index(own)
    same = by.get("motif", empty)
    same = same[same["shared"]].set_index(own)
    return pd.DataFrame([_filter_row(name, each, others, matched, same) for each in filters])


def _filter_row(
    model: str, found: FilterMotif, others: str, matched: pd.DataFrame, same: pd.DataFrame
) -> dict[str, Any]:
    pair = matched.loc[found.name] if found.name in matched.index else None
    shown = None if found.motif is None else trim(found.motif)
    return {
        "model": model,
        "filter": found.name,
        "consensus": "" if shown is None else consensus(shown, iupac=True),
        "sites": found.n_sites,
        "dead": found.dead,
        "partner": "" if pair is None else pair[others],
        "correlation": float("nan") if pair is None else pair["correlation"],
        "shared": pair is not None and bool(pair["shared"]),
        "same_motif": same.loc[found.name, others] if found.name in same.index else "",
    }


def _with_known(
    table: pd.DataFrame,
    names: tuple[str, str],
    motifs: list[list[Motif | None]],
    known: Sequence[Motif],
    seed: int,
) -> pd.DataFrame:
    """Add the best known motif of each filter; both models are searched in the same database."""
    live = [[motif for motif in some if motif is not None] for some in motifs]
    by_chance = matches_by_chance([m for some in live for m in some], known, seed=seed)
    targets = [motif for motif, bad in zip(known, by_chance, strict=True) if not bad]
    found = []
    for name, some in zip(names, live, strict=True):
        if some and targets:
            best = tomtom(some, targets, n_best=1, n_shuffled=0)
            best = best[best["q_value"] < Q_CUT]
            found.append(
                pd.DataFrame(
                    {
                        "model": name,
                        "filter": best["query"],
                        "known_id": best["target_id"],
                        "known_name": best["target_name"],
                        "known_q": best["q_value"],
                    }
                )
            )
    columns = ["model", "filter", "known_id", "known_name", "known_q"]
    best = pd.concat(found) if found else pd.DataFrame(columns=columns)
    table = table.merge(best, how="left", on=["model", "filter"])
    return table.fillna({"known_id": "", "known_name": ""})


def _logo_pair(
    row: dict[str, Any], motifs: list[dict[str, Motif | None]], names: tuple[str, str]
) -> LogoPair | None:
    one, other = motifs[0][row["first"]], motifs[1][row["second"]]
    shown = None if one is None else trim(one)
    if shown is None or other is None:
        return None
    pair = align_motifs(shown, other)
    caption = f"{names[1]} {row['second']}  r = {row['correlation']:.2f}"
    return LogoPair(pair.first, f"{names[0]} {row['first']}", pair.second, pair.offset, caption)
