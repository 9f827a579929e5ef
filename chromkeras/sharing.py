"""The sharing plan: what each layer of the column does with its tasks."""

from dataclasses import dataclass

from chromkeras.recipe import Recipe

SHARED, SOFT, OWN = "shared", "soft", "own"


@dataclass(frozen=True)
class SharingPlan:
    """One mode for each layer, in the poster's numbering (a pool counts, though it has no weights).

    Attributes
    ----------
    modes
        "shared" (one set of weights), "soft" (each task its own, tied by the penalty) or "own"
        (each task its own, free). Shared layers come first: where tasks have parted, there is
        no common input to share a layer on.
    """

    modes: tuple[str, ...]

    def __getitem__(self, number: int) -> str:
        """Return the mode of layer ``number``, counted from 1."""
        return self.modes[number - 1]

    @property
    def has_shared(self) -> bool:
        """Whether any layer is one for all tasks."""
        return SHARED in self.modes

    @property
    def has_soft(self) -> bool:
        """Whether any layer is tied by the penalty."""
        return SOFT in self.modes


def sharing_plan(recipe: Recipe) -> SharingPlan:
    """Return the plan of a recipe.

    ``single`` shares nothing; ``hard`` the convolution blocks; ``soft`` ties these blocks;
    ``basset`` shares all but the logits. ``sharing.depth`` and ``sharing.soft`` override.

    Raises
    ------
    ValueError
        ``sharing.depth`` or ``sharing.soft`` lies outside the column.
    """
    trunk = 3 * len(recipe.architecture.filters)
    last = trunk + len(recipe.architecture.dense) + 1
    own_depth = {"single": 0, "soft": 0, "hard": trunk, "basset": last - 1}[recipe.plan]
    depth = own_depth if recipe.sharing.depth is None else recipe.sharing.depth
    own_soft = trunk if recipe.plan == "soft" else 0
    soft = own_soft if recipe.sharing.soft is None else recipe.sharing.soft
    for key, value in (("depth", depth), ("soft", soft)):
        if not 0 <= value < last:
            raise ValueError(
                f"sharing.{key}: expected 0 to {last - 1} (the logits, layer {last}, are always "
                f"a task's own), received {value}"
            )
    soft_layers = max(soft - depth, 0)
    return SharingPlan(
        (SHARED,) * depth + (SOFT,) * soft_layers + (OWN,) * (last - depth - soft_layers)
    )
