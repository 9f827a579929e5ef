"""Training of the models of a benchmark, and their outputs; what a folder holds is not done again.

Each replicate is a model file, which says itself by which recipe and on which data it was trained,
and a file of its outputs for the split, which names the model that they are of.
"""

import hashlib
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path

import numpy as np

from chromkeras.benchmarking.contenders import Contender
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import Evaluation, evaluate
from chromkeras.evaluation.predict import mean_logits
from chromkeras.evaluation.prior import find_prior
from chromkeras.files import replacing
from chromkeras.model_file.archive import open_archive
from chromkeras.model_file.beside import checkpoint_path
from chromkeras.model_file.npz import read_array
from chromkeras.model_file.open_model import OpenModel, open_model
from chromkeras.problems.registry import find_problem
from chromkeras.progress import Report, duration, progress, reporting

UNITS = 1000  # of progress in all
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Replicate:
    """A trained model of a contender, and what it puts out for the split.

    Attributes
    ----------
    contender
        What was trained.
    seed
        Seed of the training.
    path
        Model file.
    outputs
        Shape (n, T) or (n, T, C), for the rows of the split.
    evaluation
        Figures of these outputs.
    """

    contender: Contender
    seed: int
    path: Path
    outputs: np.ndarray
    evaluation: Evaluation


@dataclass(frozen=True, eq=False)
class Runs:
    """The replicates that a benchmark trains and predicts with.

    Attributes
    ----------
    dataset
        Data set.
    contenders
        What is trained.
    seeds
        Number of trainings of each.
    split
        Split whose rows are predicted.
    folder
        Where the files are.
    """

    dataset: Dataset
    contenders: Sequence[Contender]
    seeds: int
    split: str
    folder: Path

    @property
    def every(self) -> list[tuple[Contender, int]]:
        """Contenders and seeds in the order of the trainings: first all with their first seed."""
        seeds = {one.name: one.seeds(self.seeds) for one in self.contenders}
        turns = zip_longest(*seeds.values())
        pairs = (zip(self.contenders, turn, strict=True) for turn in turns)
        return [(one, seed) for turn in pairs for one, seed in turn if seed is not None]

    def check(self) -> dict[str, float]:
        """Return the relative work of training each contender, by its name.

        Raises
        ------
        InputError
            A contender cannot be built for the data set, or a file of the folder is of another
            training or other data. Nothing was trained then.
        """
        work = {one.name: one.work(self.dataset) for one in self.contenders}
        for one, seed in self.every:
            if (path := one.path(self.folder, seed)).exists():
                one.check_file(path, self.dataset, seed)
        known = [value for value in work.values() if value]
        return {name: value or float(np.mean(known or [1.0])) for name, value in work.items()}

    def make(self) -> list[Replicate]:
        """Train what is not there; return all, in the order of the trainings."""
        work, found = self.check(), []
        todo = [(one, seed) for one, seed in self.every if not self._trained(one, seed)]
        if done := len(self.every) - len(todo):
            _log.info("%d of %d models are there: going on", done, len(self.every))
        total = sum(work[one.name] for one, _ in todo) or 1.0
        began, over = time.monotonic(), 0.0
        with progress("benchmark") as report:
            for one, seed in self.every:
                if (one, seed) not in todo:
                    found.append(self._replicate(one, seed))
                    continue
                share = work[one.name] / total
                with reporting(partial(_part, report, over, share, _title(one, seed))):
                    self._train(one, seed)
                    found.append(self._replicate(one, seed))
                over += share
                left = (time.monotonic() - began) * (1 - over) / over
                self._tell(found[-1], left)
        return found

    def _trained(self, one: Contender, seed: int) -> bool:
        path = one.path(self.folder, seed)
        return path.exists() and not checkpoint_path(path).exists()

    def _train(self, one: Contender, seed: int) -> None:
        try:
            one.train(self.dataset, one.path(self.folder, seed), seed)
        except InputError as error:
            raise InputError(f"{_title(one, seed)}: {error}") from error

    def _replicate(self, one: Contender, seed: int) -> Replicate:
        path, rows = one.path(self.folder, seed), self.dataset.rows(self.split)
        model = open_model(path)
        outputs = self._outputs(model, rows)
        evaluation = evaluate(outputs, self.dataset, rows, link=model.link)
        return Replicate(one, seed, path, outputs, evaluation)

    def _outputs(self, model: OpenModel, rows: np.ndarray) -> np.ndarray:
        """Return a model's outputs for the rows, from its file of them where there is one."""
        path = model.path.with_name(f"{model.path.stem}.{self.split}.npz")
        digest = np.frombuffer(hashlib.sha256(model.path.read_bytes()).digest(), np.uint8)
        if path.exists():
            with suppress(InputError), open_archive(path, "outputs", ".npz") as archive:
                of = read_array(archive, "model", kinds="u")
                same = np.array_equal(read_array(archive, "rows", kinds="iu"), rows)
                if same and np.array_equal(of, digest):
                    return read_array(archive, "outputs", kinds="f")
        outputs = find_prior(model, self.dataset).applied(mean_logits(model, self.dataset, rows))
        with replacing(path) as beside, beside.open("wb") as file:
            np.savez(file, rows=rows, outputs=outputs, model=digest)
        return outputs

    def _tell(self, done: Replicate, left: float) -> None:
        problem = find_problem(self.dataset.problem)
        score = done.evaluation.strata["all"].mean[problem.score]
        after = f"; about {duration(left)} left" if left >= 1 else ""
        name = _title(done.contender, done.seed)
        _log.info("%s: %s %.4f on %s%s", name, problem.score_title, score, self.split, after)


def _title(one: Contender, seed: int) -> str:
    return f"{one.name}, seed {seed}"


@contextmanager
def _part(report: Report, over: float, share: float, title: str, label: str) -> Iterator[Report]:
    """Report the progress of a training, a share of the work, as progress of the whole."""
    highest = 0.0

    def tell(done: int, total: int, note: str = "") -> None:
        nonlocal highest
        highest = max(highest, done / max(total, 1))  # a part may tell of several works in turn
        whole = round(UNITS * (over + share * min(highest, 1.0)))
        report(whole, UNITS, ", ".join(filter(None, (title, note))))

    yield tell
