"""One model or several of one recipe, used together: mean, spread, and each of them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.prior import Prior, find_prior
from chromkeras.files import sha256_of
from chromkeras.model_file.open_model import OpenModel, open_model
from chromkeras.names import printable, unknown
from chromkeras.problems.problem import Problem
from chromkeras.scoring.contrasts import Target
from chromkeras.sharing.shared_rows import unshared_inputs

Models = str | os.PathLike[str] | OpenModel | Sequence[str | os.PathLike[str] | OpenModel]
Scale = Literal["probability", "logit"]
SCALES: tuple[Scale, ...] = ("probability", "logit")


@dataclass(frozen=True, eq=False)
class Scores:
    """What members say of n rows, for S targets (times classes, where there are any).

    Attributes
    ----------
    mean
        Shape (n, S), float64: of tasks what the mean output says, of contrasts the mean.
    spread
        Shape (n, S), float64: standard deviation over the members, with M - 1 in the denominator;
        0 for a single member.
    each
        Shape (M, n, S), float64: what each member says.
    """

    mean: np.ndarray
    spread: np.ndarray
    each: np.ndarray


@dataclass(frozen=True, eq=False)
class Members:
    """Networks that give the same outputs, with what makes their outputs into scores.

    Attributes
    ----------
    models
        M open models of one network each; an ensemble stands for its members.
    priors
        What is added to the logits of each.
    """

    models: tuple[OpenModel, ...]
    priors: tuple[Prior, ...]

    def __len__(self) -> int:
        return len(self.models)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Task names, in the order of the outputs."""
        return self.models[0].tasks

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, where there are any."""
        return self.models[0].card.classes

    @property
    def problem(self) -> Problem:
        """What the labels are."""
        return self.models[0].problem

    @property
    def link(self) -> str:
        """What an output means; see ``OpenModel.link``."""
        return self.models[0].link

    @property
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """Shape of a row of each input, by name."""
        return dict(unshared_inputs(self.models[0].network))

    @property
    def length(self) -> int:
        """Bases of the only input, DNA.

        Raises
        ------
        InputError
            The models read other inputs as well, or none along the DNA alone.
        """
        shapes = self.inputs
        dna = [name for name, shape in shapes.items() if len(shape) == 2 and shape[1] == 4]
        others = [name for name in shapes if name != (dna or [""])[0]]
        if others or not dna:
            raise InputError(
                f"{self.models[0].path} reads {', '.join(others)} beside DNA, which a sequence "
                "alone does not give; expected `data`, a data set with all its inputs"
            )
        return int(shapes[dna[0]][0])

    @cached_property
    def facts(self) -> list[dict[str, Any]]:
        """Name, SHA-256 and data fingerprint of each model file, as plain values."""
        return [
            {
                "file": model.path.name,
                "sha256": sha256_of(model.path),
                "trained on": model.card.fingerprint,
            }
            for model in self.models
        ]

    def moved(self, logits: np.ndarray) -> np.ndarray:
        """Return outputs (M, n, T) or (M, n, T, C) with each member's prior applied, float64.

        Logits of binary labels are moved to the share of positives of ``priors``; all other
        outputs come back as they are.
        """
        each = [
            prior.applied(one.astype(np.float64))
            for prior, one in zip(self.priors, logits, strict=True)
        ]
        return np.stack(each)

    def scores(
        self,
        logits: np.ndarray,
        targets: Sequence[Target],
        *,
        scale: Scale = "probability",
    ) -> Scores:
        """Return mean, spread and each member's scores.

        Parameters
        ----------
        logits
            Outputs of the members, shape (M, n, T) or (M, n, T, C), before any prior.
        targets
            S tasks and contrasts. A contrast is a difference of (mean) outputs on either scale: of
            log-odds for binary labels.
        scale
            "probability" for what people read of a task: a probability, or a value of a
            regression; "logit" for outputs as the loss has them.

        Returns
        -------
        Scores
            Columns are the targets in order; with C classes those of each target side by side. The
            mean of a task is what the mean output says (of probabilities the normalised geometric
            mean), as for the folder of an ensemble.
        """
        outputs = self.moved(logits)
        each = np.stack([self._values(one, targets, scale) for one in outputs])
        mean = self._values(outputs.mean(axis=0), targets, scale)
        spread = each.std(axis=0, ddof=1) if len(each) > 1 else np.zeros_like(mean)
        return Scores(mean, spread, each)

    def headings(self, targets: Sequence[Target]) -> tuple[str, ...]:
        """Return the names of the columns of ``scores``: a target, or TARGET:CLASS."""
        if not self.classes:
            return tuple(target.name for target in targets)
        return tuple(f"{target.name}:{name}" for target in targets for name in self.classes)

    def _values(self, outputs: np.ndarray, targets: Sequence[Target], scale: Scale) -> np.ndarray:
        said = outputs
        if scale == "probability":
            said = self.problem.predictions(outputs, self.link)
        columns = []
        for target in targets:
            if not target.lowered and len(target.raised) == 1:
                columns.append(said[:, self.tasks.index(target.raised[0])])
                continue
            weights = np.array([target.weights.get(task, 0.0) for task in self.tasks])
            columns.append(np.moveaxis(outputs, 1, -1) @ weights)
        return np.stack(columns, axis=1).reshape(len(outputs), -1)


def open_members(
    models: Models,
    dataset: Dataset | None = None,
    *,
    calibrated: bool = True,
    prior: float | Mapping[str, float] | None = None,
) -> Members:
    """Open one model or several as members of an ensemble.

    Parameters
    ----------
    models
        Open models, model files, folders of ensembles, or names of shipped models: one or several
        that agree in tasks, labels, inputs and what an output means.
    dataset
        Data set whose share of positives is taken where a model file does not say that of its
        training rows; see ``find_prior``.
    calibrated, prior
        As for ``chromkeras.predict``.

    Raises
    ------
    InputError
        A file is no model, a file is given twice, or the models differ.

    Examples
    --------
    >>> members = open_members(["worm_sharing/hard", "worm_sharing/soft"])
    >>> len(members), members.length
    (2, 600)
    """
    given = [models] if isinstance(models, str | os.PathLike | OpenModel) else [*models]
    if not given:
        raise InputError("expected at least one model, received none")
    opened = [m if isinstance(m, OpenModel) else open_model(m) for m in given]
    flat = [member for model in opened for member in model.members or (model,)]
    _check_alike(flat)
    priors = [find_prior(m, dataset, calibrated=calibrated, prior=prior) for m in flat]
    return Members(tuple(flat), tuple(priors))


def check_scale(scale: str) -> None:
    """Raise ``InputError`` for an unknown scale."""
    if scale not in SCALES:
        raise unknown("scale", scale, SCALES)


def _check_alike(models: Sequence[OpenModel]) -> None:
    first = models[0]
    paths: set[Path] = set()
    for model in models:
        if (place := model.path.resolve()) in paths:
            raise InputError(f"model {model.path} is given twice; expected each once")
        paths.add(place)
        for what, of in _ALIKE.items():
            if of(model) != of(first):
                raise InputError(
                    f"expected models with equal {what}; {model.path} has "
                    f"{_short(of(model))}, {first.path} has {_short(of(first))}"
                )


_ALIKE = {
    "tasks": lambda model: model.tasks,
    "labels": lambda model: (model.card.problem, model.card.classes),
    "inputs": lambda model: unshared_inputs(model.network),
    "outputs": lambda model: (model.link, model.network.output_shape[1:]),
}


def _short(value: Any) -> str:
    return printable(value, longest=80)
