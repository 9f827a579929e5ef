"""First-layer filters of a model of ours, each with the tasks that share it."""

from typing import Any

import keras
import numpy as np

from chrominterpret.filters.rules import Rule
from chrominterpret.motifs.pwm import Motif
from chrominterpret.report.choose import INFLUENCE_ROWS, spread_out
from chrominterpret.report.filter_reading import FilterReading, read_filters
from chromkeras.data.dataset import Dataset
from chromkeras.model_report.network_inputs import DNA, in_order
from chromkeras.sharing.layer_table import GROUPED
from chromkeras.sharing.model_layers import LayerRows, layer_rows, layer_table


def interpret_filters(
    model: keras.Model,
    dataset: Dataset,
    rows: np.ndarray,
    *,
    database: list[Motif],
    rule: Rule,
    seed: int,
) -> FilterReading:
    """Read the filters of a model's first layer.

    Parameters
    ----------
    model
        A model of ours with one output a task, as ``explained_network`` makes it.
    dataset, rows
        Sequences for the filters to scan, rows of shape (n,).
    database
        Known motifs.
    rule
        "threshold" (Basset) or "top" (DeepREG).
    seed
        Seed of the shuffled filters that show what matches by chance.
    """
    networks, block_of = _networks(model, dataset.tasks)
    facts: dict[str, Any] = {}
    if block_of is not None:
        facts["groups of tasks"] = _members(networks, block_of, dataset.tasks)
    some = rows[spread_out(len(rows), INFLUENCE_ROWS)]
    return read_filters(
        model,
        dataset.one_hot(rows),
        in_order(model, dataset.batch(some)),
        database=database,
        tasks=dataset.tasks,
        rule=rule,
        seed=seed,
        layer=layer_table(model).first_convolution(DNA).name,
        filter_names=_names(model, networks),
        facts=facts,
        blocks=len(networks),
        block_of=block_of,
    )


def _networks(
    model: keras.Model, tasks: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[int, ...] | None]:
    """Return a name for each set of first-layer filters, and each task's set where not its own.

    Names are those of the tasks, or group1, group2, … of the groups that share filters. A
    single set needs none.
    """
    rows = _first_rows(model)
    if len(rows.readers) == 1:
        return ("",), None
    if rows.entry.mode != GROUPED:
        return tasks, None
    return tuple(f"group{i + 1}" for i in range(len(rows.readers))), rows.rows_of(tasks)


def _names(model: keras.Model, networks: tuple[str, ...]) -> list[str]:
    filters = range(_first_rows(model).layer.filters)
    return [f"{name}:f{i}" if name else f"f{i}" for name in networks for i in filters]


def _first_rows(model: keras.Model) -> LayerRows:
    return layer_rows(model)[layer_table(model).first_convolution().name]


def _members(
    networks: tuple[str, ...], block_of: tuple[int, ...], tasks: tuple[str, ...]
) -> dict[str, list[str]]:
    return {
        name: [task for task, group in zip(tasks, block_of, strict=True) if group == i]
        for i, name in enumerate(networks)
    }
