"""What is compared: opened models, the rows and tasks they have in common, and the options."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import combinations
from pathlib import Path

import numpy as np

from chrominterpret.engine.graph import of_fixed_shapes
from chromkeras.comparison.core.model_names import (
    Replicates,
    check_models,
    model_names,
    seed_replicates,
)
from chromkeras.comparison.core.regions import region_of
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import check_rows
from chromkeras.evaluation.predict import input_names, mean_logits
from chromkeras.evaluation.prior import Prior, find_prior
from chromkeras.evaluation.seen_rows import seen_rows
from chromkeras.model_file.card import RunCard
from chromkeras.model_file.foreign import any_card, open_any
from chromkeras.model_file.open_model import OpenModel
from chromkeras.model_report.choose import scanned_rows
from chromkeras.model_report.network_inputs import DNA
from chromkeras.names import unknown
from chromkeras.problems.problem import Problem
from chromkeras.problems.registry import find_problem
from chromkeras.progress import progress

MOST_MATRICES = 4  # recipes of which a page shows every pair


@dataclass(frozen=True)
class CompareOptions:
    """What to compare and how.

    Attributes
    ----------
    split
        Name of the split whose rows are predicted, or "all".
    baseline
        Name of the model that the others are compared with; "" takes the first.
    seed
        Seed of every random choice.
    bootstrap
        Replicates of the bootstrap.
    growth
        Whether to measure the growth of costs with the number of tasks.
    sequences
        Elements that layers and filters are compared on.
    attributed
        Elements that are attributed.
    modisco
        Most elements of a task that TF-MoDISco searches in all models; 0 for none.
    modisco_tasks
        Tasks that it searches; none means all that the models have in common.
    motifs
        Known motifs, as ``chrominterpret.motifs.jaspar.load_motifs`` reads them.
    parts
        Parts of the comparison, by name; none means all.
    calibrated
        Whether probabilities of binary labels are for the share of positives in the training
        rows of each model.
    h5ad
        Whether to write labels and every model's predictions to ``predictions.h5ad``.
    tasks
        Names of the outputs of models without a run card, in order; none takes those in each one's
        MODEL.toml.

    Raises
    ------
    InputError
        A number is too small, or ``modisco_tasks`` are given without ``modisco``.

    Examples
    --------
    >>> from chromkeras import CompareOptions
    >>> options = CompareOptions(parts=("predictions", "costs"), bootstrap=200)
    >>> options.split, options.sequences
    ('test', 256)
    """

    split: str = "test"
    baseline: str = ""
    seed: int = 0
    bootstrap: int = 1000
    growth: bool = False
    sequences: int = 256
    attributed: int = 16
    modisco: int = 0
    modisco_tasks: tuple[str, ...] = ()
    motifs: str = "jaspar"
    parts: tuple[str, ...] = ()
    calibrated: bool = True
    h5ad: bool = False
    tasks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, least in (("bootstrap", 1), ("sequences", 4), ("attributed", 1), ("modisco", 0)):
            if getattr(self, name) < least:
                raise InputError(
                    f"`{name}`: expected at least {least}, received {getattr(self, name)}"
                )
        if self.modisco_tasks and not self.modisco:
            raise InputError("`modisco_tasks`: expected `modisco` above 0 as well, received 0")


@dataclass(frozen=True, eq=False)
class ComparedModel(OpenModel):
    """A model of the comparison.

    Attributes
    ----------
    name
        Unique among the compared.
    """

    name: str = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Comparison:
    """The models, rows, tasks and options that every part of the comparison works on.

    Attributes
    ----------
    models
        M of them, in the order given.
    source
        The data set as given, with all its tasks.
    dataset
        With the common tasks, in the order of the first model.
    rows
        Rows of the split, shape (n,).
    options
        What to compare and how.
    baseline
        Index of the model that the others are compared with.
    notes
        What a reader must know, such as tasks left out.
    whole, chosen
        Comparison that the models were chosen from, and their places in it; None for a whole one.
    """

    models: tuple[ComparedModel, ...]
    source: Dataset
    dataset: Dataset
    rows: np.ndarray
    options: CompareOptions
    baseline: int
    notes: tuple[str, ...]
    whole: "Comparison | None" = None
    chosen: tuple[int, ...] = ()

    @property
    def names(self) -> list[str]:
        """The models' names."""
        return [model.name for model in self.models]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The common tasks."""
        return self.dataset.tasks

    @cached_property
    def replicates(self) -> tuple[Replicates, ...]:
        """Models grouped by recipe."""
        return seed_replicates([model.card for model in self.models], self.names)

    @property
    def baseline_replicates(self) -> int:
        """Index of the replicates among which the baseline is."""
        return next(i for i, group in enumerate(self.replicates) if self.baseline in group.members)

    @cached_property
    def regions(self) -> np.ndarray:
        """Shape (n,): the region of each row."""
        return region_of(self.dataset, self.rows)

    @property
    def problem(self) -> Problem:
        """Kind of the labels, of the models and of the data."""
        found: Problem = find_problem(self.dataset.problem)
        return found

    def of(self, models: Mapping[int, ComparedModel]) -> "Comparison":
        """Return the comparison of some of the models, by their places.

        The baseline is the same where it is among them, else the first of them.
        """
        chosen = tuple(models)
        baseline = chosen.index(self.baseline) if self.baseline in chosen else 0
        return replace(
            self, models=tuple(models.values()), baseline=baseline, whole=self, chosen=chosen
        )

    def elements(self, count: int) -> dict[str, np.ndarray]:
        """Return the inputs of rows of the split that stand out in some task.

        Parameters
        ----------
        count
            Number of rows n; all where there are fewer.

        Returns
        -------
        dict
            By the name of the input, float32 (n, ...).
        """
        rows = scanned_rows(self.dataset, self.options.split, count, self.options.seed)
        return self.dataset.batch(rows)

    def shown_pairs(self) -> set[frozenset[str]]:
        """Return the pairs of models that a page has room for: one of each two recipes.

        The rest is in the tables.
        """
        first = [group.members[0] for group in self.replicates]
        first[self.baseline_replicates] = self.baseline
        every = len(first) <= MOST_MATRICES
        return {
            frozenset((self.names[a], self.names[b]))
            for a, b in combinations(first, 2)
            if every or self.baseline in (a, b)
        }

    @property
    def links(self) -> tuple[str, ...]:
        """What each model's loss makes of an output: "identity" or "exp"."""
        return tuple(model.link for model in self.models)

    def mean_outputs(self) -> tuple[np.ndarray, str]:
        """Return the mean output of all models, (n, T) or (n, T, C), and its link.

        Models of different links are averaged by their predictions.
        """
        if len(set(self.links)) == 1:
            return self.outputs.mean(axis=0), self.links[0]
        pairs = zip(self.outputs, self.links, strict=True)
        return np.mean([self.problem.predictions(*pair) for pair in pairs], axis=0), "identity"

    @cached_property
    def priors(self) -> tuple[Prior, ...]:
        """What moves each model's logits to the share of positives in its training rows."""
        return tuple(find_prior(model, self.source) for model in self.models)

    @cached_property
    def shifts(self) -> np.ndarray:
        """Shape (M, T), float32: what ``outputs`` has added to each model's logits."""
        pairs = zip(self.models, self.priors, strict=True)
        each = np.stack([prior.shift[model.places(self.tasks)] for model, prior in pairs])
        return each if self.options.calibrated else np.zeros_like(each)

    @cached_property
    def outputs(self) -> np.ndarray:
        """Shape (M, n, T), or (M, n, T, C), float32: both strands' mean, for the common tasks.

        Logits of labels 0 and 1 are calibrated, unless ``options.calibrated`` is off.
        """
        if self.whole is not None:
            chosen: np.ndarray = self.whole.outputs[list(self.chosen)]
            return chosen
        total = len(self.models) * len(self.rows)
        each = []
        with progress("predict") as report:
            for k, model in enumerate(self.models):
                step = partial(_report, report, k * len(self.rows), total)
                found = mean_logits(model, self.dataset, self.rows, progress=step)
                each.append(found[:, model.places(self.tasks)])
        if not self.shifts.any():
            return np.stack(each)
        return np.stack(each) + self.shifts[:, None]


