"""The Basset column with any sharing plan.

Kelley, Snoek and Rinn 2016 (Genome Research 26:990), in the sizes and order of the poster: three
blocks of convolution, batch normalisation, ReLU and max-pool, two dense layers with ReLU and
dropout, one logit per task.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from chromkeras.layers.run_card import RunCard
from chromkeras.layers.sharing_penalty import SharingPenalty
from chromkeras.layers.task_axis import JoinLogits, RepeatTasks, SplitTasks
from chromkeras.layers.task_batch_normalization import TaskBatchNormalization
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.layers.task_dense import TaskDense
from chromkeras.recipe import Recipe
from chromkeras.sharing import SHARED, SOFT, SharingPlan, sharing_plan

MOMENTUM = 0.99
INITIALIZER = "glorot_uniform"


def build(
    recipe: Recipe,
    tasks: Sequence[str],
    length: int,
    *,
    fingerprint: str = "",
    scores: dict[str, Any] | None = None,
) -> keras.Model:
    """Return the untrained model of a recipe.

    Parameters
    ----------
    recipe
        Sizes and sharing plan.
    tasks
        Task names, T of them.
    length
        Sequence length in bases.
    fingerprint, scores
        What the model's run card should hold.

    Returns
    -------
    keras.Model
        From one-hot DNA (batch, length, 4) to logits (batch, T).

    Raises
    ------
    ValueError
        The sequence is too short for the column.
    """
    plan = sharing_plan(recipe)
    dna = keras.Input((length, 4), name="dna")
    x, stacked = _trunk(dna, recipe, plan, len(tasks))
    x = _head(x, recipe, plan, len(tasks), stacked)
    if plan.has_soft:
        sharing = recipe.sharing
        x = SharingPenalty(
            sharing.strength, p=sharing.p, squared=sharing.squared, name="sharing_penalty"
        )(x)
    card = RunCard(
        tasks, recipe=recipe.to_dict(), fingerprint=fingerprint, scores=scores, name="run_card"
    )
    return keras.Model(dna, card(x), name=recipe.plan)


def _trunk(
    x: keras.KerasTensor, recipe: Recipe, plan: SharingPlan, tasks: int
) -> tuple[keras.KerasTensor, bool]:
    """Return the last pooled activations, and whether they are stacked by task."""
    column, stacked = recipe.architecture, False
    sizes = zip(column.filters, column.widths, column.pools, strict=True)
    for block, (filters, width, pool) in enumerate(sizes, start=1):
        first = 3 * block - 2
        _check_length(x, width, block, column.padding)
        x = _convolution(x, plan[first], filters, width, column.padding, tasks, stacked, block)
        stacked = plan[first] != SHARED
        if plan[first + 1] != SHARED and not stacked:
            x, stacked = RepeatTasks(tasks, name=f"fan_out_{block}")(x), True
        x = _normalisation(x, plan[first + 1], tasks, block)
        activation = column.first_activation if block == 1 else "relu"
        x = layers.Activation(activation, name=f"activation_{block}")(x)
        x = layers.MaxPooling1D(pool, padding="same", name=f"pool_{block}")(x)
    return x, stacked


def _check_length(x: keras.KerasTensor, width: int, block: int, padding: str) -> None:
    if padding == "valid" and x.shape[1] < width:
        raise ValueError(
            f"the sequence is too short for this column: {x.shape[1]} positions are left for the "
            f"filters of width {width} in convolution {block}; use longer sequences, smaller "
            "architecture.pools or architecture.padding=same"
        )


def _convolution(
    x: keras.KerasTensor,
    mode: str,
    filters: int,
    width: int,
    padding: str,
    tasks: int,
    stacked: bool,
    block: int,
) -> keras.KerasTensor:
    # Batch normalisation takes any bias away again, so there is none.
    common: dict[str, Any] = {
        "padding": padding,
        "use_bias": False,
        "kernel_initializer": INITIALIZER,
    }
    name = f"conv_{block}"
    if mode == SHARED:
        return layers.Conv1D(filters, width, name=name, **common)(x)
    return TaskConv1D(
        tasks, filters, width, stacked=stacked, soft=mode == SOFT, name=name, **common
    )(x)


def _normalisation(x: keras.KerasTensor, mode: str, tasks: int, block: int) -> keras.KerasTensor:
    name = f"norm_{block}"
    if mode == SHARED:
        return layers.BatchNormalization(momentum=MOMENTUM, name=name)(x)
    return TaskBatchNormalization(tasks, soft=mode == SOFT, momentum=MOMENTUM, name=name)(x)


def _head(
    x: keras.KerasTensor, recipe: Recipe, plan: SharingPlan, tasks: int, stacked: bool
) -> keras.KerasTensor:
    """Return the logits, shape (batch, T)."""
    flatten = SplitTasks(tasks, name="flatten") if stacked else layers.Flatten(name="flatten")
    x = flatten(x)
    first = 3 * len(recipe.architecture.filters) + 1
    for number, units in enumerate(recipe.architecture.dense, start=first):
        x = _dense(x, plan[number], units, tasks, number)
        x = layers.Activation("relu", name=f"activation_{number}")(x)
        if recipe.architecture.dropout:
            x = layers.Dropout(recipe.architecture.dropout, name=f"dropout_{number}")(x)
    x = TaskDense(tasks, 1, kernel_initializer="glorot_uniform", name="logits")(x)
    return JoinLogits(tasks, name="join")(x)


def _dense(
    x: keras.KerasTensor, mode: str, units: int, tasks: int, number: int
) -> keras.KerasTensor:
    name = f"dense_{number}"
    if mode == SHARED:
        return layers.Dense(units, kernel_initializer=INITIALIZER, name=name)(x)
    return TaskDense(tasks, units, soft=mode == SOFT, kernel_initializer=INITIALIZER, name=name)(x)
