"""Layer table: the layers of a model by number, name, role and sharing mode."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from chromkeras.errors import InputError

SHARED, GROUPED, SOFT, OWN = MODES = ("shared", "grouped", "soft", "own")
COMMON = (SHARED, GROUPED)
CONVOLUTION, NORMALIZATION, SUMMARY = "convolution", "normalization", "summary"
DENSE, RECURRENT, OUTPUT = "dense", "recurrent", "output"
WITH_WEIGHTS = (CONVOLUTION, NORMALIZATION, SUMMARY, DENSE, RECURRENT, OUTPUT)
ACTIVATION, PRODUCT = "activation", "product"
ROLES = (*WITH_WEIGHTS, "pool", ACTIVATION, "sum", PRODUCT)
# Roles of layers that only scale and shift; in files of earlier versions a summary has the first.
SCALES = (NORMALIZATION, SUMMARY)


@dataclass(frozen=True)
class LayerEntry:
    """A layer of a model.

    Attributes
    ----------
    number
        Place in the numbering of the architecture, from 1: convolutions, normalisations, pools,
        dense and recurrent layers and the outputs count; other layers have the number of what
        they follow.
    name
        Name of the Keras layer.
    role
        One of ``ROLES``.
    mode
        Sharing mode: "shared", "grouped", "soft" or "own". A layer without weights has
        that of the layer before it.
    reads
        Name of the model's input that it reads directly, "" for none.
    title
        Name for people, such as "block 1", where the output of this layer stands for a block of
        layers in comparisons; else "".
    positions
        Whether its output has an axis of positions.
    follows
        Name of the convolution, dense or recurrent layer whose output it works on, "" for none:
        for such a layer itself, and in files of earlier versions.
    module
        Name of the module of the architecture that it is in, "" for none.
    """

    number: int
    name: str
    role: str
    mode: str
    reads: str = ""
    title: str = ""
    positions: bool = True
    follows: str = ""
    module: str = ""

    @property
    def has_weights(self) -> bool:
        """Whether the layer has weights."""
        return self.role in WITH_WEIGHTS


@dataclass(frozen=True)
class LayerTable:
    """All layers of a model that hold weights or stand for a block, in order.

    Attributes
    ----------
    entries
        Layers.
    tasks
        Names of the T tasks.
    groups
        Group of each task, shape (T,), from 0.
    backbone
        Number of the last layer before the head: all that works on positions.
    """

    entries: tuple[LayerEntry, ...]
    tasks: tuple[str, ...]
    groups: tuple[int, ...]
    backbone: int

    def __iter__(self) -> Any:
        return iter(self.entries)

    def __getitem__(self, name: str) -> LayerEntry:
        """Return the layer of a name."""
        return next(entry for entry in self.entries if entry.name == name)

    @property
    def last(self) -> int:
        """Number of the last layer, the outputs."""
        return max(entry.number for entry in self.entries)

    @property
    def weighted(self) -> tuple[LayerEntry, ...]:
        """The layers with weights."""
        return tuple(entry for entry in self.entries if entry.has_weights)

    @property
    def titled(self) -> tuple[LayerEntry, ...]:
        """The layers whose output stands for a block of layers."""
        return tuple(entry for entry in self.entries if entry.title)

    def first_convolution(self, reads: str = "dna") -> LayerEntry:
        """Return the first convolution that reads an input.

        Raises
        ------
        InputError
            There is none.
        """
        for entry in self.entries:
            if entry.role == CONVOLUTION and entry.reads == reads:
                return entry
        raise InputError(
            f"expected a model with a convolution on the input {reads!r}, received one without"
        )

    def readers(self, mode: str) -> tuple[tuple[str, ...], ...]:
        """Return the names of the tasks that read each network of a layer of a mode."""
        if mode == SHARED:
            return (self.tasks,)
        if mode != GROUPED:
            return tuple((task,) for task in self.tasks)
        pairs = list(zip(self.groups, self.tasks, strict=True))
        return tuple(tuple(t for g, t in pairs if g == k) for k in range(max(self.groups) + 1))

    def networks(self, mode: str) -> int:
        """Return how many networks lie side by side in a layer of a mode."""
        return {SHARED: 1, GROUPED: max(self.groups, default=0) + 1}.get(mode, len(self.tasks))

    def to_config(self) -> dict[str, Any]:
        """Return plain values for the model file; the tasks stand elsewhere in it."""
        return {
            "entries": [asdict(entry) for entry in self.entries],
            "groups": list(self.groups),
            "backbone": self.backbone,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], tasks: Sequence[str]) -> "LayerTable":
        """Return the table that ``to_config`` described, for the tasks of the file.

        Raises
        ------
        InputError
            A value is missing or of the wrong type.
        """
        try:
            entries = tuple(_entry(one) for one in config["entries"])
            groups = tuple(_whole(group) for group in config["groups"])
            backbone = _whole(config["backbone"])
        except (KeyError, TypeError) as error:
            raise InputError(f"expected a table of layers, received {error}") from error
        if len(groups) != len(tasks) or set(groups) != set(range(max(groups, default=-1) + 1)):
            raise InputError(f"expected a group for each of {len(tasks)} tasks, received {groups}")
        return cls(entries, tuple(tasks), groups, backbone)


def _entry(values: Mapping[str, Any]) -> LayerEntry:
    known = {each.name: each.type for each in fields(LayerEntry)}
    if not isinstance(values, Mapping) or not set(values) <= set(known):
        raise TypeError(f"an entry {values!r:.80}")
    for name, value in values.items():
        if type(value) is not known[name]:
            raise TypeError(f"{name} {value!r:.80}")
    entry = LayerEntry(**values)
    if entry.role not in ROLES or entry.mode not in MODES:
        raise TypeError(f"role {entry.role!r:.40}, mode {entry.mode!r:.40}")
    return entry


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r:.80} for a whole number")
    return value


def with_titles(entries: Iterable[LayerEntry]) -> tuple[LayerEntry, ...]:
    """Return the layers with those that stand for a block named.

    The last layer with positions before the next convolution stands for "block 1", "block 2", …;
    the activation of a dense layer, or the layer itself, for "dense N", and likewise for a
    recurrent layer without positions; the outputs for "logits".
    """
    found = list(entries)
    vectors = {entry.name: entry for entry in found if entry.role in (DENSE, RECURRENT)}
    last: dict[str, int] = {}
    block = 0
    for place, entry in enumerate(found):
        if entry.role == CONVOLUTION:
            block += 1
        if entry.role == OUTPUT:
            last["logits"] = place
        elif entry.positions and entry.role != SUMMARY:
            last[f"block {block}"] = place
        elif entry.name in vectors or entry.role == ACTIVATION:
            made = vectors.get(entry.follows, entry)
            last[f"{made.role if made.name in vectors else DENSE} {made.number}"] = place
    titles = {place: title for title, place in last.items()}
    values = (asdict(entry) | {"title": titles.get(i, "")} for i, entry in enumerate(found))
    return tuple(LayerEntry(**one) for one in values)
