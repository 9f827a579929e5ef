"""Losses by name; a name is a module of this package with ``per_task``."""

from typing import Any

from chromkeras.problems.registry import find_problem
from chromkeras.recipe.choices import AUTO
from chromkeras.registry import LOSSES


def loss_names(problem: str | None = None) -> tuple[str, ...]:
    """Return the names of all losses, or of those for a problem such as "regression"."""
    names = LOSSES.names()
    if problem is None:
        return names
    return tuple(name for name in names if of_loss(name, "PROBLEM") == problem)


def of_loss(name: str, what: str) -> Any:
    """Return what a loss says of itself, or raise ``InputError`` for an unknown name.

    Parameters
    ----------
    name
        Name of the loss.
    what
        "per_task" and "constants", its functions; "PROBLEM", what it is for; or "LINK", what an
        output means: "identity", or "exp" where it is the logarithm of the prediction.
    """
    return getattr(LOSSES.get(name), what)


def balances_classes(name: str) -> bool:
    """Return whether a loss of logits is trained as if half of all rows were positive."""
    return bool(getattr(LOSSES.get(name), "BALANCES_CLASSES", False))


def trained_loss(name: str, problem: str) -> str:
    """Return the name of the loss that a recipe stands for.

    Parameters
    ----------
    name
        ``training.loss`` of the recipe, which may be "auto".
    problem
        Name of the problem, whose default loss "auto" is.
    """
    return find_problem(problem).default_loss if name == AUTO else name
