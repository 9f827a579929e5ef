"""Evaluation of a trained model: a model file and a data set in, figures and pictures out."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import Evaluation, check_rows, evaluate, match_tasks
from chromkeras.evaluation.prior import Prior, find_prior
from chromkeras.evaluation.seen_rows import warn_of_seen_rows
from chromkeras.files import filling, locked, write_json
from chromkeras.model_file.card import RunCard
from chromkeras.model_file.foreign import any_card, open_any
from chromkeras.problems.registry import find_problem
from chromkeras.tables import write_tsv

METRICS = "metrics.json"
PATIENCE = 60.0  # seconds that an evaluation waits for another to write


@dataclass(frozen=True)
class EvaluationReport:
    """Result of the evaluation of a model, and the files that hold it.

    Attributes
    ----------
    evaluation
        Figures by stratum.
    dataset, rows
        Data set with the model's tasks, and the rows that were predicted, shape (n,).
    fingerprint
        Fingerprint of the data that the model was trained on.
    metrics
        Path of the JSON file with all figures.
    pictures
        Paths of the PNG files.
    tables
        Paths of the TSV files with the figures at each level of a factor, such as each gene.
    facts
        What that JSON file holds.
    prior
        For which share of positives probabilities are given; None where labels are not 0 and 1.
    """

    evaluation: Evaluation
    dataset: Dataset
    rows: np.ndarray
    fingerprint: str
    metrics: Path
    pictures: tuple[Path, ...]
    tables: tuple[Path, ...]
    facts: dict[str, Any]
    prior: Prior | None

    def to_json(self) -> dict[str, Any]:
        """Return the paths, and what the JSON file holds."""
        files = {"pictures": list(self.pictures), "tables": list(self.tables)}
        return {"metrics": self.metrics, **files, **self.facts}


def evaluate_model(
    model: str | os.PathLike[str],
    dataset: Dataset,
    *,
    tasks: Sequence[str] = (),
    head: str | int | None = None,
    split: str = "test",
    threshold: float | str | None = None,
    both_strands: bool = True,
    calibrated: bool = True,
    prior: float | Mapping[str, float] | None = None,
    out: str | os.PathLike[str] | None = None,
    plots: str | os.PathLike[str] | None = None,
    source: str = "",
) -> EvaluationReport:
    """Evaluate a model on a split: per task, mean over tasks, and by stratum of rows.

    Parameters
    ----------
    model
        Model file, ending in ``.keras``, or the folder of an ensemble. A Keras model of anybody's
        will do: a sigmoid or softmax that ends it is taken off, and without one its outputs are
        taken to be logits.
    dataset
        Data set with the model's tasks, among others perhaps.
    tasks, head
        Of a model without a run card: a name for each of its outputs, in order, by default those in
        MODEL.toml; and the name or position of the output, of several.
    split
        Name of the split: "train", "valid", "test" or "all".
    threshold
        Threshold of binary labels, as for ``evaluate``.
    both_strands
        Whether to average the outputs for a sequence and its reverse complement.
    calibrated, prior
        For which share of positives probabilities are given, as for ``predict``.
    out
        JSON file to write; by default ``metrics_path(model)``.
    plots
        Folder for the pictures; by default that of ``out``.
    source
        Name of the data set for the JSON file.

    Raises
    ------
    InputError
        The file is no model, the data set does not fit it, the split has no rows, or threshold or
        prior is none.
    """
    card = any_card(model, dataset.problem, dataset.classes, tasks)
    if (tasks or head is not None) and not card.is_foreign:
        raise InputError(f"`tasks`, `head`: expected none, as {model} has a run card")
    dataset, given = match_card(card, dataset), dataset
    rows = check_rows(dataset, split)
    _check_threshold(threshold, dataset)
    from chromkeras.backend.quiet import import_keras

    import_keras()  # only now, as it takes seconds and all that is wrong above takes none
    from chromkeras.evaluation.predict import mean_logits

    opened = open_any(model, card, head=head)
    moved = find_prior(opened, given, calibrated=calibrated, prior=prior)
    predict = partial(mean_logits, opened, dataset, both_strands=both_strands)
    wanted = find_problem(dataset.problem).needs_validation(threshold)
    for used in (split, "valid") if wanted and split == "test" else (split,):
        warn_of_seen_rows(opened.card, str(model), given, used)
    outputs = moved.applied(predict(rows))
    valid = moved.applied(predict(dataset.rows("valid"))) if wanted else None
    link = opened.link
    evaluation = evaluate(
        outputs, dataset, rows, link=link, threshold=threshold, valid_outputs=valid
    )
    known = moved if opened.problem.logits else None
    facts = {
        "model": str(model),
        "data": source,
        "split": split,
        "rows": len(rows),
        "both_strands": both_strands,
        "prior": known and known.to_json(opened.tasks),
        "fingerprint": _fingerprints(opened.card.fingerprint, given, dataset),
        **evaluation.to_json(),
    }
    target = metrics_path(model) if out is None else Path(out)
    folder = target.parent if plots is None else Path(plots)
    with _written_alone(target, folder) as (inner, pictured):
        write_json(inner / target.name, facts)
        drawn = evaluation.problem.draw(outputs, dataset, rows, pictured, link=link)
        factors = list(_write_factors(evaluation, inner))
    pictures = tuple(folder / path.name for path in drawn)
    tables = tuple(target.parent / path.name for path in factors)
    trained = opened.card.fingerprint
    return EvaluationReport(
        evaluation, dataset, rows, trained, target, pictures, tables, facts, known
    )


@contextmanager
def _written_alone(target: Path, pictures: Path) -> Iterator[tuple[Path, Path]]:
    """Give folders whose files move to those of the figures and the pictures at the end.

    Evaluations that share a folder wait for each other.
    """
    with ExitStack() as stack:
        folders = dict.fromkeys(Path(os.path.realpath(f)) for f in (target.parent, pictures))
        for folder in sorted(folders):
            stack.enter_context(locked(folder / METRICS, patience=PATIENCE))
        inner = {folder: stack.enter_context(filling(folder)) for folder in folders}
        yield inner[next(iter(folders))], inner[list(folders)[-1]]


def _write_factors(evaluation: Evaluation, folder: Path) -> Iterator[Path]:
    for name, found in evaluation.factors.items():
        path = folder / f"by_{name}.tsv"
        write_tsv(path, found.table(evaluation.tasks))
        yield path


def metrics_path(model: str | os.PathLike[str]) -> Path:
    """Return where the evaluation of a model file is written: MODEL_evaluation/metrics.json."""
    path = Path(model)
    return path.parent / f"{path.stem}_evaluation" / METRICS


def match_card(card: RunCard, dataset: Dataset) -> Dataset:
    """Return the data set with the tasks of a model's run card, in its order.

    Raises
    ------
    InputError
        The data set lacks a task, or its labels are of another kind or other classes.
    """
    problem, classes = card.problem, card.classes
    if problem != dataset.problem:
        raise InputError(
            f"expected a data set with the problem {problem} of the model, "
            f"received {dataset.problem}"
        )
    if classes and classes != dataset.classes:
        raise InputError(
            f"expected the classes of the model, {', '.join(classes)}; "
            f"received {', '.join(dataset.classes)}"
        )
    return match_tasks(dataset, card.tasks)


def _check_threshold(threshold: float | str | None, dataset: Dataset) -> None:
    """Raise ``InputError`` for a threshold that is none, before anything is predicted."""
    problem = find_problem(dataset.problem)
    if problem.needs_validation(threshold):
        check_rows(dataset, "valid")
    else:
        problem.thresholds(threshold, dataset)


def _fingerprints(trained: str, given: Dataset, dataset: Dataset) -> dict[str, Any]:
    return {
        "model": trained,
        "data": given.fingerprint,
        "held_out_of": given.origin.fingerprints if given.origin else None,
        "same": given.was_trained_on(trained) or dataset.was_trained_on(trained),
    }
