"""Agreement of two models' attributions: whether they read the same bases."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from chrominterpret.engine.batches import Progress
from chromkeras.comparison.core.comparison import ComparedModel
from chromkeras.comparison.core.controls import (
    UNTRAINED,
    check_models,
    relation,
    tasks_of_both,
    untrained_copy,
)
from chromkeras.errors import InputError
from chromkeras.model_report.network_inputs import Inputs
from chromkeras.model_report.task_contributions import task_contributions
from chromkeras.statistics.means import mean_defined

REFERENCES = 10


@dataclass(frozen=True, eq=False)
class AttributionAgreement:
    """Correlation of two models' attributions of the same sequences.

    Attributes
    ----------
    first, second
        Names of the models.
    kind
        "models", "two seeds" or "untrained".
    tasks
        K tasks in common.
    correlation
        Shape (K, n), float64: Pearson's over the observed bases of each sequence; NaN where a
        model gives all bases of a sequence the same.
    """

    first: str
    second: str
    kind: str
    tasks: tuple[str, ...]
    correlation: np.ndarray

    @property
    def by_task(self) -> np.ndarray:
        """Mean over the sequences where defined, shape (K,)."""
        return mean_defined(self.correlation, axis=1)

    @property
    def mean(self) -> float:
        """Mean over the tasks where defined."""
        return mean_defined(self.by_task)


def attribution_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Correlate attributions over the observed bases of each sequence.

    Parameters
    ----------
    first, second
        Contributions of observed bases, shape (K, n, length, 4), zero at the other bases; or
        their sum over bases, (K, n, length).

    Returns
    -------
    np.ndarray
        Shape (K, n), float64; NaN where one of them is the same everywhere.

    Raises
    ------
    InputError
        The shapes differ.
    """
    if first.shape != second.shape or first.ndim not in (3, 4):
        raise InputError(
            "expected two attributions of one shape (K, n, length, 4) or (K, n, length), "
            f"received {first.shape} and {second.shape}"
        )
    a, b = (_centred(x) for x in (first, second))
    scale = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    return np.divide((a * b).sum(axis=-1), scale, out=np.full(a.shape[:2], np.nan), where=scale > 0)


def attribution_agreements(
    models: Sequence[ComparedModel],
    inputs: Inputs,
    *,
    tasks: Sequence[str] | None = None,
    references: int = REFERENCES,
    seed: int = 0,
    untrained: bool = False,
    progress: Progress | None = None,
) -> list[AttributionAgreement]:
    """Compare the DeepLIFT contributions of every pair of models.

    Parameters
    ----------
    models
        Trained models.
    inputs
        By name, (n, ...), the same rows for all models. Contributions are of the one-hot "dna"
        (n, length, 4); other inputs stay at their values.
    tasks
        Tasks to explain; None for all of each model. Pairs are compared on those in common.
    references
        Dinucleotide shuffles of each sequence, the same for all models.
    seed
        Seed of the shuffles, and of the weights of the random-weight controls.
    untrained
        Whether to compare each model with an untrained copy of itself as well.
    progress
        Called with models done, each with its untrained copy, and in all.

    Returns
    -------
    list of AttributionAgreement
        The pairs of models in order, then models and their untrained copies.

    Raises
    ------
    InputError
        Two models have no task in common, or one reads other sequences.
    """
    check_models(models, inputs)
    wanted = [_wanted(model, tasks) for model in models]
    for one, other in combinations(wanted, 2):
        tasks_of_both(one, other)
    copies = [untrained_copy(model, seed=seed) for model in models] if untrained else []
    by_model: list[list[np.ndarray]] = []
    for place, (model, names) in enumerate(zip(models, wanted, strict=True)):
        alike = [model, *copies[place : place + 1]]
        by_model.append(task_contributions(alike, inputs, names, references=references, seed=seed))
        if progress is not None:
            progress(len(by_model), len(models))
    pairs = [(i, j, relation(models[i], models[j])) for i, j in combinations(range(len(models)), 2)]
    found = [
        _agreement(
            (models[i].name, models[j].name), kind, (wanted[i], wanted[j]),
            (by_model[i][0], by_model[j][0]),
        )
        for i, j, kind in pairs
    ]  # fmt: skip
    # there may be no copies
    for model, copy, names, scores in zip(models, copies, wanted, by_model, strict=False):
        both = (model.name, copy.name)
        found.append(_agreement(both, UNTRAINED, (names, names), (scores[0], scores[1])))
    return found


def _wanted(model: ComparedModel, tasks: Sequence[str] | None) -> tuple[str, ...]:
    own = model.tasks
    return own if tasks is None else tasks_of_both(own, tasks)


def _agreement(
    names: tuple[str, str],
    kind: str,
    tasks: tuple[tuple[str, ...], tuple[str, ...]],
    scores: tuple[np.ndarray, np.ndarray],
) -> AttributionAgreement:
    common = tasks_of_both(*tasks)
    first, second = (
        values[[own.index(task) for task in common]]
        for values, own in zip(scores, tasks, strict=True)
    )
    return AttributionAgreement(*names, kind, common, attribution_correlation(first, second))


def _centred(values: np.ndarray) -> np.ndarray:
    x = np.asarray(values.sum(axis=-1) if values.ndim == 4 else values, np.float64)
    centred: np.ndarray = x - x.mean(axis=-1, keepdims=True)
    rounding = 1e-7 * np.abs(x).max(axis=-1, keepdims=True, initial=0.0)
    centred[np.broadcast_to(np.abs(centred).max(axis=-1, keepdims=True) <= rounding, x.shape)] = 0.0
    return centred
