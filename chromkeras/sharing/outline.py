"""Builder object that architectures ask for their layers: numbers, names and modes."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from chromkeras.errors import InputError
from chromkeras.names import unknown
from chromkeras.sharing.layer_table import (
    ACTIVATION,
    CONVOLUTION,
    DENSE,
    GROUPED,
    MODES,
    NORMALIZATION,
    OUTPUT,
    PRODUCT,
    RECURRENT,
    SHARED,
    SOFT,
    SUMMARY,
    LayerEntry,
)

VALID, SAME = "valid", "same"
CELLS = ("lstm", "gru")
# How the outputs of both strands become one.
MERGES = ("mean", "max")


@dataclass(frozen=True)
class Networks:
    """Activations of one network, or of several side by side.

    Attributes
    ----------
    x
        Keras tensor: (batch, length, networks * C) with positions; else (batch, F) of a network
        that all tasks share, or (networks, batch, F). None in an outline.
    mode
        Sharing mode: "shared", "grouped", "soft" or "own".
    positions
        Whether there is an axis of positions.
    reads
        Name of the model's input that this is, "" for the output of a layer.
    follows
        Suffix of the name of the layer that made it, such as "3"; activations are named after it.
    layer
        Name of the convolution, dense or recurrent layer that made it, "" for none.
    """

    x: Any
    mode: str = SHARED
    positions: bool = True
    reads: str = ""
    follows: str = ""
    layer: str = ""

    @property
    def stacked(self) -> bool:
        """Whether tasks, or groups of tasks, have networks of their own here."""
        return self.mode != SHARED


class Outline:
    """Builder object without Keras layers: it numbers those that an architecture asks for.

    Convolutions, normalisations, pools, dense and recurrent layers and the outputs are numbered
    in the order in which they are asked for; the mode of each number is that of the sharing plan.

    Parameters
    ----------
    modes
        Mode of each layer, by number from 1; layers beyond them are "shared".
    """

    def __init__(self, modes: Sequence[str] = ()) -> None:
        self.entries: list[LayerEntry] = []
        self.number = self.backbone = 0
        self._modes, self._used = tuple(modes), Counter[str]()
        self._convolutions, self._sums = Counter[str](), 0
        self._module, self._first = "", 0
        self._repeats = False

    def mode(self, number: int) -> str:
        """Return the mode of a layer."""
        return self._modes[number - 1] if number <= len(self._modes) else SHARED

    # what an architecture may ask for

    def conv1d(
        self,
        net: Networks,
        filters: int,
        width: int,
        *,
        dilation: int = 1,
        padding: str = VALID,
        bias: bool = False,
    ) -> Networks:
        """Convolve with ``filters`` filters of ``width`` positions.

        A ``bias`` is for convolutions without batch normalisation, which takes any away again.
        """
        self._convolutions[self._module] += 1
        suffix = str(self._convolutions[self._module])
        entry = self._numbered(CONVOLUTION, f"conv_{suffix}", net)
        how = {"dilation": dilation, "padding": padding, "bias": bias}
        out = self._conv1d(net, entry, filters, width, **how)
        return Networks(out, entry.mode, follows=suffix, layer=entry.name)

    def recurrent(
        self,
        net: Networks,
        units: int,
        *,
        cell: str = "lstm",
        bidirectional: bool = True,
        return_sequences: bool = False,
    ) -> Networks:
        """Go through the positions by an LSTM or a GRU, whose weights cannot be stacked.

        With ``return_sequences`` there is an output at every position; else only the last, and
        the backbone ends here. Two directions lie side by side in 2 * ``units`` channels.
        """
        if cell not in CELLS:
            raise unknown("recurrent cell", cell, CELLS)
        if not net.positions:
            raise InputError("recurrent: expected activations with positions, received features")
        suffix = self._next
        entry = self._numbered(RECURRENT, f"recurrent_{suffix}", net, positions=return_sequences)
        self._check_shared(entry)
        if not return_sequences:
            self.backbone = self.number
        out = self._recurrent(
            net,
            entry,
            units,
            cell=cell,
            bidirectional=bidirectional,
            return_sequences=return_sequences,
        )
        return Networks(out, entry.mode, return_sequences, follows=suffix, layer=entry.name)

    def batch_norm(self, net: Networks) -> Networks:
        """Normalise each channel, or each feature where there are no positions, by the batch."""
        suffix = net.follows or self._next
        entry = self._numbered(NORMALIZATION, f"norm_{suffix}", net)
        out = self._batch_norm(net, entry)
        return Networks(out, entry.mode, net.positions, follows=suffix, layer=net.layer)

    def activation(self, net: Networks, name: str, *, slope: float | None = None) -> Networks:
        """Apply an activation function, by its Keras name.

        ``slope`` is that of "leaky_relu" below 0.
        """
        entry = self._unnumbered(ACTIVATION, f"activation_{net.follows}", net)
        return self._like(net, self._activation(net, entry, name, slope))

    def summary(self, net: Networks) -> Networks:
        """Return the mean over positions, of length 1, normalised: how dense a pattern is."""
        entry = self._unnumbered(SUMMARY, f"summary_{net.follows}", net, ahead=1)
        return self._like(net, self._summary(net, entry, f"mean_{net.follows}"))

    def max_pool(self, net: Networks, size: int, *, padding: str = SAME) -> Networks:
        """Keep the largest of each ``size`` positions.

        With ``padding`` "same" the last window may be smaller; with "valid" positions at the end
        that fill no window are left out.
        """
        entry = self._numbered("pool", f"pool_{net.follows}", net, mode=net.mode)
        return self._like(net, self._max_pool(net, entry, size, padding))

    def global_average_pool(self, net: Networks) -> Networks:
        """Return the mean over all positions; the backbone ends here."""
        return self._over_positions(net, "mean")

    def global_max_pool(self, net: Networks) -> Networks:
        """Return the largest value over all positions; the backbone ends here."""
        return self._over_positions(net, "max")

    def middle(self, net: Networks, positions: int) -> Networks:
        """Return as many positions from the middle; all where there are not so many."""
        return replace(net, x=self._middle(net, self._unique("middle"), positions))

    def flatten(self, net: Networks) -> Networks:
        """Make one vector of positions and channels; the backbone ends here."""
        if not net.positions:
            return net
        if not net.reads:
            self.backbone = self.number
        return self._features(net, self._flatten(net, self._unique("flatten")))

    def head(self) -> None:
        """Say that the head begins here: what was asked for until now is the backbone."""
        self.backbone = self.number

    @contextmanager
    def module(self, name: str) -> Iterator[None]:
        """Name what is asked for in this context after a module, and number its names anew.

        So layers of a module are called alike in every network that has it, alone or not, and
        weights can be transferred.
        """
        self._module, self._first = name, self.number
        try:
            yield
        finally:
            self._module, self._first = "", 0

    def dense(self, net: Networks, units: int) -> Networks:
        """Apply a dense layer with a bias; positions are flattened first."""
        net = self.flatten(net)
        suffix = self._next
        entry = self._numbered(DENSE, f"dense_{suffix}", net, positions=False)
        out = self._dense(net, entry, units)
        return Networks(out, entry.mode, False, follows=suffix, layer=entry.name)

    def dropout(self, net: Networks, rate: float) -> Networks:
        """Set a random fraction of the features to 0 in training."""
        return self._like(net, self._dropout(net, rate)) if rate else net

    def add(self, nets: Sequence[Networks]) -> Networks:
        """Add activations of one shape."""
        together = self._most_branched(nets)
        self._sums += 1
        entry = self._unnumbered("sum", f"add_{self._sums}", together)
        return self._like(together, self._add(nets, entry))

    def interaction(self, net: Networks, by: Networks) -> Networks:
        """Weigh each feature of ``by`` by a linear function of the features of ``net``.

        With features h and r the result is r ⊙ (W h + c). A dense layer on it is linear in the
        outer product of h and r, and in r, without the product ever being made.
        """
        net, by = self.flatten(net), self.flatten(by)
        suffix = self._next
        entry = self._numbered(DENSE, f"dense_{suffix}", net, positions=False)
        weights = self._dense(net, entry, self._width(by))
        found = Networks(weights, entry.mode, False, follows=suffix, layer=entry.name)
        product = self._unnumbered(PRODUCT, f"product_{suffix}", found)
        return self._like(found, self._product([found, by], product))

    def alongside(self, net: Networks, features: Networks) -> Networks:
        """Put features at every position of ``net``, beside its channels.

        Raises
        ------
        InputError
            Tasks or groups have networks of their own here.
        """
        features = self.flatten(features)
        if net.stacked or features.stacked:
            raise InputError(
                "features at every position: expected activations that all tasks share, received "
                f"{net.mode} ones; share their layers: sharing.depth ≥ {self.number}"
            )
        return self._like(net, self._alongside(net, features, self._unique("alongside")))

    def concatenate(self, nets: Sequence[Networks]) -> Networks:
        """Put the features of several networks side by side."""
        flat = [self.flatten(net) for net in nets]
        if len(flat) == 1:
            return flat[0]
        together = self._most_branched(flat)
        return self._like(together, self._concatenate(flat, together.mode))

    def both_strands(
        self,
        nets: Mapping[str, Networks],
        tower: Callable[[dict[str, Networks]], Networks],
        *,
        merge: str = "mean",
    ) -> Networks:
        """Run a tower on inputs as they are and as they read from the other strand, and merge.

        The same layers read both, so the outputs of a sequence and of its reverse complement are
        equal. The DNA becomes its reverse complement, other inputs with positions are turned
        around, features stay.

        Parameters
        ----------
        nets
            Inputs by name; those with positions run along the DNA, base by base.
        tower
            From such inputs to the outputs, by layers of this builder.
        merge
            "mean" or "max" of the outputs of both strands.
        """
        if merge not in MERGES:
            raise unknown("merge of both strands", merge, MERGES)
        before = self._state()
        first = tower(dict(nets))
        after = self._state()
        self._set_state(before)
        self._repeats = True
        second = tower({name: self._turned(net) for name, net in nets.items()})
        self._repeats = False
        self._set_state(after)
        return replace(first, x=self._strands([first, second], merge))

    def outputs(self, net: Networks) -> Networks:
        """Return the outputs of all tasks: each task's own dense layer, the last one."""
        net = self.flatten(net)
        entry = self._numbered(OUTPUT, "logits", net, positions=False)
        return Networks(self._outputs(net, entry), entry.mode, False, layer=entry.name)

    # what makes layers, in a subclass

    def _conv1d(
        self, net: Networks, entry: LayerEntry, filters: int, width: int, **how: Any
    ) -> Any:
        return None

    def _recurrent(self, net: Networks, entry: LayerEntry, units: int, **how: Any) -> Any:
        return None

    def _batch_norm(self, net: Networks, entry: LayerEntry) -> Any:
        return None

    def _activation(self, net: Networks, entry: LayerEntry, name: str, slope: float | None) -> Any:
        return None

    def _summary(self, net: Networks, entry: LayerEntry, mean: str) -> Any:
        return None

    def _max_pool(self, net: Networks, entry: LayerEntry, size: int, padding: str) -> Any:
        return None

    def _global_pool(self, net: Networks, entry: LayerEntry, kind: str) -> Any:
        return None

    def _middle(self, net: Networks, name: str, positions: int) -> Any:
        return None

    def _width(self, net: Networks) -> int:
        return 0

    def _product(self, nets: Sequence[Networks], entry: LayerEntry) -> Any:
        return None

    def _alongside(self, net: Networks, features: Networks, name: str) -> Any:
        return None

    def _flatten(self, net: Networks, name: str) -> Any:
        return None

    def _dense(self, net: Networks, entry: LayerEntry, units: int) -> Any:
        return None

    def _dropout(self, net: Networks, rate: float) -> Any:
        return None

    def _add(self, nets: Sequence[Networks], entry: LayerEntry) -> Any:
        return None

    def _concatenate(self, nets: Sequence[Networks], mode: str) -> Any:
        return None

    def _outputs(self, net: Networks, entry: LayerEntry) -> Any:
        return None

    def _other_strand(self, net: Networks, name: str) -> Any:
        return None

    def _strands(self, nets: Sequence[Networks], merge: str) -> Any:
        return None

    def _turned(self, net: Networks) -> Networks:
        if not net.positions:
            return net
        return replace(net, x=self._other_strand(net, f"other_strand_{net.reads}"))

    def _over_positions(self, net: Networks, kind: str) -> Networks:
        name = f"global_{self._next}"
        entry = self._numbered("pool", name, net, mode=net.mode, positions=False)
        self.backbone = self.number
        return self._features(net, self._global_pool(net, entry, kind))

    # numbers and names

    def _state(self) -> tuple[Any, ...]:
        """Return how far numbers and names have come."""
        counts = (self._used.copy(), self._convolutions.copy())
        return [*self.entries], self.number, self.backbone, *counts, self._sums

    def _set_state(self, state: tuple[Any, ...]) -> None:
        entries, self.number, self.backbone, used, convolutions, self._sums = state
        self.entries, self._used, self._convolutions = [*entries], used.copy(), convolutions.copy()

    @property
    def _next(self) -> str:
        """Number of the next layer, counted in its module."""
        return str(self.number + 1 - self._first)

    def _numbered(
        self, role: str, name: str, net: Networks, *, mode: str = "", positions: bool = True
    ) -> LayerEntry:
        self.number += 1
        entry = LayerEntry(
            self.number,
            self._unique(name),
            role,
            mode or self.mode(self.number),
            reads=net.reads,
            positions=positions and net.positions,
            follows="" if role in _MAKERS else net.layer,
            module=self._module,
        )
        self.entries.append(entry)
        return entry

    def _unnumbered(self, role: str, name: str, net: Networks, *, ahead: int = 0) -> LayerEntry:
        entry = LayerEntry(
            self.number + ahead,
            self._unique(name),
            role,
            net.mode,
            positions=net.positions,
            follows=net.layer,
            module=self._module,
        )
        self.entries.append(entry)
        return entry

    def _check_shared(self, entry: LayerEntry) -> None:
        """Raise ``InputError`` unless all tasks share a layer whose weights cannot be stacked."""
        if entry.mode != SHARED:
            raise InputError(
                f"layer {entry.number} ({entry.role}) cannot be laid once per "
                f"{'group' if entry.mode == GROUPED else 'task'}; share it: "
                f"sharing.depth ≥ {entry.number}"
            )

    def _unique(self, name: str) -> str:
        """Return the name in its module, with a number behind it where it is taken."""
        name = f"{self._module}_{name}" if self._module else name
        self._used[name] += 1
        return name if self._used[name] == 1 else f"{name}_{self._used[name]}"

    def _like(self, net: Networks, x: Any) -> Networks:
        return replace(net, x=x, reads="")

    def _features(self, net: Networks, x: Any) -> Networks:
        return replace(net, x=x, positions=False)

    def _most_branched(self, nets: Sequence[Networks]) -> Networks:
        """Return the activations of the tasks furthest branched; the others are copied to these."""
        if len({net.positions for net in nets}) != 1:
            raise InputError("expected activations that all have positions, or none of them")
        # Soft and own weights are equally many.
        return max(reversed(nets), key=lambda net: min(_RANK[net.mode], _RANK[SOFT]))


_MAKERS = (CONVOLUTION, RECURRENT, DENSE, OUTPUT)
_RANK = {mode: rank for rank, mode in enumerate(MODES)}
