"""Plan of a model: sharing mode of each layer, resolved once and passed on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from chromkeras.architectures.options import Options
from chromkeras.errors import InputError
from chromkeras.recipe.recipe import Recipe
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.layer_table import (
    GROUPED,
    OWN,
    SHARED,
    SOFT,
    LayerTable,
    with_titles,
)
from chromkeras.sharing.outline import Networks, Outline
from chromkeras.sharing.task_groups import task_groups


@dataclass(frozen=True)
class SharingPlan:
    """Sharing mode of each layer, in the numbering of the architecture.

    Attributes
    ----------
    modes
        "shared" (one set of weights), "grouped" (one for each group of tasks), "soft" (each
        task its own, tied by the penalty) or "own" (each task its own, free), in this order:
        where tasks have branched, there is no common input to share a layer on.
    backbone
        Number of the last layer before the head.
    """

    modes: tuple[str, ...]
    backbone: int

    def __getitem__(self, number: int) -> str:
        """Return the mode of layer ``number``, counted from 1."""
        return self.modes[number - 1]

    @property
    def has_shared(self) -> bool:
        """Whether any layer is one for several tasks: for all, or for those of a group."""
        return SHARED in self.modes or self.has_groups

    @property
    def has_groups(self) -> bool:
        """Whether any layer is one for the tasks of a group."""
        return GROUPED in self.modes

    @property
    def has_soft(self) -> bool:
        """Whether any layer is tied by the penalty."""
        return SOFT in self.modes


@dataclass(frozen=True)
class Plan:
    """Everything that a model is built from.

    Attributes
    ----------
    recipe
        Recipe with sizes and sharing; groups by task names.
    tasks
        Names of the T tasks.
    inputs
        Shape of each input without the batch, by name, in the order of the architecture; that of
        DNA is (length, 4).
    problem
        Name of the kind of labels, such as "binary".
    classes
        Names of the classes, for the problem "classes".
    sharing
        Mode of each layer.
    layers
        Table of the layers that the architecture asks for.
    """

    recipe: Recipe
    tasks: tuple[str, ...]
    inputs: dict[str, tuple[int, ...]]
    sharing: SharingPlan
    layers: LayerTable
    problem: str
    classes: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[int, ...]:
        """The group of each task, shape (T,)."""
        return self.layers.groups

    @property
    def units(self) -> int:
        """Outputs of each task: one, or one for each class."""
        return len(self.classes) or 1


@dataclass(frozen=True)
class Outlined:
    """Layers that an architecture asks for, before any task branches.

    Attributes
    ----------
    last
        Number of the last layer, the outputs.
    backbone
        Number of the last layer before the head.
    """

    last: int
    backbone: int
    outline: Outline = field(repr=False, compare=False)


def _none(found: Outlined) -> int:
    return 0


def _backbone(found: Outlined) -> int:
    return found.backbone


def _all_but_outputs(found: Outlined) -> int:
    return found.last - 1


# Plan -> number of the last layer that is shared, and of the last that is soft-shared.
OWN_VALUES: dict[str, tuple[Callable[[Outlined], int], Callable[[Outlined], int]]] = {
    "single": (_none, _none),
    "hard": (_backbone, _none),
    "soft": (_none, _backbone),
    "basset": (_all_but_outputs, _none),
}


def input_names(architecture: Options) -> tuple[str, ...]:
    """Return the names of the inputs that an architecture reads with these options, in order."""
    module = ARCHITECTURES.get(architecture.name)
    chosen = getattr(module, "inputs", None)
    return tuple(module.INPUTS if chosen is None else chosen(architecture))


def outline(recipe: Recipe, modes: Sequence[str] = ()) -> Outlined:
    """List the layers of a recipe's architecture, without making any.

    Parameters
    ----------
    recipe
        Recipe whose architecture is asked.
    modes
        Mode of each layer, by number.
    """
    module, lay = ARCHITECTURES.get(recipe.architecture.name), Outline(modes)
    features = getattr(module, "FEATURES", ())
    inputs = {
        name: Networks(None, reads=name, positions=name not in features)
        for name in input_names(recipe.architecture)
    }
    module.build(recipe.architecture, inputs, lay)
    return Outlined(lay.number, lay.backbone, lay)


def sharing_plan(recipe: Recipe) -> SharingPlan:
    """Return the mode of every layer of a recipe.

    ``single`` shares nothing; ``hard`` the backbone; ``soft`` ties the backbone; ``basset`` shares
    all but the outputs. ``sharing.depth`` and ``sharing.soft`` override; ``sharing.grouped`` puts
    layers shared by the tasks of a group after the shared ones.

    Raises
    ------
    InputError
        ``sharing.depth``, ``grouped`` or ``soft`` lies outside the layers, layers are grouped but
        there are no groups, or the other way round.
    """
    found = outline(recipe)
    backbone, last = found.backbone, found.last
    own_depth, own_soft = (number(found) for number in OWN_VALUES[recipe.plan])
    depth = own_depth if recipe.sharing.depth is None else recipe.sharing.depth
    soft = own_soft if recipe.sharing.soft is None else recipe.sharing.soft
    grouped = recipe.sharing.grouped
    for key, value in (("depth", depth), ("grouped", grouped), ("soft", soft)):
        if not 0 <= value < last:
            raise InputError(
                f"sharing.{key}: expected 0 to {last - 1} (the logits, layer {last}, are always "
                f"a task's own), received {value}"
            )
    _check_groups(depth, grouped, recipe.sharing.groups)
    ends = (depth, max(depth, grouped), max(depth, grouped, soft), last)
    modes: tuple[str, ...] = ()
    for mode, end in zip((SHARED, GROUPED, SOFT, OWN), ends, strict=True):
        modes += (mode,) * (end - len(modes))
    return SharingPlan(modes, backbone)


def resolve_plan(
    recipe: Recipe,
    tasks: Sequence[str],
    inputs: Mapping[str, Sequence[int]],
    *,
    problem: str,
    classes: Sequence[str] = (),
) -> Plan:
    """Resolve recipe, tasks, groups and inputs to a plan.

    Parameters
    ----------
    recipe
        Recipe with groups by task names.
    tasks
        Names of the T tasks.
    inputs
        Shape of each input that there is, without the batch, by name; those that the architecture
        does not read are left out.
    problem, classes
        Kind of the labels, and names of its classes.

    Raises
    ------
    InputError
        The sharing plan does not fit the architecture, a group names an unknown task, an input
        of the architecture is missing, or one along the DNA is of another length.
    """
    sharing = sharing_plan(recipe)
    groups = (0,) * len(tasks)
    if sharing.has_groups:
        groups = task_groups(recipe.sharing.groups, tasks)
    wanted = input_names(recipe.architecture)
    missing = [name for name in wanted if name not in inputs]
    if missing:
        raise InputError(
            f"architecture {recipe.architecture.name}: expected inputs {', '.join(wanted)}, "
            f"received {', '.join(inputs)}"
        )
    _check_along_dna(recipe.architecture.name, {name: tuple(inputs[name]) for name in wanted})
    entries = with_titles(outline(recipe, sharing.modes).outline.entries)
    return Plan(
        recipe,
        tuple(tasks),
        {name: tuple(inputs[name]) for name in wanted},
        sharing,
        LayerTable(entries, tuple(tasks), groups, sharing.backbone),
        problem,
        tuple(classes),
    )


def _check_along_dna(architecture: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise ``InputError`` unless inputs along the DNA have a position for each base."""
    for name in getattr(ARCHITECTURES.get(architecture), "ALONG_DNA", ()):
        bases = shapes["dna"][0]
        if name in shapes and (len(shapes[name]) != 2 or shapes[name][0] != bases):
            raise InputError(
                f"architecture {architecture}: expected input {name} of shape ({bases}, channels), "
                f"a position for each base, received {shapes[name]}"
            )


def _check_groups(depth: int, grouped: int, groups: str) -> None:
    if 0 < grouped <= depth:
        raise InputError(
            f"sharing.grouped: expected more than {depth}, as layers 1 to {depth} are shared by "
            f"all tasks (sharing.depth), received {grouped}"
        )
    if grouped and not groups.strip():
        raise InputError(
            f"sharing.grouped is {grouped}, but sharing.groups is empty; expected groups such as "
            "'a,b;c,d', 'labels:3' or 'gradients:3'"
        )
    if groups.strip() and not grouped:
        raise InputError(
            f"sharing.groups is {groups!r}, but no layer is grouped; expected sharing.grouped "
            f"above sharing.depth ({depth})"
        )
