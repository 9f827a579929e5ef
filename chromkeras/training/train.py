"""Train a model by a recipe: a data set in, a .keras file out."""

import json
import logging
import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.backend.devices import distribution
from chromkeras.backend.hosts import check_alike, is_first, join_hosts, process_count
from chromkeras.backend.seeds import seeded
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.files import locked
from chromkeras.losses.registry import trained_loss
from chromkeras.model_file.beside import (
    check_model_path,
    checkpoint_path,
    history_path,
    new_model,
)
from chromkeras.model_file.card import TRAINING_SHARE, read_card
from chromkeras.model_file.save_model import save_model
from chromkeras.monitoring.gradient_log import save_gradient_log
from chromkeras.problems.problem import Problem
from chromkeras.problems.registry import find_problem
from chromkeras.recipe.recipe import Recipe
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.plan import Plan, resolve_plan
from chromkeras.sharing.shared_rows import weights_of
from chromkeras.statistics.means import mean_defined
from chromkeras.training.checkpoint import check_same_run
from chromkeras.training.groups import resolve_groups
from chromkeras.training.history_plot import read_history
from chromkeras.training.run import Run, prepare
from chromkeras.training.run_log import check_log

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingResult:
    """Result of a run.

    Attributes
    ----------
    model, history
        Paths of the .keras file and the CSV of its epochs.
    scores
        Validation score at the best epoch, by task and mean, and numbers of the best epochs.
    rows
        Rows of the history, one dictionary an epoch.
    problem
        Kind of the labels.
    """

    model: Path
    history: Path
    scores: dict[str, Any]
    rows: list[dict[str, Any]]
    problem: Problem

    def to_json(self) -> dict[str, Any]:
        """Return the paths, the problem's name, scores by task, and the number of epochs."""
        return {
            "model": self.model,
            "history": self.history,
            "problem": self.problem.name,
            "epochs": len(self.rows),
            "scores": self.scores,
        }


def train(
    dataset: Dataset,
    recipe: Recipe,
    out: str | os.PathLike[str],
    *,
    resume: bool = False,
    devices: int = 1,
    shard: str = "data",
    hosts: str | None = None,
    watch_gradients: bool = False,
    log: str | None = None,
    stop_when: Callable[[int, float], bool] | None = None,
    verbose: bool = True,
) -> TrainingResult:
    """Train by ``model.fit`` on the training split and keep the best epoch by validation.

    All random choices follow ``training.seed``; the caller's random numbers go on as if none had
    been drawn.

    Parameters
    ----------
    dataset
        Data set with a training and a validation split; the test split is never touched.
    recipe
        Recipe of the run.
    out
        Model file to write, ending in ``.keras``. Its history takes its place beside it at the
        same time; until then the state to resume from stands there, with the history so far.
    resume
        Whether to go on from that state. Of a run that has ended, the result is read.
    devices, shard
        Number of devices to train on, and what is divided among them; see ``devices.distribution``.
    hosts
        Processes on several hosts that train together, on JAX: "HOST:PORT,K/N", the address of the
        first, and which of N this is; or "auto" for what the scheduler says. Each is given the same
        arguments and takes its share of the rows of every batch on ``devices`` of its own; the
        first alone writes files.
    watch_gradients
        Whether to measure each task's gradient at each layer about a dozen times, and keep them
        in ``gradient_log_path(out)``; on one device.
    log
        Where losses and scores of every epoch go too: "tensorboard" (``tensorboard_path(out)``) or
        "wandb"; each needs the extra of its name.
    stop_when
        Called after each epoch with its number, from 1, and the best mean validation score so far;
        where it returns True, training ends there as it does when patience is over.
    verbose
        Whether to tell how far training is, and log a line an epoch.

    Raises
    ------
    InputError
        A split is empty, a task has one class only, the model to start from does not fit, the
        state to resume is missing or another run's, or the loss stopped being a number (then the
        last good weights are saved), or another run writes ``out``.
    """
    out = check_model_path(out)
    if watch_gradients and (devices > 1 or hosts):
        raise InputError(f"`watch_gradients`: expected one device, received {hosts or devices}")
    if stop_when is not None and hosts:
        raise InputError("`stop_when`: expected one host, as all must stop at the same epoch")
    if log is not None:
        check_log(log)
    if hosts is not None:
        join_hosts(hosts)
    plan = _plan(dataset, recipe)
    with locked(out) if is_first() else nullcontext():
        _check_alike(dataset, plan.recipe, out, resume=resume)
        if resume and out.exists() and not checkpoint_path(out).exists():
            return _ended(out, dataset, plan)
        with seeded(plan.recipe.training.seed):
            with distribution(devices, shard, tasks=len(dataset.tasks)):
                run = prepare(
                    dataset,
                    plan,
                    out,
                    resume=resume,
                    watch=watch_gradients,
                    log=log,
                    stop_when=stop_when,
                    verbose=verbose,
                )
                broken = run.fit()
            if not run.best.weights:
                raise InputError(
                    f"{broken}, before any epoch was whole; lower training.learning_rate"
                ) from broken
            result = _write(out, dataset, run, plan)
    if broken is not None:
        raise InputError(
            f"{broken}; training stopped and {out} holds the best weights before it; "
            "lower training.learning_rate"
        ) from broken
    return result


