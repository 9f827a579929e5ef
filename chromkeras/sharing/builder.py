"""Build the Keras model of a plan: every layer shared, grouped, soft-shared or a task's own."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import keras
from keras import layers

from chromkeras.errors import InputError
from chromkeras.layers.dynamic_weights import DynamicWeights
from chromkeras.layers.fan_out import FanOut
from chromkeras.layers.grad_norm import GradNorm
from chromkeras.layers.other_strand import OtherStrand
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
from chromkeras.layers.task_weights import TaskWeights
from chromkeras.layers.uncertainty_weights import UncertaintyWeights
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.layer_table import CONVOLUTION, GROUPED, SHARED, SOFT, LayerEntry
from chromkeras.sharing.outline import VALID, Networks, Outline
from chromkeras.sharing.plan import Plan

DNA = "dna"
MOMENTUM = 0.99
GLOBAL_POOLS = {"mean": layers.GlobalAveragePooling1D, "max": layers.GlobalMaxPooling1D}
RECURRENT_CELLS = {"lstm": layers.LSTM, "gru": layers.GRU}
# Weighting -> layer that holds the weights of the tasks' losses.
WEIGHTINGS: dict[str, type[TaskWeights] | None] = {
    "equal": None,
    "uncertainty": UncertaintyWeights,
    "gradnorm": GradNorm,
    "dwa": DynamicWeights,
}


def build_model(
    plan: Plan, *, fingerprint: str = "", scores: dict[str, Any] | None = None
) -> keras.Model:
    """Return the untrained model of a plan.

    Parameters
    ----------
    plan
        Plan of `chromkeras.sharing.plan.resolve_plan`.
    fingerprint, scores
        Fingerprint of the data and scores that the model's run card should hold.

    Returns
    -------
    keras.Model
        From the inputs, a single tensor or a dictionary of several by name, to (batch, T), or
        (batch, T, C) for C classes.

    Raises
    ------
    InputError
        An input is too short for the architecture.

    Examples
    --------
    >>> from chromkeras.recipe.reading import make_recipe
    >>> from chromkeras.sharing.plan import resolve_plan
    >>> recipe = make_recipe("hard", size="small")
    >>> plan = resolve_plan(recipe, ["a", "b"], {"dna": (600, 4)}, problem="binary")
    >>> model = build_model(plan)
    >>> model.output_shape
    (None, 2)
    """
    recipe, lay = plan.recipe, Builder(plan)
    tensors = {name: keras.Input(shape, name=name) for name, shape in plan.inputs.items()}
    nets = {
        name: Networks(tensor, positions=len(tensor.shape) == 3, reads=name)
        for name, tensor in tensors.items()
    }
    module = ARCHITECTURES.get(recipe.architecture.name)
    x = module.build(recipe.architecture, nets, lay).x
    weights = WEIGHTINGS[recipe.balance.weighting]
    if weights is not None and weights.at_outputs:
        x = weights(len(plan.tasks), name="task_weights")(x)
    if plan.sharing.has_soft:
        sharing = recipe.sharing
        x = SharingPenalty(
            sharing.strength, p=sharing.p, squared=sharing.squared, name="sharing_penalty"
        )(x)
    card = RunCard(
        plan.tasks,
        recipe=recipe.to_dict(),
        fingerprint=fingerprint,
        scores=scores,
        problem=plan.problem,
        classes=plan.classes,
        layers=plan.layers.to_config(),
        inputs=plan.inputs,
        version=version("chromkeras"),
        name="run_card",
    )
    inputs = tensors if len(tensors) > 1 else next(iter(tensors.values()))
    return keras.Model(inputs, card(x), name=recipe.plan)


class Builder(Outline):
    """Builder object that makes Keras layers.

    Where tasks branch, a layer hands the common activations to every task; with a conflict method
    it merges their gradients on the way back. Convolutions and dense layers of several tasks read
    shared activations without copies of them.

    Parameters
    ----------
    plan
        Plan with the mode of every layer.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan.sharing.modes)
        self.plan, self.groups = plan, plan.groups
        self._lifted: dict[tuple[int, str], tuple[Networks, Networks]] = {}
        self._made: dict[str, Any] = {}
        self._balanced = self._balanced_layer()

    # layers

    def _conv1d(
        self, net: Networks, entry: LayerEntry, filters: int, width: int, **how: Any
    ) -> Any:
        net = self._read(net, entry)
        _check_length(net.x, (width - 1) * how["dilation"] + 1, entry, how["padding"])
        common: dict[str, Any] = {
            "filters": filters,
            "kernel_size": width,
            "padding": how["padding"],
            "dilation_rate": how["dilation"],
            "use_bias": how["bias"],
            "name": entry.name,
            **self._start(entry),
        }
        if entry.mode == SHARED:
            return self._layer(layers.Conv1D, **common)(net.x)
        own = {"stacked": net.stacked, **self._stacked(entry)}
        return self._layer(TaskConv1D, **own, **common)(net.x)

    def _recurrent(self, net: Networks, entry: LayerEntry, units: int, **how: Any) -> Any:
        kind, both = RECURRENT_CELLS[how["cell"]], how["bidirectional"]

        def make(name: str) -> Any:
            name_of_cell = how["cell"] if both else name
            layer = kind(units, return_sequences=how["return_sequences"], name=name_of_cell)
            return layers.Bidirectional(layer, name=name) if both else layer

        return self._layer(make, name=entry.name)(net.x)

    def _batch_norm(self, net: Networks, entry: LayerEntry) -> Any:
        return self._normalised(self._read(net, entry, copies=True), entry)

    def _normalised(self, net: Networks, entry: LayerEntry) -> Any:
        common: dict[str, Any] = {"momentum": MOMENTUM, "name": entry.name}
        if entry.mode == SHARED:
            return self._layer(layers.BatchNormalization, **common)(net.x)
        own = {**self._stacked(entry), "leading": not net.positions}
        return self._layer(TaskBatchNormalization, **own, **common)(net.x)

    def _activation(self, net: Networks, entry: LayerEntry, name: str, slope: float | None) -> Any:
        if slope is not None:
            how = {"negative_slope": slope, "name": entry.name}
            return self._layer(layers.LeakyReLU, **how)(net.x)
        return self._layer(layers.Activation, activation=name, name=entry.name)(net.x)

    def _summary(self, net: Networks, entry: LayerEntry, mean: str) -> Any:
        how = {"keepdims": True, "name": self._unique(mean)}
        x = self._layer(layers.GlobalAveragePooling1D, **how)(net.x)
        return self._normalised(replace(net, x=x), entry)

    def _max_pool(self, net: Networks, entry: LayerEntry, size: int, padding: str) -> Any:
        _check_length(net.x, size, entry, padding)
        how = {"pool_size": size, "padding": padding, "name": entry.name}
        return self._layer(layers.MaxPooling1D, **how)(net.x)

    def _global_pool(self, net: Networks, entry: LayerEntry, kind: str) -> Any:
        how = {"keepdims": net.stacked, "name": entry.name}
        x = self._layer(GLOBAL_POOLS[kind], **how)(net.x)
        return self._split(replace(net, x=x), f"{entry.name}_split") if net.stacked else x

    def _middle(self, net: Networks, name: str, positions: int) -> Any:
        around = max(int(net.x.shape[1]) - positions, 0)
        cropped = (around // 2, around - around // 2)
        layer = self._layer(layers.Cropping1D, cropping=cropped, name=name) if around else None
        return net.x if layer is None else layer(net.x)

    def _flatten(self, net: Networks, name: str) -> Any:
        return (
            self._split(net, name) if net.stacked else self._layer(layers.Flatten, name=name)(net.x)
        )

    def _split(self, net: Networks, name: str) -> Any:
        return self._layer(SplitTasks, tasks=self._networks(net.mode), name=name)(net.x)

    def _dense(self, net: Networks, entry: LayerEntry, units: int) -> Any:
        net = self._read(net, entry)
        common: dict[str, Any] = {"units": units, "name": entry.name, **self._start(entry)}
        if entry.mode == SHARED:
            return self._layer(layers.Dense, **common)(net.x)
        return self._layer(TaskDense, **self._stacked(entry), **common)(net.x)

    def _width(self, net: Networks) -> int:
        return int(net.x.shape[-1])

    def _product(self, nets: Sequence[Networks], entry: LayerEntry) -> Any:
        together = self._alike(nets, entry.mode, entry.name)
        return self._layer(layers.Multiply, name=entry.name)(together)

    def _alongside(self, net: Networks, features: Networks, name: str) -> Any:
        how = {"n": int(net.x.shape[1]), "name": f"{name}_repeat"}
        everywhere = self._layer(layers.RepeatVector, **how)(features.x)
        return self._layer(layers.Concatenate, name=name)([net.x, everywhere])

    def _dropout(self, net: Networks, rate: float) -> Any:
        name = self._unique(f"dropout_{net.follows}")
        return self._layer(layers.Dropout, rate=rate, name=name)(net.x)

    def _add(self, nets: Sequence[Networks], entry: LayerEntry) -> Any:
        together = self._alike(nets, entry.mode, entry.name)
        return self._layer(layers.Add, name=entry.name)(together)

    def _concatenate(self, nets: Sequence[Networks], mode: str) -> Any:
        name = self._unique("features")
        return self._layer(layers.Concatenate, name=name)(self._alike(nets, mode, name))

    def _outputs(self, net: Networks, entry: LayerEntry) -> Any:
        x = self._dense(net, entry, self.plan.units)
        return self._layer(JoinLogits, tasks=len(self.groups), name="join")(x)

    def _other_strand(self, net: Networks, name: str) -> Any:
        if self._balanced:
            raise InputError(
                "balance.weighting gradnorm: expected an architecture that reads one strand, "
                "received one that reads both by the same layers"
            )
        return OtherStrand(complement=net.reads == DNA, name=name)(net.x)

    def _strands(self, nets: Sequence[Networks], merge: str) -> Any:
        outputs = [net.x for net in nets]
        # Outputs are float32, whatever layers compute in.
        how = {"dtype": "float32"}
        if merge == "mean":
            return layers.Average(name="strands", **how)(outputs)
        # By pooling, through which DeepLIFT passes.
        shape = outputs[0].shape[1:]
        rows = [
            layers.Reshape((1, math.prod(shape)), name=f"strand_{i + 1}", **how)(x)
            for i, x in enumerate(outputs)
        ]
        x = layers.Concatenate(axis=1, name="both_strands", **how)(rows)
        x = layers.GlobalMaxPooling1D(name="strands", **how)(x)
        return x if len(shape) == 1 else layers.Reshape(shape, name="strands_apart", **how)(x)

    # where tasks branch

    def _read(self, net: Networks, entry: LayerEntry, *, copies: bool = False) -> Networks:
        """Return the input of a layer, for its mode.

        A layer that treats each channel on its own needs ``copies`` of what is shared.
        """
        balanced = entry.number == self._balanced
        merges = not net.reads and (self._merges or balanced)
        found = net
        if copies or merges or net.mode == GROUPED:
            found = self._lift(net, entry.mode, f"part_{entry.number}", merges=merges)
        if balanced:
            weights = GradNorm(len(self.groups), on_channels=net.positions, name="task_weights")
            found = replace(found, x=weights(found.x))
            self._lifted[id(net.x), entry.mode] = (net, found)
        return found

    def _lift(self, net: Networks, mode: str, name: str, *, merges: bool) -> Networks:
        """Return activations copied to every network of a layer of another mode, once."""
        if net.mode == mode or (net.stacked and net.mode != GROUPED):
            return net
        if (id(net.x), mode) not in self._lifted:
            layer = self._copies(net, mode, name, merges=merges)
            # The activations are kept too, as an address may serve again.
            self._lifted[id(net.x), mode] = (net, replace(net, x=layer(net.x), mode=mode))
        return self._lifted[id(net.x), mode][1]

    def _copies(self, net: Networks, mode: str, name: str, *, merges: bool) -> Any:
        if net.mode == GROUPED:
            spread = SpreadChannels if net.positions else SpreadFeatures
            return self._layer(spread, groups=self.groups, name=name)
        networks = self._networks(mode)
        if merges:
            method = self.plan.recipe.balance.conflict
            return self._layer(FanOut, tasks=networks, method=method, name=name)
        return self._layer(RepeatTasks if net.positions else FanOut, tasks=networks, name=name)

    def _alike(self, nets: Sequence[Networks], mode: str, name: str) -> list[Any]:
        """Return activations of one mode: copied where their tasks have not branched yet."""
        lifted = [
            self._lift(net, mode, f"{name}_part_{i}", merges=self._merges and not net.reads)
            for i, net in enumerate(nets)
        ]
        return [net.x for net in lifted]

    @property
    def _merges(self) -> bool:
        """Whether the gradients that meet where tasks branch are merged by a method."""
        return self.plan.recipe.balance.conflict != "sum"

    def _balanced_layer(self) -> int:
        """Return the number of the layer before which GradNorm sees every task's gradient, or 0.

        It is the first with weights where each task has its own features, and not the input
        itself.
        """
        weights = WEIGHTINGS[self.plan.recipe.balance.weighting]
        if weights is None or weights.at_outputs:
            return 0
        branched = [e for e in self.plan.layers.weighted if e.mode not in (SHARED, GROUPED)]
        if len({entry.reads for entry in self.plan.layers if entry.reads}) > 1:
            raise InputError(
                "balance.weighting gradnorm: expected an architecture with one input, where tasks "
                "branch at one place"
            )
        after = self.plan.layers.backbone
        first = branched[0].number
        return first if first > 1 else next(e.number for e in branched if e.number > after)

    # options of layers

    def _layer(self, make: Callable[..., Any], **how: Any) -> Any:
        """Return a new layer, or the one of this name where a tower reads the other strand."""
        if not self._repeats:
            self._made[how["name"]] = make(**how)
        return self._made[how["name"]]

    def _networks(self, mode: str) -> int:
        return self.plan.layers.networks(mode)

    def _stacked(self, entry: LayerEntry) -> dict[str, Any]:
        """Return the options of a layer that has one set of weights per task or group."""
        return {"tasks": self._networks(entry.mode), "soft": entry.mode == SOFT}

    def _start(self, entry: LayerEntry) -> dict[str, Any]:
        """Return the options for the initial kernel of a layer."""
        kernel: dict[str, Any] = {"kernel_initializer": self.plan.recipe.architecture.initializer}
        if entry.mode == SHARED:
            return kernel
        return kernel | {"same_start": self.plan.recipe.sharing.same_start}


def _check_length(x: Any, reach: int, entry: LayerEntry, padding: str) -> None:
    if padding == VALID and x.shape[1] < reach:
        windows = "filters" if entry.role == CONVOLUTION else "windows"
        raise InputError(
            f"the sequence is too short for this architecture: {x.shape[1]} positions are left for "
            f"the {windows} of width {reach} in {entry.name}; use longer sequences, smaller pools "
            "of the architecture or, where it has it, architecture.padding=same"
        )
