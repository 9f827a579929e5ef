"""Train a model by a recipe: a data set in, a .keras file out."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.backend.devices import distribution
from chromkeras.backend.seeds import seeded
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.losses.registry import trained_loss
from chromkeras.model_file.beside import check_model_path, checkpoint_path
from chromkeras.model_file.card import TRAINING_SHARE
from chromkeras.model_file.save_model import save_model
from chromkeras.problems.problem import Problem
from chromkeras.problems.registry import find_problem
from chromkeras.recipe.recipe import Recipe
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.plan import Plan, resolve_plan
from chromkeras.sharing.shared_rows import weights_of
from chromkeras.statistics.means import mean_defined
from chromkeras.training.groups import resolve_groups
from chromkeras.training.run import Run, prepare
from chromkeras.training.run_log import check_log


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
        Model file to write, ending in ``.keras``. Its history stands beside it, and until
        the end the state to resume from.
    resume
        Whether to go on from that state.
    devices, shard
        Number of devices to train on, and what is divided among them; see ``devices.distribution``.
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
        last good weights are saved).
    """
    out = check_model_path(out)
    if watch_gradients and devices > 1:
        raise InputError(f"`watch_gradients`: expected one device, received {devices}")
    if log is not None:
        check_log(log)
    problem = find_problem(dataset.problem)
    loss = trained_loss(recipe.training.loss, dataset.problem)
    recipe = recipe.with_values("training", loss=loss)
    recipe = resolve_groups(recipe, dataset)
    plan = resolve_plan(
        recipe, dataset.tasks, dataset.shapes, problem=dataset.problem, classes=dataset.classes
    )
    _check_along_dna(dataset, plan)
    with seeded(recipe.training.seed):
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
        scores = _scores(dataset, run, problem)
        weights = weights_of(run.model, run.trained, run.best.weights)
        save_model(out, plan, weights, fingerprint=dataset.fingerprint, scores=scores)
    checkpoint_path(out).unlink(missing_ok=True)
    if broken is not None:
        raise InputError(
            f"{broken}; training stopped and {out} holds the best weights before it; "
            "lower training.learning_rate"
        ) from broken
    return TrainingResult(out, run.history.path, scores, run.history.rows, problem)


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
