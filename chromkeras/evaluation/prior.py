"""For which share of positives a model's probabilities are given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.losses.registry import balances_classes
from chromkeras.model_file.card import TRAINING_SHARE
from chromkeras.names import unknown
from chromkeras.statistics.calibration import log_odds

if TYPE_CHECKING:
    from chromkeras.model_file.open_model import OpenModel

TRAINING, GIVEN, AS_TRAINED = "training rows", "given", "as trained"


@dataclass(frozen=True, eq=False)
class Prior:
    """What a model's logits are moved by, so that its probabilities hold for a share of positives.

    Attributes
    ----------
    rule
        Whose share: "training rows", "given", or "as trained" where nothing was moved.
    share
        Shape (T,), float64, in the order of the model's tasks; None where it is not known.
    shift
        Shape (T,), float32: what is added to logits.
    """

    rule: str
    share: np.ndarray | None
    shift: np.ndarray

    def applied(self, outputs: np.ndarray) -> np.ndarray:
        """Return logits (..., T) with the shift added; all else is returned as it is."""
        return outputs + self.shift if self.shift.any() else outputs

    @property
    def text(self) -> str:
        """What was done, for people."""
        if self.share is None:
            return "as trained; the share of positives in the training rows is not known"
        low, high = (f"{100 * value:.3g}" for value in (self.share.min(), self.share.max()))
        percent = f"{low} %" if low == high else f"{low} to {high} %"
        of = {TRAINING: ", as in the training rows", GIVEN: ", as given", AS_TRAINED: ""}
        moved = "" if self.shift.any() else ", as the loss trained them"
        return f"for {percent} positives{of[self.rule]}{moved}"

    def to_json(self, tasks: tuple[str, ...]) -> dict[str, Any]:
        """Return rule, share and shift by task, as plain values."""
        named = {"share": self.share, "shift": self.shift}
        return {"rule": self.rule} | {
            key: None if values is None else dict(zip(tasks, values.tolist(), strict=True))
            for key, values in named.items()
        }


def find_prior(
    model: "OpenModel",
    dataset: Dataset | None,
    *,
    calibrated: bool = True,
    prior: float | Mapping[str, float] | None = None,
) -> Prior:
    """Return what to add to a model's logits, so that probabilities come true as often as they say.

    A loss that weights the classes alike learns z = log (p(x | 1) / p(x | 0)), as if half of all
    rows were positive; the plain one learns z + log (ρ / (1 − ρ)), with the share ρ of positives
    among its training rows. Probabilities for a share π need log (π / (1 − π)) in its place
    (King and Zeng 2001, Political Analysis 9:137, prior correction). No ranking changes.

    Parameters
    ----------
    model
        An open model.
    dataset
        What is predicted, if it is a data set. Where the model file does not say ρ it is taken
        from here, if this is the data set of the training or was held out of it.
    calibrated
        Whether to move anything.
    prior
        Share π of positives to give probabilities for, between 0 and 1: one for all tasks, or by
        name of the task; None stands for ρ.

    Raises
    ------
    InputError
        A share is none or given for another kind of labels, or ρ is needed and not known.
    """
    nothing = Prior(AS_TRAINED, None, np.zeros(len(model.tasks), np.float32))
    if prior is not None and not (model.problem.logits and calibrated):
        why = f"problem {model.problem.name!r}" if calibrated else "`calibrated` off"
        raise InputError(f"`prior`: expected none with {why}, received {prior}")
    if not model.problem.logits:
        return nothing
    rho = training_share(model, dataset)
    balanced = balances_classes(model.loss)
    learned = np.full(len(model.tasks), 0.5) if balanced else rho
    if not calibrated:
        return Prior(AS_TRAINED, learned, nothing.shift)
    wanted = rho if prior is None else _given(prior, model.tasks)
    if wanted is None:
        return Prior(AS_TRAINED, learned, nothing.shift)
    if learned is None:
        raise InputError(
            f"`prior`: {model.path} does not say the share of positives that it was trained at; "
            "give the data set that it was trained on, or no prior"
        )
    shift = (log_odds(wanted) - log_odds(learned)).astype(np.float32)
    return Prior(TRAINING if prior is None else GIVEN, wanted, shift)


def training_share(model: "OpenModel", dataset: Dataset | None) -> np.ndarray | None:
    """Return the share of positives of each task in the training rows, shape (T,), or None.

    From the run card, else from the data set where the model was trained on it or on what it was
    held out of.

    Raises
    ------
    InputError
        The run card holds something else.
    """
    given = model.card.scores.get(TRAINING_SHARE)
    if given is not None:
        if not isinstance(given, dict) or set(given) != set(model.tasks):
            raise InputError(
                f"run card: expected {TRAINING_SHARE} for every task, received {given}"
            )
        return _shares([given[task] for task in model.tasks], f"run card: {TRAINING_SHARE}")
    if dataset is None or not dataset.zero_one:
        return None
    if not set(model.tasks) <= set(dataset.tasks):
        return None
    trained, own = model.card.fingerprint, dataset.select_tasks(model.tasks)
    if not (dataset.was_trained_on(trained) or own.was_trained_on(trained)):
        return None
    share = own.origin.positive if own.origin else own.positive_fraction("train")
    return None if share is None or not ((share > 0) & (share < 1)).all() else share


def _given(prior: float | Mapping[str, float], tasks: tuple[str, ...]) -> np.ndarray:
    if not isinstance(prior, Mapping):
        return _shares([prior] * len(tasks), "`prior`")
    for name in prior:
        if name not in tasks:
            raise unknown("task of `prior`", name, tasks)
    for name in tasks:
        if name not in prior:
            raise InputError(f"`prior`: expected a share for every task, received none for {name}")
    return _shares([prior[task] for task in tasks], "`prior`")


def _shares(values: list[Any], where: str) -> np.ndarray:
    for value in values:
        if not isinstance(value, float | np.floating) or not 0 < value < 1:
            raise InputError(
                f"{where}: expected a share of positives between 0 and 1, received {value}"
            )
    return np.array(values, np.float64)
