"""The Basset column with any sharing plan.

Kelley, Snoek and Rinn 2016 (Genome Research 26:990), in the sizes and order of the poster: three
blocks of convolution, batch normalisation, ReLU and max-pool, two dense layers with ReLU and
dropout, one logit per task.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from chromkeras.errors import InputError
from chromkeras.layers.dynamic_weights import DynamicWeights
from chromkeras.layers.fan_out import FanOut
from chromkeras.layers.grad_norm import GradNorm
from chromkeras.layers.run_card import RunCard
from chromkeras.layers.sharing_penalty import SharingPenalty
from chromkeras.layers.task_axis import (
    JoinLogits,
    RepeatTasks,
    SplitTasks,
    SpreadChannels,
    SpreadFeatures,
)
from chromkeras.layers.task_batch_normalization import TaskBatchNormalization
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.layers.task_dense import TaskDense
from chromkeras.layers.uncertainty_weights import UncertaintyWeights
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.plan import GROUPED, SHARED, SOFT, SharingPlan, sharing_plan
from chromkeras.sharing.task_groups import task_groups

MOMENTUM = 0.99
# Weights of the tasks' losses that are held at the logits.
WEIGHTS = {"uncertainty": UncertaintyWeights, "dwa": DynamicWeights}


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
        Sizes and sharing plan; groups by task names.
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
    InputError
        The sequence is too short for the column, or the sharing plan does not fit it.
    """
    column = _Column.of(recipe, tasks)
    dna = keras.Input((length, 4), name="dna")
    x = _head(_features(*_trunk(dna, column), column), column)
    if recipe.balance.weighting in WEIGHTS:
        x = WEIGHTS[recipe.balance.weighting](len(tasks), name="task_weights")(x)
    if column.plan.has_soft:
        sharing = recipe.sharing
        x = SharingPenalty(
            sharing.strength, p=sharing.p, squared=sharing.squared, name="sharing_penalty"
        )(x)
    card = RunCard(
        tasks, recipe=recipe.to_dict(), fingerprint=fingerprint, scores=scores, name="run_card"
    )
    model = keras.Model(dna, card(x), name=recipe.plan)
    if column.plan[1] == column.plan[2] != SHARED:
        model.get_layer("conv_1").fold(model.get_layer("norm_1"))
    return model


@dataclass(frozen=True)
class _Column:
    """What the builder of each layer needs to know.

    Attributes
    ----------
    recipe, plan
        Sizes, and the mode of each layer.
    groups
        The group of each task, shape (T,).
    """

    recipe: Recipe
    plan: SharingPlan
    groups: tuple[int, ...]

    @classmethod
    def of(cls, recipe: Recipe, tasks: Sequence[str]) -> "_Column":
        plan = sharing_plan(recipe)
        if plan.has_groups:
            return cls(recipe, plan, task_groups(recipe.sharing.groups, tasks))
        return cls(recipe, plan, (0,) * len(tasks))

    @property
    def trunk(self) -> int:
        """Number of the last layer of the convolution blocks."""
        return 3 * len(self.recipe.architecture.filters)

    @property
    def balanced(self) -> int:
        """Number of the layer before which GradNorm sees every task's gradient; 0 for none.

        It is the first where each task has its own features, and not the sequence itself.
        """
        if self.recipe.balance.weighting != "gradnorm":
            return 0
        first = 1 + sum(mode in (SHARED, GROUPED) for mode in self.plan.modes)
        if first == 1:
            return self.trunk + 1
        is_pool = first <= self.trunk and first % 3 == 0
        return first + is_pool

    def merges(self, number: int) -> bool:
        """Return whether the gradients that meet before layer ``number`` need a fan-out."""
        return self.recipe.balance.conflict != "sum" or number == self.balanced

    def networks(self, mode: str) -> int:
        """Return how many networks lie side by side in a layer of a mode."""
        return {SHARED: 1, GROUPED: max(self.groups) + 1}.get(mode, len(self.groups))

    def stacked(self, number: int) -> dict[str, Any]:
        """Return the options of a layer that has one set of weights per task or group."""
        mode = self.plan[number]
        return {"tasks": self.networks(mode), "soft": mode == SOFT}

    def start(self, number: int) -> dict[str, Any]:
        """Return the options that say how a layer's kernel starts."""
        kernel: dict[str, Any] = {"kernel_initializer": self.recipe.architecture.initializer}
        if self.plan[number] == SHARED:
            return kernel
        return kernel | {"same_start": self.recipe.sharing.same_start}


@dataclass(frozen=True)
class _Networks:
    """Activations, and the mode of the layer that they are for.

    Those of all tasks or groups lie side by side, on the channel axis or, once flattened, on a
    leading axis; while they are shared there is but one network's.
    """

    x: keras.KerasTensor
    mode: str = SHARED

    @property
    def stacked(self) -> bool:
        return self.mode != SHARED


def _part(net: _Networks, column: _Column, number: int, *, copies: bool = False) -> _Networks:
    """Return the input of layer ``number``: the one place where tasks, or their groups, part.

    Convolutions and dense layers of several tasks read a shared input without copies of it; a
    layer that treats each channel on its own needs ``copies``.
    """
    mode, name = column.plan[number], f"part_{number}"
    merges = number > 1 and column.merges(number)
    if net.mode == GROUPED and mode != GROUPED and number > column.trunk:
        net = _Networks(SpreadFeatures(column.groups, name=name)(net.x), mode)
    elif net.mode == GROUPED or copies or merges:
        net = _channels_for(net, column, mode, name, merges=merges)
    if number == column.balanced:
        balance = GradNorm(
            len(column.groups), on_channels=number <= column.trunk, name="task_weights"
        )
        net = _Networks(balance(net.x), net.mode)
    return net


