"""Transfer of weights from a trained model to a new one, whatever each of them shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from chromkeras.errors import InputError
from chromkeras.names import unknown
from chromkeras.sharing.model_layers import LayerRows, layer_rows

LISTED = 8


@dataclass(frozen=True)
class Transfer:
    """Result of a transfer.

    Attributes
    ----------
    layers
        Names of the layers with weights, in the order of the architecture.
    kept, new, left
        Tasks of both models, of the new one only and of the old one only.
    task
        Name of the one task all weights came from; "" when each task took its own.
    fresh
        Tasks, by layer, whose weights there are still the new model's own.
    """

    layers: tuple[str, ...]
    kept: tuple[str, ...]
    new: tuple[str, ...]
    left: tuple[str, ...]
    task: str
    fresh: dict[str, tuple[str, ...]]

    def __str__(self) -> str:
        """Describe the transfer in one line."""
        if self.task:
            return f"every task starts from {self.task}"
        listed = {"tasks kept": self.kept, "tasks new": self.new, "tasks left out": self.left}
        pieces = [f"{what}: {names(tasks)}" for what, tasks in listed.items() if tasks]
        if self.fresh:
            pieces.append(f"new tasks start afresh in {', '.join(self.fresh)}")
        return "; ".join(pieces)


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
    modules: bool = False,
) -> Transfer:
    """Copy the weights of a trained model into a new one of the same architecture.

    Every layer holds rows of weights: one that all tasks read where it is shared, one for each
    task, or group of tasks, where it is stacked. Each row of the target takes the row of the
    source that its tasks read there; batch normalisation's moving statistics go along. A task
    that the source does not know takes what the source shares, and elsewhere keeps its fresh
    weights. Sharing a layer of which the source holds a single task's row takes that row.

    Parameters
    ----------
    source, source_tasks
        Trained model and its task names.
    target, tasks
        Model to change, and its task names.
    task
        Task of the source to start every task from; "" takes each task's own.
    modules
        Whether to copy only the layers of those modules that both models have, whatever else
        there is.

    Returns
    -------
    Transfer
        Record of what was copied and what was not.

    Raises
    ------
    InputError
        The architectures differ, ``task`` is unknown, tasks share a row in the target but not in
        the source, or there is nothing to copy. The target is then as it was.
    """
    if task and task not in source_tasks:
        raise unknown("task of the model to start from:", task, source_tasks)
    old, new = layer_rows(source), layer_rows(target)
    if modules:
        old, new = _common_modules(old, new)
    _check_layers(old, new, (_inputs(source), _inputs(target)))
    choices = {name: _rows_to_take(layer, old[name], task) for name, layer in new.items()}
    if all(row is None for rows in choices.values() for row in rows):
        raise InputError(
            "nothing can be copied: the model to start from shares no layer and knows none of the "
            f"tasks {names(tasks)}; start every task from one of its own by transfer.task: "
            f"{names(source_tasks)}"
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


def _common_modules(
    old: dict[str, LayerRows], new: dict[str, LayerRows]
) -> tuple[dict[str, LayerRows], dict[str, LayerRows]]:
    """Return the layers of the modules that both have, of each."""
    have = [{layer.entry.module for layer in layers.values()} - {""} for layers in (old, new)]
    common = have[0] & have[1]
    if not common:
        there, here = (", ".join(sorted(some)) or "no modules" for some in have)
        raise InputError(f"transfer.modules: expected a model with one of {here}, received {there}")
    first, second = (
        {name: layer for name, layer in layers.items() if layer.entry.module in common}
        for layers in (old, new)
    )
    return first, second


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
                f"model to start from; say whose to take by transfer.task: {every}"
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


def _check_layers(
    old: dict[str, LayerRows], new: dict[str, LayerRows], inputs: tuple[str, str]
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
            what = "" if inputs[0] == inputs[1] else f", which reads {inputs[0]}, not {inputs[1]}"
            raise InputError(
                f"layer {name}: expected {_text(expected)}, received {_text(received)} from the "
                f"model to start from{what}"
            )


def _inputs(model: keras.Model) -> str:
    """Return what a model reads, such as "600 bases"."""
    shapes = {tensor.name: tuple(tensor.shape[1:]) for tensor in model.inputs}
    return " and ".join(
        f"{shape[0]} bases" if name == "dna" else f"{name} of shape {shape}"
        for name, shape in shapes.items()
    )


def _text(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())
