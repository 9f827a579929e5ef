"""Train a baseline: a data set in, a .keras file out, as of a network."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chromkeras.baselines.options import Options
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.files import locked
from chromkeras.model_file.beside import check_model_path, new_model
from chromkeras.model_file.card import TRAINING_SHARE
from chromkeras.problems.problem import Problem
from chromkeras.problems.registry import find_problem
from chromkeras.progress import progress
from chromkeras.recipe.choices import BASELINE
from chromkeras.registry import BASELINES
from chromkeras.statistics.means import mean_defined

if TYPE_CHECKING:
    import keras

    from chromkeras.baselines.linear import Fit

DNA = "dna"
# Loss that an output of each problem stands for.
LOSSES = {"binary": "plain", "regression": "mse"}
BALANCED = {"binary": "rebalanced", "regression": "mse"}


@dataclass(frozen=True)
class BaselineResult:
    """Result of a baseline's training.

    Attributes
    ----------
    model
        Path of the .keras file.
    scores
        Validation score by task and mean, and what else the run card holds.
    strength, tried
        Chosen C, and the mean validation score of each that was tried.
    rows, features
        Numbers of training rows and of features.
    problem
        Kind of the labels.
    """

    model: Path
    scores: dict[str, Any]
    strength: float
    tried: dict[float, float]
    rows: int
    features: int
    problem: Problem

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "model": self.model,
            "problem": self.problem.name,
            "strength": self.strength,
            "tried": {f"{c:g}": score for c, score in self.tried.items()},
            "rows": self.rows,
            "features": self.features,
            "scores": self.scores,
        }


def train_baseline(
    dataset: Dataset, options: Options, out: str | os.PathLike[str]
) -> BaselineResult:
    """Fit a linear model on fixed features of the DNA, and write it as a model file.

    All tasks are fitted at once, each on its known labels. C is chosen on the validation split by
    the mean score over the tasks; the test split is never touched. Nothing is drawn at random but
    the rows of ``options.rows``, and these alike every time.

    Parameters
    ----------
    dataset
        Data set of DNA with a training and a validation split; other inputs are not read.
    options
        Options of the baseline, as ``baseline_options`` makes them.
    out
        Model file to write, ending in ``.keras``.

    Raises
    ------
    InputError
        The labels are of a kind that the baseline does not know, there is no DNA or rows are pairs
        of it and something else, a split is empty, or a task has one class only.

    Examples
    --------
    >>> import tempfile
    >>> import chromkeras
    >>> from chromkeras.importers.simulate import demo_dataset
    >>> options = chromkeras.baseline_options("kmer", ["baseline.k=3"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = chromkeras.train_baseline(demo_dataset(), options, f"{folder}/kmer.keras")
    >>> result.features
    32
    """
    out = check_model_path(out)
    check_dataset(dataset, options)
    with locked(out):
        found = BASELINES.get(options.name).fit(dataset, options)
        network = build(dataset, options, found)
        scores = _scores(network, dataset, found)
        card = _card(dataset, options, scores)
        with new_model(out, history=False) as (model, _, _):
            carrying(network, card).save(model)
    problem = find_problem(dataset.problem)
    return BaselineResult(
        out, scores, found.strength, found.tried, found.rows, found.features, problem
    )


def check_dataset(dataset: Dataset, options: Options) -> None:
    """Raise ``InputError`` where a baseline cannot be fitted to a data set."""
    module = BASELINES.get(options.name)
    if dataset.problem not in module.PROBLEMS:
        kinds = " or ".join(module.PROBLEMS)
        raise InputError(
            f"baseline {options.name}: expected labels of the problem {kinds}, received "
            f"{dataset.problem}"
        )
    if DNA not in dataset.inputs or dataset.index:
        pairs = ", in pairs" if dataset.index else ""
        raise InputError(
            f"baseline {options.name}: expected rows of DNA, received "
            f"{', '.join(dataset.inputs)}{pairs}"
        )
    problem = find_problem(dataset.problem)
    problem.check_training(dataset)
    problem.check_validation(dataset, dataset.rows("valid"))
    module.feature_count(dataset, options)
    if options.elements:
        chosen = replace(dataset, split=np.where(dataset.elements, dataset.split, "test"))
        problem.check_training(chosen)
        problem.check_validation(chosen, chosen.rows("valid"))


def build(dataset: Dataset, options: Options, found: "Fit") -> "keras.Model":
    """Return the network of a fitted baseline, from DNA (batch, L, 4) to (batch, T)."""
    import keras

    inputs = keras.Input((dataset.dna.length, 4), name=DNA)
    outputs = BASELINES.get(options.name).build(inputs, options, found.weights)
    network = keras.Model(inputs, outputs, name=options.name)
    for name, arrays in found.weights.items():
        network.get_layer(name).set_weights(arrays)
    return network


def carrying(network: "keras.Model", card: Mapping[str, Any]) -> "keras.Model":
    """Return the network with a run card of these arguments."""
    import keras

    from chromkeras.layers.run_card import RunCard

    return keras.Model(
        network.input, RunCard(**card, name="run_card")(network.output), name=network.name
    )


def _card(dataset: Dataset, options: Options, scores: dict[str, Any]) -> dict[str, Any]:
    calibrated = getattr(BASELINES.get(options.name), "CALIBRATED", False)
    weighted = options.balanced and not calibrated
    settings = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(options).items()}
    return {
        "tasks": dataset.tasks,
        "recipe": {
            "plan": options.name,
            BASELINE: settings,
            "training": {"loss": (BALANCED if weighted else LOSSES)[dataset.problem]},
        },
        "fingerprint": dataset.fingerprint,
        "scores": scores,
        "problem": dataset.problem,
        "inputs": {DNA: dataset.dna.shape},
        "version": version("chromkeras"),
    }


def _scores(network: "keras.Model", dataset: Dataset, found: "Fit") -> dict[str, Any]:
    """Return the validation score by task and mean, and what else is known."""
    from chromkeras.evaluation.predict import predict_logits

    problem, rows = find_problem(dataset.problem), dataset.rows("valid")
    # As networks are judged while they train: on the strand that the data set has.
    with progress("score") as report:
        outputs = predict_logits(network, dataset, rows, both_strands=False, progress=report)
    score = problem.scores(dataset.values(rows), outputs)
    key = f"validation_{problem.score}"
    scores = {
        key: dict(zip(dataset.tasks, score.tolist(), strict=True)),
        f"{key}_mean": float(mean_defined(score)),
        "strength": found.strength,
        "parameters": network.count_params(),
    }
    if problem.logits:
        share = dataset.positive_fraction("train")
        scores[TRAINING_SHARE] = dict(zip(dataset.tasks, share.tolist(), strict=True))
    return scores
