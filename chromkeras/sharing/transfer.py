"""Weights of a trained model put into a new one, whatever each of them shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from chromkeras.errors import InputError
from chromkeras.layers.task_axis import SpreadChannels, SpreadFeatures
from chromkeras.layers.task_layer import TaskLayer
from chromkeras.names import unknown

COLUMN = (
    TaskLayer,
    keras.layers.Conv1D,
    keras.layers.BatchNormalization,
    keras.layers.Dense,
)
LISTED = 8


@dataclass(frozen=True)
class Transfer:
    """What a transfer did.

    Attributes
    ----------
    layers
        The layers with weights, in the order of the column.
    kept, new, left
        Tasks of both models, of the new one only and of the old one only.
    task
        The one task all weights came from; "" when each task took its own.
    fresh
        By layer, the tasks whose weights there are still the new model's own.
    """

    layers: tuple[str, ...]
    kept: tuple[str, ...]
    new: tuple[str, ...]
    left: tuple[str, ...]
    task: str
    fresh: dict[str, tuple[str, ...]]

    def __str__(self) -> str:
        """Return one line for a person."""
        if self.task:
            return f"every task starts from {self.task}"
        listed = {"tasks kept": self.kept, "tasks new": self.new, "tasks left out": self.left}
        parts = [f"{what}: {names(tasks)}" for what, tasks in listed.items() if tasks]
        if self.fresh:
            parts.append(f"new tasks start afresh in {', '.join(self.fresh)}")
        return "; ".join(parts)


def names(tasks: Sequence[str]) -> str:
    """Return task names as text, the first few of many."""
    more = f", … ({len(tasks)} in all)" if len(tasks) > LISTED else ""
    return ", ".join(tasks[:LISTED]) + more


def transfer_weights(
    source: keras.Model,
    source_tasks: Sequence[str],
    target: keras.Model,
    tasks: Sequence[str],
    *,
    task: str = "",
) -> Transfer:
    """Copy the weights of a trained model, layer by layer, into a new one of the same column.

    Every layer holds rows of weights: one that all tasks read where it is shared, one for each
    task, or group of tasks, where it is stacked. Each row of the target takes the row of the
    source that its tasks read there; batch normalisation's moving statistics go along. A task
    that the source does not know takes what the source shares, and elsewhere keeps its fresh
    weights. Sharing a layer of which the source holds a single task's row takes that row.

    Parameters
    ----------
    source, source_tasks
        The trained model and its task names.
    target, tasks
        The model to change, and its task names.
    task
        Start every task from this one of the source; "" takes each task's own.

    Returns
    -------
    Transfer
        What was copied and what was not.

    Raises
    ------
    InputError
        The columns differ, ``task`` is unknown, tasks share a row in the target but not in the
        source, or there is nothing to copy. The target is then as it was.
    """
    if task and task not in source_tasks:
        raise unknown("task of the model to start from:", task, source_tasks)
    old, new = column_rows(source, source_tasks), column_rows(target, tasks)
    _check_columns(old, new, (source.input_shape[1], target.input_shape[1]))
    choices = {name: _rows_to_take(layer, old[name], task) for name, layer in new.items()}
    if all(row is None for rows in choices.values() for row in rows):
        raise InputError(
            "nothing can be copied: the model to start from shares no layer and knows none of the "
            f"tasks {names(tasks)}; start every task from one of its own by --init-task "
            f"(transfer.task): {names(source_tasks)}"
        )
    for name, rows in choices.items():
        _copy(old[name], new[name], rows)
    fresh = {name: new[name].readers_of(None, rows) for name, rows in choices.items()}
    return Transfer(
        layers=tuple(new),
        kept=tuple(t for t in tasks if t in source_tasks),
        new=tuple(t for t in tasks if t not in source_tasks),
        left=tuple(t for t in source_tasks if t not in tasks),
        task=task,
        fresh={name: missing for name, missing in fresh.items() if missing},
    )


@dataclass(frozen=True)
class LayerRows:
    """A layer with weights, and the tasks that read each row of them.

    Attributes
    ----------
    layer
        The layer.
    readers
        Of each row, the names of its tasks.
    """

    layer: Any
    readers: tuple[tuple[str, ...], ...]

    @property
    def stacked(self) -> bool:
        """Whether the layer may have several rows, on an axis or side by side."""
        return isinstance(self.layer, TaskLayer)

    @property
    def weights(self) -> dict[str, Any]:
        """The layer's variables by name."""
        return {variable.name: variable for variable in self.layer.weights}

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

    def readers_of(self, row: int | None, taken: list[int | None]) -> tuple[str, ...]:
        """Return the tasks whose rows take ``row``."""
        pairs = zip(self.readers, taken, strict=True)
        return tuple(task for some, one in pairs if one == row for task in some)


