"""Layers of a built model by its layer table, and the tasks that read their weights."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from chromkeras.layers.run_card import RunCard
from chromkeras.layers.task_layer import TaskLayer
from chromkeras.recipe.reading import recipe_from_dict
from chromkeras.sharing.layer_table import LayerEntry, LayerTable
from chromkeras.sharing.plan import Plan, resolve_plan


@dataclass(frozen=True)
class LayerRows:
    """Layer with weights, and the tasks that read each row of them.

    Attributes
    ----------
    layer
        Keras layer.
    readers
        Names of the tasks of each row.
    entry
        Entry of the layer in the layer table.
    """

    layer: Any
    readers: tuple[tuple[str, ...], ...]
    entry: LayerEntry

    @property
    def stacked(self) -> bool:
        """Whether the layer may have several rows, on an axis or side by side."""
        return isinstance(self.layer, TaskLayer)

    @property
    def weights(self) -> dict[str, Any]:
        """The layer's variables by name."""
        return named_weights(self.layer)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight of one task."""
        return {name: self._one(tuple(v.shape)) for name, v in self.weights.items()}

    def _one(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if not self.stacked:
            return shape
        # Batch normalisation has its tasks side by side on the one axis.
        return shape[1:] if len(shape) > 1 else (shape[0] // len(self.readers),)

    def row_of(self, task: str) -> int | None:
        """Return the row a task reads; None where the layer has none for it."""
        if not self.stacked:
            return 0
        return next((row for row, some in enumerate(self.readers) if task in some), None)

    def rows_of(self, tasks: Sequence[str]) -> tuple[int, ...]:
        """Return the row that each of the model's tasks reads, shape (T,)."""
        return tuple(self.row_of(task) or 0 for task in tasks)

    def readers_of(self, row: int | None, taken: list[int | None]) -> tuple[str, ...]:
        """Return the tasks whose rows take ``row``."""
        pairs = zip(self.readers, taken, strict=True)
        return tuple(task for some, one in pairs if one == row for task in some)


def named_weights(layer: Any) -> dict[str, Any]:
    """Return a layer's variables by name, a name's second one as ``NAME_2``.

    The layers of both directions in a bidirectional one have the same names.
    """
    used, found = Counter[str](), {}
    for variable in layer.weights:
        used[variable.name] += 1
        count = used[variable.name]
        found[variable.name if count == 1 else f"{variable.name}_{count}"] = variable
    return found


def run_card(model: keras.Model) -> RunCard:
    """Return the layer of a chromkeras model that carries its run card."""
    return next(layer for layer in model.layers if isinstance(layer, RunCard))


def layer_table(model: keras.Model) -> LayerTable:
    """Return the layer table of a chromkeras model.

    A model of an earlier version has none; it follows from its recipe.

    Raises
    ------
    InputError
        The table or the recipe that the model carries is not readable, or it is a baseline.
    """
    card = run_card(model)
    if card.layers:
        return LayerTable.from_config(card.layers, card.tasks)
    return model_plan(model).layers


def model_plan(model: keras.Model) -> Plan:
    """Return the plan that a chromkeras model was built by, from its run card.

    Raises
    ------
    InputError
        The recipe that the model carries is not readable.
    """
    card = run_card(model)
    inputs = {tensor.name: tuple(tensor.shape[1:]) for tensor in model.inputs}
    recipe = recipe_from_dict(card.recipe)
    return resolve_plan(recipe, card.tasks, inputs, problem=card.problem, classes=card.classes)


def layer_rows(model: keras.Model) -> dict[str, LayerRows]:
    """Return the layers with weights of a chromkeras model, by name, in the order of its table."""
    table = layer_table(model)
    return {
        entry.name: LayerRows(model.get_layer(entry.name), table.readers(entry.mode), entry)
        for entry in table.weighted
    }
