"""Which known motifs each model has found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chrominterpret.motifs.chance import matches_by_chance
from chrominterpret.motifs.pwm import Motif
from chrominterpret.motifs.tomtom import Q_CUT, tomtom


@dataclass(frozen=True, eq=False)
class MotifTable:
    """Known motifs that some model has found, against the models.

    Attributes
    ----------
    models
        M names.
    motifs
        D known motifs, those that more models have found first, then by their best q-value.
    q_value
        Shape (D, M), float64: of the model's best match; NaN for a model without motifs.
    best
        For each motif and model, the name of the model's motif that matches best; "" for none.
    q_cut
        Below this q-value a motif is found.
    queries
        Motifs of each model that were searched: the more there are, the more they find.
    searched, left_out
        Known motifs that were searched, and those left out as shuffled motifs match them.
    """

    models: tuple[str, ...]
    motifs: tuple[Motif, ...]
    q_value: np.ndarray
    best: tuple[tuple[str, ...], ...]
    q_cut: float
    queries: tuple[int, ...]
    searched: int
    left_out: int

    @property
    def found(self) -> np.ndarray:
        """Shape (D, M), bool."""
        found: np.ndarray = self.q_value < self.q_cut
        return found

    def only_in(self) -> dict[str, list[str]]:
        """Return, for each model, the labels of the motifs that no other model has found."""
        alone = self.found & (self.found.sum(axis=1, keepdims=True) == 1)
        return {
            model: [m.label for m, own in zip(self.motifs, alone[:, i], strict=True) if own]
            for i, model in enumerate(self.models)
        }


def motif_table(
    found: Mapping[str, Sequence[Motif]],
    database: Sequence[Motif],
    *,
    seed: int,
    q_cut: float = Q_CUT,
) -> MotifTable:
    """Search the motifs of every model among known ones.

    Parameters
    ----------
    found
        Motifs of each model by its name: of filters, or of TF-MoDISco. Names differ within a
        model.
    database
        Known motifs. Those that shuffled motifs of all models together match too often are left
        out, so that all models are searched in the same database.
    seed
        Seed of the shuffles.
    q_cut
        Below this q-value a known motif is found; q-values are over a model's motifs × known.

    Raises
    ------
    InputError
        The database is empty.
    """
    everything = [motif for motifs in found.values() for motif in motifs]
    by_chance = matches_by_chance(everything, database, seed=seed)
    targets = [motif for motif, bad in zip(database, by_chance, strict=True) if not bad]
    q_value = np.full((len(targets), len(found)), np.nan)
    best = np.full((len(targets), len(found)), "", dtype=object)
    place = {motif.name: i for i, motif in enumerate(targets)}
    for column, motifs in enumerate(found.values()):
        table = tomtom(motifs, targets, n_shuffled=0).sort_values("p_value", kind="stable")
        table = table.drop_duplicates("target_id")
        rows = [place[name] for name in table["target_id"]]
        q_value[rows, column] = table["q_value"]
        best[rows, column] = table["query"]
    count = (q_value < q_cut).sum(axis=1)
    lowest = np.where(np.isnan(q_value), 1.0, q_value).min(axis=1, initial=1.0)
    order = [i for i in np.lexsort((lowest, -count)) if count[i]]
    return MotifTable(
        tuple(found),
        tuple(targets[i] for i in order),
        q_value[order],
        tuple(tuple(best[i]) for i in order),
        q_cut,
        tuple(len(motifs) for motifs in found.values()),
        len(targets),
        len(database) - len(targets),
    )