def column_rows(model: keras.Model, tasks: Sequence[str]) -> dict[str, LayerRows]:
    """Return the layers of the column, by name, in its order; losses may hold weights too.

    Parameters
    ----------
    model, tasks
        A model of ours and its task names.
    """
    spread = (SpreadChannels, SpreadFeatures)
    places = [place for place, layer in enumerate(model.layers) if isinstance(layer, spread)]
    parting = places[0] if places else 0
    by_task = tuple((task,) for task in tasks)
    by_group = _members(model.layers[parting].groups, tasks) if places else ()
    rows = {}
    for place, layer in enumerate(model.layers):
        if isinstance(layer, TaskLayer):
            rows[place] = by_group if place < parting else by_task
        elif isinstance(layer, COLUMN):
            rows[place] = (tuple(tasks),)
    readers = {model.layers[place].name: names for place, names in rows.items()}
    # A summary belongs to the networks of its block, wherever it stands among the layers.
    readers |= {n: readers[n.replace("summary", "norm")] for n in readers if "summary_" in n}
    return {name: LayerRows(model.get_layer(name), some) for name, some in readers.items()}


def _members(groups: Sequence[int], tasks: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    pairs = list(zip(groups, tasks, strict=True))
    return tuple(tuple(t for g, t in pairs if g == group) for group in range(max(groups) + 1))


def _rows_to_take(new: LayerRows, old: LayerRows, task: str) -> list[int | None]:
    """Return, for each row of the new layer, the old layer's row to take; None for none."""
    if len(old.readers) == 1 and not new.stacked:
        return [0]
    wanted = [{old.row_of(task or reader) for reader in readers} for readers in new.readers]
    for readers, rows in zip(new.readers, wanted, strict=True):
        if len(rows) > 1 or (not new.stacked and None in rows):
            every = names([name for some in old.readers for name in some])
            raise InputError(
                f"layer {new.layer.name}: tasks {names(readers)} share it here, but not in the "
                f"model to start from; say whose to take by --init-task (transfer.task): {every}"
            )
    return [rows.pop() for rows in wanted]


def _copy(old: LayerRows, new: LayerRows, rows: list[int | None]) -> None:
    given, known = old.weights, [row is not None for row in rows]
    for name, variable in new.weights.items():
        source = _value(given[name]).reshape(len(old.readers), -1)
        values = _value(variable).reshape(len(rows), -1).copy()
        values[known] = source[[row for row in rows if row is not None]]
        variable.assign(values.reshape(variable.shape))


def _value(variable: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(variable)


def _check_columns(
    old: dict[str, LayerRows], new: dict[str, LayerRows], lengths: tuple[int, int]
) -> None:
    """Raise ``InputError`` unless one task's weights have equal shapes in both models."""
    if set(old) != set(new):
        raise InputError(
            f"expected a model to start from with layers {', '.join(new)}; received "
            f"{', '.join(old)}"
        )
    for name in new:
        expected, received = new[name].shapes, old[name].shapes
        if expected != received:
            what = (
                ""
                if lengths[0] == lengths[1]
                else (f", which reads {lengths[0]} bases, not {lengths[1]}")
            )
            raise InputError(
                f"layer {name}: expected {_text(expected)}, received {_text(received)} from the "
                f"model to start from{what}"
            )


def _text(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())
