"""Run: a compiled model, its batches and its callbacks."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from chromkeras.backend.devices import shards_rows
from chromkeras.backend.hosts import is_first
from chromkeras.backend.operations import compile_model
from chromkeras.backend.precision import precision
from chromkeras.data.batches import Batches
from chromkeras.data.dataset import Dataset
from chromkeras.data.sharded import sharded
from chromkeras.data.turns import TaskTurns
from chromkeras.layers.task_weights import TaskWeights
from chromkeras.losses.registry import of_loss
from chromkeras.losses.task_loss import TaskLoss, make_loss
from chromkeras.model_file.beside import checkpoint_path, running_history_path
from chromkeras.monitoring.gradient_watch import WatchGradients, watch_gradients
from chromkeras.names import unknown
from chromkeras.optimizers.optimizers import make_optimizer
from chromkeras.problems.registry import find_problem
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import Plan
from chromkeras.sharing.shared_rows import with_shared_rows
from chromkeras.training.best_weights import BestWeights
from chromkeras.training.checkpoint import (
    SaveCheckpoint,
    load_checkpoint,
    restore,
)
from chromkeras.training.divergence import DivergedError, StopOnDivergence
from chromkeras.training.epochs import StartEpoch
from chromkeras.training.history import History
from chromkeras.training.motif_start import start_from_motifs
from chromkeras.training.output_bias import start_at_means
from chromkeras.training.penalty import FollowPenalty
from chromkeras.training.progress import ShowProgress
from chromkeras.training.regularization import regularize
from chromkeras.training.run_log import log_callback
from chromkeras.training.start import start
from chromkeras.training.stop_when import StopWhen
from chromkeras.training.task_loss_metric import TaskLosses
from chromkeras.training.task_weighting import WeighTasks
from chromkeras.training.validation import ValidationScores


@dataclass
class Run:
    """A model ready to be fitted, and the callbacks that watch it.

    ``trained`` is what is fitted: ``model`` itself, or one of the same layers that computes what
    rows of a batch share only once.
    """

    model: keras.Model
    trained: keras.Model
    batches: TaskTurns
    epochs: int
    first_epoch: int
    best: BestWeights
    history: History
    watching: WatchGradients | None
    progress: ShowProgress
    callbacks: list[Any]

    def fit(self) -> DivergedError | None:
        """Train to the end; return the error where the loss stopped being a number."""
        if self.first_epoch and self.best.finished(self.first_epoch - 1):
            return None
        try:
            self.trained.fit(
                sharded(self.batches),
                epochs=self.epochs,
                initial_epoch=self.first_epoch,
                shuffle=False,
                callbacks=self.callbacks,
                verbose=0,
            )
        except DivergedError as error:
            of = self.best.validation.broken() if self.best.weights else ""
            return DivergedError(str(error).replace("the loss ", f"the loss{of} ", 1))
        finally:
            self.progress.stop()
        return None


def prepare(
    dataset: Dataset,
    plan: Plan,
    out: Path,
    *,
    resume: bool,
    watch: bool = False,
    log: str | None = None,
    stop_when: Callable[[int, float], bool] | None = None,
    verbose: bool = True,
) -> Run:
    """Build and compile the model and its callbacks, taking up a saved state when asked.

    Initial weights and dropout follow the global random numbers, so this and ``fit`` belong in
    ``seeded``.

    Parameters
    ----------
    dataset, plan
        Data set to train on, and plan of the model.
    out
        Model file that the run will write.
    resume
        Whether to go on from the state beside ``out``.
    watch
        Whether to measure the tasks' gradients meanwhile.
    log, stop_when, verbose
        As for ``train``.

    Raises
    ------
    InputError
        As ``train`` does.
    """
    recipe = plan.recipe
    problem, valid = find_problem(plan.problem), dataset.rows("valid")
    problem.check_training(dataset)
    problem.check_validation(dataset, valid)
    state_path, fingerprint = checkpoint_path(out), dataset.fingerprint
    state = load_checkpoint(state_path, recipe, fingerprint) if resume else None
    first_epoch = state.epochs if state else 0

    batches = _batches(dataset, plan, first_epoch)
    loss = make_loss(recipe.training.loss, dataset)
    model = _started(dataset, plan, resumed=resume)
    trained = with_shared_rows(model, batches.batches.shared) if batches.batches.shared else model
    # Batches that share rows differ in shape, each of which XLA would compile anew.
    xla = None if trained is model else False
    _compile(trained, dataset, recipe, loss, len(batches), xla=xla)
    validation = ValidationScores(dataset, valid, loss, problem)
    per_task = not plan.sharing.has_shared
    balance = recipe.balance
    grace = balance.warm_epochs if balance.technique == "warm_start" else 0
    best = BestWeights(
        validation, patience=recipe.training.patience, per_task=per_task, grace=grace
    )
    writes = is_first()
    kept = state.history if state else []
    history = History(running_history_path(out) if writes else None, kept)
    if state:
        restore(trained, state, best)
    epochs = recipe.training.epochs
    progress = ShowProgress(epochs, len(batches), problem, first_epoch)
    weigh = [WeighTasks(layer, dataset.tasks) for layer in _weight_layers(model)]
    watching = None
    if watch:
        size = {"steps": len(batches), "first_epoch": first_epoch}
        watching = watch_gradients(model, dataset, plan, loss, out, **size)
    callbacks = [
        StartEpoch(batches.batches),
        *([watching] if watching else []),
        StopOnDivergence(),
        validation,
        FollowPenalty(recipe.sharing.schedule, epochs),
        *weigh,
        best,
        history,
        *([SaveCheckpoint(state_path, recipe, fingerprint, best, history)] if writes else []),
        *([log_callback(log, out, recipe, resume=resume)] if log and writes else []),
        *([StopWhen(stop_when, best)] if stop_when else []),
        *([progress] if verbose and writes else []),
    ]
    return Run(
        model, trained, batches, epochs, first_epoch, best, history, watching, progress, callbacks
    )


def _batches(dataset: Dataset, plan: Plan, epoch: int) -> TaskTurns:
    recipe = plan.recipe
    together, whole = recipe.data.together, not shards_rows()
    batches = Batches(
        dataset,
        dataset.labelled(dataset.rows("train")),
        inputs=tuple(plan.inputs),
        batch_size=recipe.training.batch_size,
        seed=recipe.training.seed,
        reverse_complement=recipe.data.reverse_complement,
        shift=recipe.data.shift,
        background=recipe.data.background,
        together=together,
        shared=dataset.shared_inputs(plan.inputs) if together > 1 and whole else (),
        epoch=epoch,
    )
    warm, balance = recipe.balance.warm_task or dataset.tasks[0], recipe.balance
    if warm not in dataset.tasks:
        raise unknown("balance.warm_task", warm, dataset.tasks)
    return TaskTurns(
        batches, balance.technique, task=dataset.tasks.index(warm), epochs=balance.warm_epochs
    )


def _started(dataset: Dataset, plan: Plan, *, resumed: bool) -> keras.Model:
    recipe = plan.recipe
    with precision(recipe.training.precision):
        model = build_model(plan)
    if plan.problem == "regression" and not resumed:
        start_at_means(model, dataset, of_loss(recipe.training.loss, "LINK"))
    if recipe.architecture.motifs and not recipe.transfer.init and not resumed:
        start_from_motifs(model, recipe.architecture.motifs)
    start(model, recipe, dataset, resumed=resumed)
    regularize(model, recipe.training)
    return model


def _compile(
    model: keras.Model,
    dataset: Dataset,
    recipe: Recipe,
    loss: TaskLoss,
    steps: int,
    *,
    xla: bool | None,
) -> None:
    optimizer = make_optimizer(recipe.training, steps)
    metrics = []
    for layer in _weight_layers(model):
        optimizer.exclude_from_weight_decay(layer.trainable_variables)
        loss = loss.weighted_by(layer)
        metrics.append(TaskLosses(dataset.tasks, loss))
    compile_model(model, optimizer, loss, metrics=metrics, xla=xla)


def _weight_layers(model: keras.Model) -> list[TaskWeights]:
    """Return the layer that weighs the tasks' losses, if the model has one."""
    return [layer for layer in model.layers if isinstance(layer, TaskWeights)]