def open_comparison(
    paths: Sequence[str | os.PathLike[str]], dataset: Dataset, options: CompareOptions
) -> Comparison:
    """Open the models and find what they have in common.

    Raises
    ------
    InputError
        Fewer than two models; one is of another sequence length than the data; no task in common;
        an unknown baseline; or the split has no rows.
    """
    files = [Path(path) for path in paths]
    check_models(files)
    cards = [any_card(p, dataset.problem, dataset.classes, options.tasks) for p in files]
    if options.tasks and not any(card.is_foreign for card in cards):
        raise InputError("`tasks`: expected none, as all models have a run card")
    names = model_names(files)
    tasks = common_tasks(dict(zip(names, (card.tasks for card in cards), strict=True)), dataset)
    replicates = seed_replicates(cards, names)
    baseline = _baseline(options.baseline, names, replicates)
    rows = check_rows(dataset, options.split)
    notes = [*_left_out(names, cards, tasks), *_other_data(names, cards, dataset)]
    pairs = list(zip(names, cards, strict=True))
    seen = (seen_rows(card, name, dataset, options.split) for name, card in pairs)
    notes += [f"{text}." for text in seen if text]
    data = dataset if dataset.tasks == tasks else dataset.select_tasks(tasks)
    models = tuple(
        ComparedModel(path, opened.network, card, opened.members, name=name)
        for (name, card), path, opened in zip(
            pairs, files, map(open_any, files, cards), strict=True
        )
    )
    for model in models:
        _check_model(model, data)
    models = tuple(_of_fixed_length(model, data) for model in models)
    return Comparison(models, dataset, data, rows, options, baseline, tuple(notes))