def _channels_for(
    net: _Networks, column: _Column, mode: str, name: str, *, merges: bool
) -> _Networks:
    """Return activations copied to every network of a layer of another mode."""
    if net.mode == mode or (net.stacked and net.mode != GROUPED):
        return net
    if net.mode == GROUPED:
        return _Networks(SpreadChannels(column.groups, name=name)(net.x), mode)
    if merges:
        fan_out = FanOut(column.networks(mode), column.recipe.balance.conflict, name=name)
        return _Networks(fan_out(net.x), mode)
    return _Networks(RepeatTasks(column.networks(mode), name=name)(net.x), mode)


def _trunk(dna: keras.KerasTensor, column: _Column) -> tuple[_Networks, list[_Networks]]:
    """Return the last pooled activations, and the summaries of the blocks."""
    net, architecture = _Networks(dna), column.recipe.architecture
    summaries = []
    for block, pool in enumerate(architecture.pools, start=1):
        net = _convolution(_part(net, column, 3 * block - 2), column, block)
        number = 3 * block - 1
        net = _normalised(_part(net, column, number, copies=True), column, number, f"norm_{block}")
        activation = architecture.first_activation if block == 1 else "relu"
        x = layers.Activation(activation, name=f"activation_{block}")(net.x)
        if architecture.summary:
            summaries.append(_summary(_Networks(x, net.mode), column, block))
        x = layers.MaxPooling1D(pool, padding="same", name=f"pool_{block}")(x)
        net = _Networks(x, net.mode)
    return net, summaries


def _summary(net: _Networks, column: _Column, block: int) -> _Networks:
    """Return the mean over positions, of length 1, normalised: max-pooling keeps no densities."""
    x = layers.GlobalAveragePooling1D(keepdims=True, name=f"mean_{block}")(net.x)
    return _normalised(_Networks(x, net.mode), column, 3 * block - 1, f"summary_{block}")


def _convolution(net: _Networks, column: _Column, block: int) -> _Networks:
    number, architecture = 3 * block - 2, column.recipe.architecture
    filters, width = architecture.filters[block - 1], architecture.widths[block - 1]
    _check_length(net.x, width, block, architecture.padding)
    # Batch normalisation takes any bias away again, so there is none.
    common: dict[str, Any] = {
        "filters": filters,
        "kernel_size": width,
        "padding": architecture.padding,
        "use_bias": False,
        "name": f"conv_{block}",
        **column.start(number),
    }
    if column.plan[number] == SHARED:
        return _Networks(layers.Conv1D(**common)(net.x))
    convolution = TaskConv1D(stacked=net.stacked, **column.stacked(number), **common)
    return _Networks(convolution(net.x), column.plan[number])


def _check_length(x: keras.KerasTensor, width: int, block: int, padding: str) -> None:
    if padding == "valid" and x.shape[1] < width:
        raise InputError(
            f"the sequence is too short for this column: {x.shape[1]} positions are left for the "
            f"filters of width {width} in convolution {block}; use longer sequences, smaller "
            "architecture.pools or architecture.padding=same"
        )


def _normalised(net: _Networks, column: _Column, number: int, name: str) -> _Networks:
    common: dict[str, Any] = {"momentum": MOMENTUM, "name": name}
    if column.plan[number] == SHARED:
        return _Networks(layers.BatchNormalization(**common)(net.x))
    normalisation = TaskBatchNormalization(**column.stacked(number), **common)
    return _Networks(normalisation(net.x), column.plan[number])


def _features(net: _Networks, summaries: list[_Networks], column: _Column) -> _Networks:
    """Return what the dense layers read, flattened: the last activations and the summaries."""
    parts = [_flat(net, column, "flatten")]
    for block, summary in enumerate(summaries, start=1):
        name = f"summaries_{block}"
        merges = column.recipe.balance.conflict != "sum"
        same = _channels_for(summary, column, net.mode, f"{name}_part", merges=merges)
        parts.append(_flat(same, column, name))
    return _Networks(
        layers.Concatenate(name="features")(parts) if summaries else parts[0], net.mode
    )


def _flat(net: _Networks, column: _Column, name: str) -> keras.KerasTensor:
    """Return the features of one network, (batch, F), or of several, (networks, batch, F)."""
    networks = column.networks(net.mode)
    flatten = SplitTasks(networks, name=name) if net.stacked else layers.Flatten(name=name)
    return flatten(net.x)


def _head(net: _Networks, column: _Column) -> keras.KerasTensor:
    """Return the logits, shape (batch, T)."""
    architecture = column.recipe.architecture
    for number, units in enumerate(architecture.dense, start=column.trunk + 1):
        net = _dense(_part(net, column, number), column, number, units, f"dense_{number}")
        x = layers.Activation("relu", name=f"activation_{number}")(net.x)
        if architecture.dropout:
            x = layers.Dropout(architecture.dropout, name=f"dropout_{number}")(x)
        net = _Networks(x, net.mode)
    last = len(column.plan.modes)
    net = _dense(_part(net, column, last), column, last, 1, "logits")
    return JoinLogits(len(column.groups), name="join")(net.x)


def _dense(net: _Networks, column: _Column, number: int, units: int, name: str) -> _Networks:
    common: dict[str, Any] = {"units": units, "name": name, **column.start(number)}
    if column.plan[number] == SHARED:
        return _Networks(layers.Dense(**common)(net.x))
    dense = TaskDense(**column.stacked(number), **common)
    return _Networks(dense(net.x), column.plan[number])
