"""By how much one model predicts better than another, on the same rows."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.comparison.core.model_names import Replicates, model_names
from chromkeras.comparison.core.regions import region_of
from chromkeras.comparison.predictions.differences import (
    Differences,
    compare_replicates,
    stratum_bootstrap,
)
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import check_rows
from chromkeras.evaluation.predict import mean_logits
from chromkeras.evaluation.report import match_card
from chromkeras.model_file.card import RunCard
from chromkeras.model_file.foreign import any_card, open_any
from chromkeras.model_file.open_model import OpenModel
from chromkeras.progress import progress
from chromkeras.statistics.bootstrap import bootstrap_scores
from chromkeras.statistics.means import mean_defined
from chromkeras.statistics.metrics import auprc
from chromkeras.tables import align, plain

REPLICATES = 1000
_ALL, _PAIRS = "all", ((0, 1),)


@dataclass(frozen=True, eq=False)
class Difference:
    """Score of a model less that of another.

    Attributes
    ----------
    title
        Name of the score for people.
    scores
        Shape (2, T): of the model and of the other.
    difference
        Shape (T,).
    interval
        Shape (2, T): 95 % bootstrap interval over regions.
    mean
        Mean over the tasks where defined.
    mean_interval
        Shape (2,).
    p
        Shape (T,): of AUROC DeLong's, of the score of other labels the bootstrap's; None of AUPRC.
    """

    title: str
    scores: np.ndarray
    difference: np.ndarray
    interval: np.ndarray
    mean: float
    mean_interval: np.ndarray
    p: np.ndarray | None = None

    def mean_facts(self) -> dict[str, float]:
        """Return the mean difference and its interval."""
        low, high = self.mean_interval
        return {"difference": self.mean, "low": low, "high": high}


@dataclass(frozen=True, eq=False)
class Against:
    """Comparison of two models on the rows of a split.

    Attributes
    ----------
    names
        Short names of the model and of the other.
    files
        Their files.
    tasks
        Tasks that both have.
    split, rows, regions
        Name of the split; numbers of its rows and of the regions they lie in.
    replicates
        Number of replicates of the bootstrap.
    differences
        By key of the score, the one that trainings go by first, on all rows.
    strata
        Difference of that score on other sets of rows, such as the elements, by their titles.
    """

    names: tuple[str, str]
    files: tuple[str, str]
    tasks: tuple[str, ...]
    split: str
    rows: int
    regions: int
    replicates: int
    differences: dict[str, Difference]
    strata: dict[str, Difference]

    def to_json(self) -> dict[str, Any]:
        """Return plain values; undefined ones are None."""
        found: dict[str, Any] = {
            "model": self.files[0],
            "other": self.files[1],
            "split": self.split,
            "rows": self.rows,
            "regions": self.regions,
            "replicates": self.replicates,
        }
        for key, each in self.differences.items():
            by_task = {
                task: {
                    "model": each.scores[0, t],
                    "other": each.scores[1, t],
                    "difference": each.difference[t],
                    "low": each.interval[0, t],
                    "high": each.interval[1, t],
                    **({} if each.p is None else {"p": each.p[t]}),
                }
                for t, task in enumerate(self.tasks)
            }
            found[key] = {"mean": each.mean_facts(), "tasks": by_task}
        found["strata"] = {title: each.mean_facts() for title, each in self.strata.items()}
        plain_values: dict[str, Any] = plain(found)
        return plain_values

    def __str__(self) -> str:
        """Return tables and a line for a person."""
        tables = [self._table(each) for each in self.differences.values()]
        first = next(iter(self.differences.values()))
        known = np.isfinite(first.difference)
        better = int((first.interval[0][known] > 0).sum())
        worse = int((first.interval[1][known] < 0).sum())
        verdict = (
            f"{self.names[0]} is {_amount(first.mean)} than {self.names[1]} by mean "
            f"{first.title}, 95 % interval {_interval(first.mean_interval)} over regions; better "
            f"on {better} and worse on {worse} of {known.sum()} tasks by an interval without 0"
        )
        if not known.any():
            verdict = f"{first.title} is defined for both models in no task, so neither is better"
        others = [
            f"{title}: mean {each.title} {_cell(each.mean, '+.4f')}, "
            f"{_interval(each.mean_interval)}"
            for title, each in self.strata.items()
        ]
        return "\n\n".join([*tables, "\n".join([verdict, *others])])

    def _table(self, each: Difference) -> str:
        heading = ("difference", "95 % interval", *(() if each.p is None else ("p",)))
        lines = [(each.title, *self.names, *heading)]
        for t, task in enumerate(self.tasks):
            cells = (*each.scores[:, t], each.difference[t])
            p = () if each.p is None else (_cell(each.p[t], ".2g"),)
            lines.append((task, *map(_cell, cells[:2]), _cell(cells[2], "+.4f"),
                          _interval(each.interval[:, t]), *p))  # fmt: skip
        # over the tasks of the mean difference, those where both are defined
        means = mean_defined(np.where(np.isfinite(each.difference), each.scores, np.nan), axis=1)
        empty = () if each.p is None else ("",)
        lines.append(("mean", *map(_cell, means), _cell(each.mean, "+.4f"),
                      _interval(each.mean_interval), *empty))  # fmt: skip
        return align(lines)


def evaluate_against(
    model: str | os.PathLike[str],
    other: str | os.PathLike[str],
    dataset: Dataset,
    *,
    tasks: Sequence[str] = (),
    head: str | int | None = None,
    split: str = "test",
    both_strands: bool = True,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Against:
    """Measure by how much a model predicts better than another on the rows of a split.

    Rows are drawn by regions in the bootstrap, as neighbours are alike; both models are scored on
    the same rows in each replicate. DeLong's test takes rows as independent. Both say what other
    rows would give, not what another training would.

    Parameters
    ----------
    model, other
        Model files, folders of ensembles, or names of shipped models; a baseline is one too, and
        any Keras model.
    dataset
        Data set with the tasks of both; those that only one has are left out.
    tasks, head
        Of models without a run card; as for ``evaluate_model``.
    split
        Name of the split.
    both_strands
        Whether to average the outputs for a sequence and its reverse complement.
    replicates, seed
        Number of replicates of the bootstrap, and the seed of its draws.

    Raises
    ------
    InputError
        A file is no model, the models have no task in common, the data set does not fit one of
        them, or the split has no rows.
    """
    names = model_names([Path(model), Path(other)])
    cards = [any_card(path, dataset.problem, dataset.classes, tasks) for path in (model, other)]
    tasks = _common(cards, names)
    for card in cards:
        match_card(card, dataset)
    opened = [
        open_any(path, card, head=head) for path, card in zip((model, other), cards, strict=True)
    ]
    data = dataset.select_tasks(tasks)
    rows = check_rows(data, split)
    outputs = np.stack([_outputs(each, data, rows, tasks, both_strands) for each in opened])
    regions = region_of(data, rows)
    links = [each.link for each in opened]
    problem, values = opened[0].problem, data.values(rows)
    strata = problem.strata(data, rows)
    options: dict[str, Any] = {"replicates": replicates, "seed": seed}
    by_stratum = {}
    for name, mask in strata.items():
        with progress(f"bootstrap, {problem.stratum_title(name)}") as report:
            drawn = stratum_bootstrap(
                values[mask], outputs[:, mask], regions[mask], problem=problem, links=links,
                progress=report, **options,
            )  # fmt: skip
        by_stratum[name] = compare_replicates(
            values[mask],
            outputs[:, mask],
            [Replicates(name, (i,)) for i, name in enumerate(names)],
            _PAIRS,
            drawn,
            problem=problem,
            links=links,
        )
    title = problem.score_title
    scores = {problem.score: _of_pair(title, by_stratum[_ALL])}
    if problem.logits:
        scores["auprc"] = _precision(values, outputs, regions, **options)
    others = {
        problem.stratum_title(name): _of_pair(title, each)
        for name, each in by_stratum.items()
        if name != _ALL and strata[name].any() and not strata[name].all()
    }
    regions_in_all = len(np.unique(regions))
    return Against(
        (names[0], names[1]), (str(model), str(other)), tasks, split, len(rows), regions_in_all,
        replicates, scores, others,
    )  # fmt: skip


def check_against(
    model: str | os.PathLike[str],
    other: str | os.PathLike[str],
    dataset: Dataset,
    tasks: Sequence[str] = (),
) -> None:
    """Raise ``InputError`` for models that cannot be compared, by their tasks alone."""
    cards = [any_card(path, dataset.problem, dataset.classes, tasks) for path in (model, other)]
    _common(cards, model_names([Path(model), Path(other)]))
    match_card(cards[1], dataset)


def _common(cards: list[RunCard], names: list[str]) -> tuple[str, ...]:
    tasks = tuple(task for task in cards[0].tasks if task in cards[1].tasks)
    if not tasks:
        raise InputError(
            f"expected models with a task in common, received {names[0]} with "
            f"{cards[0].tasks[0]}, … and {names[1]} with {cards[1].tasks[0]}, …"
        )
    return tasks


def _outputs(
    opened: OpenModel, dataset: Dataset, rows: np.ndarray, tasks: tuple[str, ...], both: bool
) -> np.ndarray:
    with progress(f"predict by {opened.path.stem}") as report:
        found = mean_logits(opened, dataset, rows, both_strands=both, progress=report)
    return found[:, opened.places(tasks)]


def _of_pair(title: str, found: Differences) -> Difference:
    return Difference(
        title,
        found.score,
        found.difference[0],
        found.interval[0],
        float(found.mean[0]),
        found.mean_interval[0],
        found.p_value[0],
    )


def _precision(
    values: np.ndarray, outputs: np.ndarray, regions: np.ndarray, *, replicates: int, seed: int
) -> Difference:
    """Return the difference in average precision."""
    with progress("bootstrap, AUPRC") as report:
        drawn = bootstrap_scores(
            lambda rows, model: auprc(values[rows], outputs[model, rows]),
            len(outputs),
            regions,
            replicates=replicates,
            seed=seed,
            progress=report,
        )
    scores = np.stack([auprc(values, each) for each in outputs])
    change = scores[0] - scores[1]
    mean = float(mean_defined(change))
    return Difference(
        "AUPRC", scores, change, drawn.interval(0, 1), mean, drawn.mean_interval(0, 1)
    )


def _amount(mean: float) -> str:
    return f"{abs(mean):.4f} {'better' if mean >= 0 else 'worse'}"


def _cell(value: float, form: str = ".4f") -> str:
    return "–" if np.isnan(value) else format(value, form)


def _interval(ends: np.ndarray) -> str:
    return "–" if np.isnan(ends).any() else f"{ends[0]:+.4f} to {ends[1]:+.4f}"
