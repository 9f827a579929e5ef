"""Training of the models of a cross-validation, one fold after the other."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np

from chromkeras.cross_validation.fold_scores import FoldScores, score_rows
from chromkeras.cross_validation.folds import Folds
from chromkeras.cross_validation.state import State
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.predict import mean_logits
from chromkeras.evaluation.prior import find_prior
from chromkeras.losses.registry import of_loss, trained_loss
from chromkeras.model_file.beside import checkpoint_path
from chromkeras.model_file.open_model import open_model
from chromkeras.problems.problem import Problem
from chromkeras.progress import Report, duration, progress, reporting
from chromkeras.recipe.recipe import Recipe
from chromkeras.training.divergence import DivergedError
from chromkeras.training.train import train

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Run:
    """Training of the folds that are not done.

    Attributes
    ----------
    dataset, recipe, folds
        Data set, recipe and folds.
    state
        Folder that is written to.
    problem
        Kind of the labels.
    devices, shard
        As for ``train``.
    """

    dataset: Dataset
    recipe: Recipe
    folds: Folds
    state: State
    problem: Problem
    devices: int = 1
    shard: str = "data"

    @property
    def link(self) -> str:
        """Link of the loss."""
        loss = trained_loss(self.recipe.training.loss, self.dataset.problem)
        return str(of_loss(loss, "LINK"))

    def train_all(self) -> dict[int, np.ndarray]:
        """Train and predict the folds that are not done; return the outputs of all, by fold."""
        outputs = self.state.outputs(self.folds)
        todo = [fold for fold in range(1, self.folds.count + 1) if fold not in outputs]
        if outputs and todo:
            _log.info("%d of %d folds are done: going on", len(outputs), self.folds.count)
        began = time.monotonic()
        with progress("crossval") as report:
            for place, fold in enumerate(todo):
                label = self.folds.title(fold)
                with reporting(partial(_as_part, report, place, len(todo), label)):
                    outputs[fold] = self.train_fold(fold)
                self.state.write_outputs(outputs, self.folds, self.problem, self.link)
                took = (time.monotonic() - began) / (place + 1)
                self.tell(fold, outputs[fold], took * (len(todo) - place - 1))
        return outputs

    def train_fold(self, fold: int) -> np.ndarray:
        """Train a fold's model, or take it as it is, and return outputs for the rows held out."""
        view, path = self.folds.dataset(self.dataset, fold), self.state.model(fold)
        _log.info("%s", self.folds.title(fold))
        started = checkpoint_path(path).exists()
        if started or not path.exists():
            self.fit(view, fold, resume=started)
        model, rows = open_model(path), self.folds.rows(fold)
        return find_prior(model, view).applied(mean_logits(model, view, rows))

    def fit(self, view: Dataset, fold: int, *, resume: bool) -> None:
        """Train a fold's model, from the start or from the state that a stop left."""
        path = self.state.model(fold)
        try:
            train(view, self.recipe, path, resume=resume, devices=self.devices, shard=self.shard)
        except InputError as error:
            broken = isinstance(error.__cause__, DivergedError)
            if broken:  # weights before it are no fold's model
                path.unlink(missing_ok=True)
            why = f"{error.__cause__}; lower training.learning_rate" if broken else error
            raise InputError(f"{self.folds.title(fold)}: {why}") from error

    def score(self, fold: int, outputs: np.ndarray) -> FoldScores:
        """Measure the outputs for the rows that a fold held out."""
        view = self.folds.dataset(self.dataset, fold)
        rows, path = self.folds.rows(fold), self.state.model(fold)
        return score_rows(fold, view, rows, outputs, path, link=self.link)

    def tell(self, fold: int, outputs: np.ndarray, left: float) -> None:
        """Log the scores of a fold, and the seconds left."""
        scores, title = self.score(fold, outputs), self.problem.score_title
        _log.info(
            "%s: %s %.4f on the rows held out, %.4f on those that chose the epoch%s",
            self.folds.title(fold),
            title,
            scores.mean,
            scores.mean_validation,
            f"; about {duration(left)} left" if left else "",
        )


@contextmanager
def _as_part(report: Report, place: int, parts: int, title: str, label: str) -> Iterator[Report]:
    """Report the progress of a part of the work as progress of the whole."""

    def tell(done: int, total: int, note: str = "") -> None:
        report(place * total + done, parts * total, ", ".join(filter(None, (title, note))))

    yield tell
