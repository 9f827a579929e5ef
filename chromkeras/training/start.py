"""Initial weights of a run, and its frozen layers."""

import logging

import keras

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.model_file.open_model import open_model
from chromkeras.names import printable
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.freezing import freeze_layers, frozen_layers
from chromkeras.sharing.transfer import Transfer, names, transfer_weights
from chromkeras.training.init_model import check_init

_log = logging.getLogger(__name__)


def start(model: keras.Model, recipe: Recipe, dataset: Dataset, *, resumed: bool) -> None:
    """Copy the weights of ``transfer.init`` or ``modules``, and freeze ``transfer.freeze`` layers.

    Parameters
    ----------
    model
        Model built by ``recipe`` for ``dataset``, not yet compiled.
    recipe, dataset
        Recipe and data set of the run.
    resumed
        Whether a saved state will replace all weights; the model to start from is then not read.

    Raises
    ------
    InputError
        The model to start from does not fit, or a layer to freeze has weights that were never
        trained, as that model has none for it.
    """
    frozen = frozen_layers(recipe)
    if not resumed:
        check_init(recipe)
    if recipe.transfer.modules and not resumed:
        copied = _start_modules(model, recipe, dataset, frozen)
        if random := [name for name in frozen if name not in copied]:
            raise InputError(
                f"transfer.freeze: layer {random[0]} would stay random, as no model of "
                "transfer.modules has it; freeze fewer layers or name a model of its module"
            )
    if recipe.transfer.init and not resumed:
        transfer = _transfer(model, recipe, dataset)
        _check_trained(transfer, frozen)
        _log.info("started from %s: %s", recipe.transfer.init, printable(str(transfer)))
    freeze_layers(model, frozen)


def _start_modules(
    model: keras.Model, recipe: Recipe, dataset: Dataset, frozen: tuple[str, ...]
) -> set[str]:
    """Copy each module's weights from a model that has it, and return the names of its layers."""
    copied: set[str] = set()
    for path in recipe.transfer.modules:
        source, task = open_model(path), recipe.transfer.task
        found = transfer_weights(
            source.network, source.tasks, model, dataset.tasks, task=task, modules=True
        )
        _check_trained(found, frozen)
        _log.info("started %s from %s", ", ".join(found.layers), path)
        copied |= set(found.layers)
    return copied


def _transfer(model: keras.Model, recipe: Recipe, dataset: Dataset) -> Transfer:
    source = open_model(recipe.transfer.init)
    return transfer_weights(
        source.network, source.tasks, model, dataset.tasks, task=recipe.transfer.task
    )


def _check_trained(transfer: Transfer, frozen: tuple[str, ...]) -> None:
    for name in frozen:
        if name in transfer.fresh:
            raise InputError(
                f"transfer.freeze: layer {name} would stay random for task "
                f"{names(transfer.fresh[name])}, which the model to start from does not know; "
                "freeze fewer layers or give transfer.task"
            )
