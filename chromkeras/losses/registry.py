"""Losses by name; a name is a module of this package with ``per_task``."""

from typing import TYPE_CHECKING, Any

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.registry import LOSSES

if TYPE_CHECKING:
    from chromkeras.losses.task_loss import TaskLoss


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


def make_loss(name: str, dataset: Dataset) -> "TaskLoss":
    """Return a loss with the constants that it takes from a data set's training split.

    Parameters
    ----------
    name
        Name of the loss.
    dataset
        What is trained on.

    Raises
    ------
    InputError
        Unknown name, a loss for another problem, or labels that the loss cannot take.
    """
    from chromkeras.losses.task_loss import TaskLoss

    if of_loss(name, "PROBLEM") != dataset.problem:
        fitting = " or ".join(loss_names(dataset.problem))
        raise InputError(
            f"training.loss: expected {fitting} for a data set with the problem "
            f"{dataset.problem}, received {name}"
        )
    return TaskLoss(name, **of_loss(name, "constants")(dataset))