def _of_fixed_length(model: ComparedModel, dataset: Dataset) -> ComparedModel:
    """Return a model that takes sequences of the data's length, where it takes those of any."""
    if not model.card.is_foreign:
        return model
    names = input_names(model.network, dataset)
    inputs = dataset.batch(np.arange(1), names)
    fixed = of_fixed_shapes(model.network, [inputs[name] for name in names])
    return replace(model, network=fixed)


def _check_model(model: ComparedModel, dataset: Dataset) -> None:
    """Raise ``InputError`` unless a model fits the inputs and labels of the data."""
    problem, classes = dataset.problem, dataset.classes
    if (model.card.problem, model.card.classes) != (problem, classes):
        raise InputError(
            f"{model.name} predicts {_kind(model.card.problem, model.card.classes)}, but the data "
            f"set holds {_kind(problem, classes)}"
        )
    if model.card.is_foreign:
        try:
            input_names(model.network, dataset)
        except InputError as error:
            raise InputError(f"{model.name}: {error}") from error
        return
    for tensor in model.network.inputs:
        name, shape = tensor.name, tuple(tensor.shape[1:])
        have = dataset.shapes.get(name)
        if name == DNA and have is not None and have != shape:
            raise InputError(
                f"{model.name} reads sequences of {shape[0]} bases, but the data set's have "
                f"{have[0]}; compare models of one length"
            )
        if have != shape:
            raise InputError(
                f"{model.name} reads an input {name} of shape {shape}, but the data set has "
                f"{'none' if have is None else have}"
            )


def _kind(problem: str, classes: Sequence[str]) -> str:
    return f"{problem} labels" + (f" ({', '.join(classes)})" if classes else "")


def common_tasks(tasks: dict[str, Sequence[str]], dataset: Dataset) -> tuple[str, ...]:
    """Return the tasks that all models and the data set have, in the first model's order.

    Parameters
    ----------
    tasks
        By the model's name.

    Raises
    ------
    InputError
        There is none.
    """
    sets = list(tasks.values())
    common = [task for task in sets[0] if all(task in other for other in sets)]
    if not common:
        have = "; ".join(f"{name} has {_some(names)}" for name, names in tasks.items())
        raise InputError(f"the models have no task in common: {have}")
    known = tuple(task for task in common if task in dataset.tasks)
    if not known:
        raise InputError(
            f"the data set has no task that all models have: it has {_some(dataset.tasks)}; "
            f"they have {_some(common)}"
        )
    return known


def _report(report: Callable[[int, int], None], before: int, total: int, done: int, _: int) -> None:
    report(before + done, total)


def _baseline(name: str, names: list[str], replicates: tuple[Replicates, ...]) -> int:
    if not name:
        return 0
    by_name = {group.name: group.members[0] for group in replicates}
    if name not in names and name not in by_name:
        raise unknown("baseline", name, names)
    return names.index(name) if name in names else by_name[name]


def _left_out(names: list[str], cards: list[RunCard], tasks: tuple[str, ...]) -> list[str]:
    notes = []
    for name, card in zip(names, cards, strict=True):
        rest = [task for task in card.tasks if task not in tasks]
        if rest:
            notes.append(
                f"{name}: {len(rest)} of its {len(card.tasks)} tasks are left out, as not all "
                f"models and the data have them ({_some(rest)})."
            )
    return notes


def _other_data(names: list[str], cards: list[RunCard], dataset: Dataset) -> list[str]:
    known: dict[tuple[str, ...], Dataset] = {}
    notes = []
    for name, card in zip(names, cards, strict=True):
        own = tuple(card.tasks)
        if own not in known:
            fits = all(task in dataset.tasks for task in own)
            known[own] = dataset.select_tasks(own) if fits else dataset
        if card.is_foreign:
            notes.append(f"{name} does not say on which data it was trained; perhaps on these.")
        elif not any(data.was_trained_on(card.fingerprint) for data in (dataset, known[own])):
            notes.append(
                f"{name} was trained on other data ({card.fingerprint or 'unknown'}) than this "
                f"({dataset.fingerprint}); rows here may have been among its training rows."
            )
    return notes


def _some(names: Sequence[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
