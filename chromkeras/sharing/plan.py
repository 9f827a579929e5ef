"""The sharing plan: what each layer of the column does with its tasks."""

from dataclasses import dataclass

from chromkeras.errors import InputError
from chromkeras.recipe.recipe import Recipe

SHARED, GROUPED, SOFT, OWN = "shared", "grouped", "soft", "own"


@dataclass(frozen=True)
class SharingPlan:
    """One mode for each layer, in the poster's numbering (a pool counts, though it has no weights).

    Attributes
    ----------
    modes
        "shared" (one set of weights), "grouped" (one for each group of tasks), "soft" (each
        task its own, tied by the penalty) or "own" (each task its own, free), in this order:
        where tasks have parted, there is no common input to share a layer on.
    """

    modes: tuple[str, ...]

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


def sharing_plan(recipe: Recipe) -> SharingPlan:
    """Return the plan of a recipe.

    ``single`` shares nothing; ``hard`` the convolution blocks; ``soft`` ties these blocks;
    ``basset`` shares all but the logits. ``sharing.depth`` and ``sharing.soft`` override;
    ``sharing.grouped`` puts layers shared by the tasks of a group after the shared ones.

    Raises
    ------
    InputError
        ``sharing.depth``, ``grouped`` or ``soft`` lies outside the column, layers are grouped
        but there are no groups, or the other way round.
    """
    trunk = 3 * len(recipe.architecture.filters)
    last = trunk + len(recipe.architecture.dense) + 1
    own_depth = {"single": 0, "soft": 0, "hard": trunk, "basset": last - 1}[recipe.plan]
    depth = own_depth if recipe.sharing.depth is None else recipe.sharing.depth
    own_soft = trunk if recipe.plan == "soft" else 0
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
    return SharingPlan(modes)


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
