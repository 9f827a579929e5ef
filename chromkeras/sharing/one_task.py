"""Network of one task, cut out of a model of many."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
from keras import ops

from chromkeras.backend.precision import precision
from chromkeras.recipe.recipe import BalanceRecipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.model_layers import LayerRows, layer_rows, named_weights
from chromkeras.sharing.plan import Plan, resolve_plan


@dataclass(frozen=True)
class WatchedLayer:
    """Layer with trained weights.

    Attributes
    ----------
    name
        Name of the layer.
    sharing
        Sharing mode, "shared", "grouped", "soft" or "own".
    readers
        Index of the set of weights that each task reads, shape (T,).
    places
        Indices of its trained weights among ``TaskNetworks.variables``.
    role
        Role of the layer in the layer table.
    """

    name: str
    sharing: str
    readers: tuple[int, ...]
    places: tuple[int, ...]
    role: str = ""


@dataclass(frozen=True)
class TaskNetworks:
    """Model of many tasks seen as one small network whose weights are exchanged.

    Attributes
    ----------
    network
        Model from inputs to one logit, shape (batch, 1).
    variables
        Variables of the network.
    layers
        Layers with trained weights, in the order of the network.
    tasks
        Number of tasks T.
    rows
        Layers of the large model that hold the values of ``variables``, and the name of each
        variable there.
    """

    network: keras.Model
    variables: tuple[Any, ...]
    layers: tuple[WatchedLayer, ...]
    tasks: tuple[str, ...]
    rows: tuple[tuple[LayerRows, str], ...]

    def of(self, model: keras.Model) -> "TaskNetworks":
        """Return the same small network for another model of the same plan."""
        held = layer_rows(model)
        return replace(self, rows=tuple((held[rows.layer.name], name) for rows, name in self.rows))

    def take(self, task: str) -> None:
        """Give the network the weights that a task reads in the model of many."""
        for variable, value in zip(self.variables, self.values(task), strict=True):
            variable.assign(value)

    def values(self, task: str) -> list[Any]:
        """Return a task's values of all variables, as they are now: slices where it has its own."""
        return [
            _row(rows, name, task, variable.shape)
            for (rows, name), variable in zip(self.rows, self.variables, strict=True)
        ]


def task_networks(model: keras.Model, plan: Plan) -> TaskNetworks:
    """Return the networks of the tasks of a model.

    A single network is built, of the size of one task's, whatever T is.

    Parameters
    ----------
    model
        Model built by ``plan``.
    plan
        Plan with the recipe, tasks and inputs.
    """
    with precision(plan.recipe.training.precision):
        network = build_model(_of_one(plan))
    variables: list[Any] = []
    rows: list[tuple[LayerRows, str]] = []
    layers: list[WatchedLayer] = []
    for name, held in layer_rows(model).items():
        layer = network.get_layer(name)
        layer.trainable = held.layer.trainable
        trained = {id(variable) for variable in layer.trainable_variables}
        places = []
        for weight, variable in named_weights(layer).items():
            if id(variable) in trained:
                places.append(len(variables))
            variables.append(variable)
            rows.append((held, weight))
        if places:
            readers, entry = held.rows_of(plan.tasks), held.entry
            layers.append(WatchedLayer(name, entry.mode, readers, tuple(places), entry.role))
    return TaskNetworks(network, tuple(variables), tuple(layers), plan.tasks, tuple(rows))


def _of_one(plan: Plan) -> Plan:
    """Return the plan of a network with a single task and without the terms that tie tasks."""
    recipe = plan.recipe
    groups = "task" if recipe.sharing.groups.strip() else ""
    sharing = replace(recipe.sharing, groups=groups, strength=0.0)
    alone = replace(recipe, balance=BalanceRecipe(), sharing=sharing)
    return resolve_plan(alone, ("task",), plan.inputs, problem=plan.problem, classes=plan.classes)


def _row(held: LayerRows, name: str, task: str, shape: Sequence[int]) -> Any:
    value = ops.convert_to_tensor(held.weights[name])
    if not held.stacked:
        return value
    rows = ops.reshape(value, (len(held.readers), -1))
    return ops.reshape(rows[held.row_of(task) or 0], shape)
