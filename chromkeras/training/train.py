"""Train a model by a recipe: a data set in, a .keras file out."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from chromkeras.architectures.registry import architecture
from chromkeras.backend import compile_model
from chromkeras.data.batches import Batches
from chromkeras.data.dataset import Dataset
from chromkeras.losses import LOSSES, TaskCrossentropy
from chromkeras.recipe import Recipe
from chromkeras.sharing import sharing_plan
from chromkeras.training.best_weights import BestWeights
from chromkeras.training.checkpoint import (
    SaveCheckpoint,
    checkpoint_path,
    load_checkpoint,
    restore,
)
from chromkeras.training.divergence import DivergedError, StopOnDivergence
from chromkeras.training.history import History
from chromkeras.training.model_file import save_model
from chromkeras.training.optimizers import make_optimizer
from chromkeras.training.progress import ShowProgress
from chromkeras.training.validation import ValidationScores


@dataclass(frozen=True)
class TrainingResult:
    """What a run left behind.

    Attributes
    ----------
    model, history
        Paths of the .keras file and the CSV of its epochs.
    scores
        Validation AUROC at the best epoch, by task and mean, and which epochs were best.
    rows
        The history, one dictionary an epoch.
    """

    model: Path
    history: Path
    scores: dict[str, Any]
    rows: list[dict[str, Any]]


def history_path(out: str | os.PathLike[str]) -> Path:
    """Return the path of the history that belongs to model file ``out``."""
    path = Path(out)
    return path.with_name(f"{path.stem}.history.csv")


def train(
    dataset: Dataset,
    recipe: Recipe,
    out: str | os.PathLike[str],
    *,
    resume: bool = False,
) -> TrainingResult:
    """Train by ``model.fit`` on the training split and keep the best epoch by validation AUROC.

    Parameters
    ----------
    dataset
        With a training and a validation split; the test split is never touched.
    recipe
        What to train and how.
    out
        The model file to write, ending in ``.keras``. Its history stands beside it, and until
        the end the state to resume from.
    resume
        Go on from that state.

    Raises
    ------
    ValueError
        A split is empty, a task has one class only, the state to resume is missing or another
        run's, or the loss stopped being a number (then the last good weights are saved).
    """
    out = _check_out(out)
    run = _prepare(dataset, recipe, out, resume=resume)
    broken = run.fit()
    if not run.best.weights:
        raise ValueError(f"{broken}, before any epoch was whole; lower training.learning_rate")
    scores = _scores(dataset, run.best)
    save_model(
        out,
        recipe=recipe,
        tasks=dataset.tasks,
        length=dataset.dna.length,
        weights=run.best.weights,
        fingerprint=dataset.fingerprint,
        scores=scores,
    )
    checkpoint_path(out).unlink(missing_ok=True)
    if broken is not None:
        raise ValueError(
            f"{broken}; training stopped and {out} holds the best weights before it; "
            "lower training.learning_rate"
        )
    return TrainingResult(out, run.history.path, scores, run.history.rows)


@dataclass
class _Run:
    """A model ready to be fitted, and the callbacks that watch it."""

    model: keras.Model
    batches: Batches
    epochs: int
    first_epoch: int
    best: BestWeights
    history: History
    progress: ShowProgress
    callbacks: list[Any]

    def fit(self) -> DivergedError | None:
        """Train to the end; return the error where the loss stopped being a number."""
        if self.first_epoch and self.best.finished(self.first_epoch - 1):
            return None
        try:
            self.model.fit(
                self.batches,
                epochs=self.epochs,
                initial_epoch=self.first_epoch,
                shuffle=False,
                callbacks=self.callbacks,
                verbose=0,
            )
        except DivergedError as error:
            return error
        finally:
            self.progress.stop()
        return None


def _prepare(dataset: Dataset, recipe: Recipe, out: Path, *, resume: bool) -> _Run:
    """Build and compile the model and its callbacks, taking up a saved state when asked."""
    rho = dataset.positive_fraction("train")
    valid = dataset.rows("valid")
    if len(valid) == 0:
        raise ValueError("the validation split is empty; give `prepare` --valid or fractions")
    labels = dataset.labels[valid]
    if not ((labels == 1).any(axis=0) & (labels == 0).any(axis=0)).any():
        raise ValueError(
            f"no task has both open and closed rows among the {len(valid)} validation rows, so no "
            "epoch can be called best; choose another validation split"
        )
    state_path, fingerprint = checkpoint_path(out), dataset.fingerprint
    state = load_checkpoint(state_path, recipe, fingerprint) if resume else None
    first_epoch = state.epochs if state else 0

    keras.utils.set_random_seed(recipe.training.seed)
    batches = _batches(dataset, recipe, first_epoch)
    loss = LOSSES[recipe.training.loss](rho)
    model = _compiled(dataset, recipe, loss, len(batches))
    validation = ValidationScores(dataset, valid, loss)
    per_task = not sharing_plan(recipe).has_shared
    best = BestWeights(validation, patience=recipe.training.patience, per_task=per_task)
    history = History(history_path(out), state.history if state else [])
    if state:
        restore(model, state)
        best.restore(state.best)
    progress = ShowProgress(recipe.training.epochs, len(batches), first_epoch)
    saver = SaveCheckpoint(state_path, recipe, fingerprint, best, history)
    callbacks = [StopOnDivergence(), validation, best, history, saver, progress]
    epochs = recipe.training.epochs
    return _Run(model, batches, epochs, first_epoch, best, history, progress, callbacks)


def _check_out(out: str | os.PathLike[str]) -> Path:
    path = Path(out)
    if path.suffix != ".keras":
        raise ValueError(f"expected an output file that ends in .keras, received {path}")
    return path


def _batches(dataset: Dataset, recipe: Recipe, epoch: int) -> Batches:
    return Batches(
        dataset,
        dataset.rows("train"),
        batch_size=recipe.training.batch_size,
        seed=recipe.training.seed,
        reverse_complement=recipe.data.reverse_complement,
        shift=recipe.data.shift,
        epoch=epoch,
    )


def _compiled(dataset: Dataset, recipe: Recipe, loss: TaskCrossentropy, steps: int) -> keras.Model:
    build = architecture(recipe.architecture.name)
    model = build(recipe, dataset.tasks, dataset.dna.length)
    compile_model(model, make_optimizer(recipe.training, steps), loss)
    return model


def _scores(dataset: Dataset, best: BestWeights) -> dict[str, Any]:
    """Return validation AUROC and best epoch (from 1), by task and mean."""
    auroc = best.task_auroc
    epochs = np.broadcast_to(best.best_epoch + 1, (len(dataset.tasks),))
    return {
        "validation_auroc": dict(zip(dataset.tasks, auroc.tolist(), strict=True)),
        "validation_auroc_mean": float(np.nanmean(auroc)),
        "best_epoch": dict(zip(dataset.tasks, epochs.tolist(), strict=True)),
    }