def _check_alike(dataset: Dataset, recipe: Recipe, out: Path, *, resume: bool) -> None:
    """Raise ``InputError`` unless all hosts have the same data, recipe and state to resume."""
    if process_count() > 1:
        there = resume and checkpoint_path(out).exists()
        check_alike(json.dumps([dataset.fingerprint, recipe.to_dict(), resume, there]))


def _plan(dataset: Dataset, recipe: Recipe) -> Plan:
    loss = trained_loss(recipe.training.loss, dataset.problem)
    recipe = resolve_groups(recipe.with_values("training", loss=loss), dataset)
    plan = resolve_plan(
        recipe, dataset.tasks, dataset.shapes, problem=dataset.problem, classes=dataset.classes
    )
    _check_along_dna(dataset, plan)
    return plan


def _write(out: Path, dataset: Dataset, run: Run, plan: Plan) -> TrainingResult:
    """Write the model with its history, and what was watched of the gradients, together."""
    problem = find_problem(dataset.problem)
    scores = _scores(dataset, run, problem)
    result = TrainingResult(out, history_path(out), scores, run.history.rows, problem)
    if not is_first():
        return result
    weights = weights_of(run.model, run.trained, run.best.weights)
    with new_model(out, watched=run.watching is not None) as (model, history, log):
        save_model(model, plan, weights, fingerprint=dataset.fingerprint, scores=scores)
        if history is not None:
            run.history.write(history)
        if log is not None and run.watching is not None:
            save_gradient_log(run.watching.log, log)
    return result


def _ended(out: Path, dataset: Dataset, plan: Plan) -> TrainingResult:
    """Return the result of a run that has ended, by its files; ``InputError`` for another run's."""
    card = read_card(out)
    check_same_run(out, vars(card), plan.recipe, dataset.fingerprint)
    _log.info("the run had ended: %s is whole", out)
    history = history_path(out)
    rows = read_history(history)
    return TrainingResult(out, history, card.scores, rows, find_problem(dataset.problem))


def _check_along_dna(dataset: Dataset, plan: Plan) -> None:
    """Raise ``InputError`` unless what runs along the DNA is augmented with it."""
    for name in getattr(ARCHITECTURES.get(plan.recipe.architecture.name), "ALONG_DNA", ()):
        if name in plan.inputs and not dataset.inputs[name].along_dna:
            raise InputError(
                f"input {name} of the data set: expected one that runs along the DNA; prepare it "
                "as such (`along_dna`)"
            )


def _scores(dataset: Dataset, run: Run, problem: Problem) -> dict[str, Any]:
    """Return validation score and best epoch (from 1), by task and mean; and what else is known."""
    score = run.best.task_score
    epochs = np.broadcast_to(run.best.best_epoch + 1, (len(dataset.tasks),))
    key = f"validation_{problem.score}"
    found = {
        key: dict(zip(dataset.tasks, score.tolist(), strict=True)),
        f"{key}_mean": float(mean_defined(score)),
        "best_epoch": dict(zip(dataset.tasks, epochs.tolist(), strict=True)),
        "parameters": run.model.count_params(),
    }
    if problem.logits:
        share = dataset.positive_fraction("train")
        found[TRAINING_SHARE] = dict(zip(dataset.tasks, share.tolist(), strict=True))
    return found
