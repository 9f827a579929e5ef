"""First-layer filters of a model: tasks that read them, motifs, and influence on each task."""

from dataclasses import dataclass

import numpy as np

from chrominterpret.engine.batches import Progress
from chrominterpret.filters.filter_motifs import filter_motifs
from chrominterpret.filters.influence import filter_influence
from chrominterpret.filters.rules import Rule
from chrominterpret.motifs.pwm import Motif
from chrominterpret.report.choose import INFLUENCE_ROWS, spread_out
from chromkeras.comparison.core.comparison import ComparedModel
from chromkeras.comparison.core.controls import check_models
from chromkeras.model_report.network_inputs import DNA, Inputs, in_order, some_rows
from chromkeras.sharing.layer_table import LayerEntry
from chromkeras.sharing.model_layers import LayerRows, layer_rows


@dataclass(frozen=True, eq=False)
class FirstFilters:
    """What is known of the R * F filters of R networks, network by network.

    Attributes
    ----------
    model
        Its name.
    tasks
        T names.
    row_of
        The network of each task, shape (T,).
    networks
        R.
    names
        Name of each filter, such as "f3", or "Intest:f3" where tasks have their own.
    motifs
        Motif of each filter; None where it has none.
    influence
        Shape (R * F, T), float64: how far each filter raises each task's logit, on average.
    """

    model: str
    tasks: tuple[str, ...]
    row_of: tuple[int, ...]
    networks: int
    names: tuple[str, ...]
    motifs: tuple[Motif | None, ...]
    influence: np.ndarray

    def channels(self, task: str) -> slice:
        """Return the filters that a task reads."""
        row, size = self.row_of[self.tasks.index(task)], len(self.names) // self.networks
        return slice(row * size, (row + 1) * size)


def read_filters(
    model: ComparedModel,
    inputs: Inputs,
    *,
    rule: Rule = "threshold",
    influence_rows: int = INFLUENCE_ROWS,
    progress: Progress | None = None,
) -> FirstFilters:
    """Read the filters of a model.

    Parameters
    ----------
    model
        A model of ours.
    inputs
        By name, (n, ...); filters scan the one-hot "dna" (n, length, 4).
    rule
        How sites become motifs, as for ``chrominterpret.filters.filter_motifs.filter_motifs``.
    influence_rows
        How many of the sequences the influence is measured on.
    progress
        Called with filters done and in all.
    """
    check_models([model], inputs)
    convolution = _first_entry(model).name
    tasks, readers, row_of = first_networks(model)
    size = filters_each(model)
    networks = _network_names(readers)
    names = tuple(f"{name}f{i}" for name in networks for i in range(size))
    found = filter_motifs(
        model.network, inputs[DNA], rule=rule, filter_names=list(names), layer=convolution
    )
    influence = filter_influence(
        model.network,
        in_order(model.network, some_rows(inputs, spread_out(len(inputs[DNA]), influence_rows))),
        layer=convolution,
        blocks=len(networks),
        block_of=row_of,
        progress=progress,
    )
    return FirstFilters(
        model.name,
        tasks,
        row_of,
        len(networks),
        names,
        tuple(each.motif for each in found),
        influence.mean_difference,
    )


def first_networks(
    model: ComparedModel,
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], tuple[int, ...]]:
    """Return the model's tasks, those that read each network's filters, and each task's network."""
    tasks = model.tasks
    rows = _first_rows(model)
    return tasks, rows.readers, rows.rows_of(tasks)


def filters_each(model: ComparedModel) -> int:
    """Return the number of filters of each network in the first layer."""
    return int(_first_rows(model).layer.filters)


def _first_rows(model: ComparedModel) -> LayerRows:
    return layer_rows(model.network)[_first_entry(model).name]


def _first_entry(model: ComparedModel) -> LayerEntry:
    return model.layers.first_convolution(DNA)


def _network_names(readers: tuple[tuple[str, ...], ...]) -> list[str]:
    if len(readers) == 1:
        return [""]
    if all(len(tasks) == 1 for tasks in readers):
        return [f"{tasks[0]}:" for tasks in readers]
    return [f"group{i + 1}:" for i in range(len(readers))]
