"""Search for the hyperparameters with the best validation score."""

import gc
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.files import locked
from chromkeras.names import unknown
from chromkeras.problems.registry import find_problem
from chromkeras.progress import Report, progress
from chromkeras.recipe.recipe import Recipe
from chromkeras.search.choices import AUTO, PRUNERS, SAMPLERS, TRIALS
from chromkeras.search.claims import Claims
from chromkeras.search.records import RUNNING, TrialRecord, best_record, make_records
from chromkeras.search.report import (
    SUMMARY,
    TuningResult,
    draw_pictures,
    importance,
    tuning_result,
    write_tables,
)
from chromkeras.search.run_trial import run_trial
from chromkeras.search.samplers import distributions
from chromkeras.search.space import read_space
from chromkeras.search.storage import check_storage
from chromkeras.search.study import Search, open_study
from chromkeras.training.init_model import check_init

if TYPE_CHECKING:
    from optuna.trial import Trial

STORAGE, FOLDER = "study.db", ".trials"
_log = logging.getLogger(__name__)


def tune(
    dataset: Dataset,
    recipe: Recipe,
    space: str | os.PathLike[str] | Mapping[str, Any],
    out: str | os.PathLike[str],
    *,
    sampler: str = "tpe",
    trials: int | None = None,
    pruner: str = AUTO,
    replicates: int = 1,
    seed: int = 0,
    storage: str | os.PathLike[str] | None = None,
) -> TuningResult:
    """Search for the recipe with the best mean validation score; the test split is not touched.

    Every trial trains by ``recipe`` with some values changed. The trials lie in one storage, from
    which a search that was stopped goes on, and which several processes may share: each trial is
    run once. One process and one seed always give the same trials.

    Parameters
    ----------
    dataset
        Data set with a training and a validation split.
    recipe
        Recipe that every trial starts from.
    space
        Values to try: the name of a shipped search space, a TOML file with tables by section of
        the recipe, or a mapping of what such a file holds.
    out
        Folder to write: a table of the trials, the best recipe, pictures.
    sampler
        Choice of the values to try next: "tpe", "random" or "grid".
    trials
        Number of trials in all; None takes 50, or of a grid every combination.
    pruner
        Early end of trials that lag behind: "median", "halving", "none", or "auto" for median,
        and none for a grid.
    replicates
        Number of trainings of each trial, with the recipe's seed and those after it; their mean
        score counts.
    seed
        Seed of the sampler; trainings have the recipe's own.
    storage
        File of the trials: .db or .sqlite for SQLite, .log or .journal for a journal, which also
        works where machines share a folder. None takes study.db in ``out``.

    Returns
    -------
    TuningResult
        All trials, the best of them, and what was written.

    Raises
    ------
    InputError
        The space, the data set or an option will not do, the storage holds another search, or no
        trial could be trained.

    Examples
    --------
    >>> import tempfile
    >>> import chromkeras
    >>> from chromkeras.importers.simulation import Simulation
    >>> dataset = chromkeras.simulate(Simulation(tasks=2, sequences=200, length=200))
    >>> small = ["architecture.filters=[4, 4, 4]", "architecture.dense=[4]", "training.epochs=1"]
    >>> recipe = chromkeras.make_recipe("hard", settings=small)
    >>> space = {"training": {"batch_size": {"choices": [32, 64]}}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = chromkeras.tune(dataset, recipe, space, folder, sampler="grid")
    >>> result.counts
    {'done': 2}
    """
    found = read_space(space, recipe.architecture.name)
    _check_options(sampler, trials, pruner, replicates, seed)
    path = check_storage(Path(out) / STORAGE if storage is None else storage)
    problem = find_problem(dataset.problem)
    problem.check_training(dataset)
    problem.check_validation(dataset, dataset.rows("valid"))
    check_init(recipe)
    grid = found.grid() if sampler == "grid" else None
    most = TRIALS if grid is None else len(grid)
    wanted = most if trials is None else trials if grid is None else min(trials, most)
    if pruner == AUTO:
        pruner = "median" if grid is None else "none"
    search = Search(dataset.fingerprint, recipe, found, sampler, pruner, replicates, seed)
    # Processes of one study write the same tables; those of another study other ones.
    with locked(Path(out) / SUMMARY, shared=os.path.realpath(path)):
        with open_study(path, search) as study:
            claims = Claims(
                study,
                path,
                distributions(found),
                sampler=sampler,
                seed=seed,
                wanted=wanted,
                grid=grid,
            )
            runner = _Runner(dataset, search, Path(out), claims)
            runner.run()
            result = replace(runner.result(), importance=importance(study))
        write_tables(result)
        draw_pictures(result, found)
    return result


class _Runner:
    """The trials that this process runs, one after the other."""

    def __init__(self, dataset: Dataset, search: Search, out: Path, claims: Claims) -> None:
        self.dataset, self.search, self.out, self.claims = dataset, search, out, claims
        self.problem = find_problem(dataset.problem)
        self.each = search.recipe.training.epochs * search.replicates
        self.before = self._over()

    def records(self) -> tuple[TrialRecord, ...]:
        """Return a record of each trial so far."""
        return make_records(self.claims.counted(), tuple(self.search.space.domains))

    def result(self) -> TuningResult:
        """Return the result of the trials so far."""
        return tuning_result(self.records(), self.search, self.out, self.claims.path, self.problem)

    def run(self) -> None:
        """Run trials until none is left to begin."""
        with progress("tune") as report:
            while (trial := self.claims.next()) is not None:
                try:
                    with self.claims.alive(trial):
                        self._run(trial, report)
                except BaseException:  # also where it is stopped: others may take the trial
                    self.claims.release(trial)
                    raise
                gc.collect()  # models hold themselves in circles, megabytes each
                self._tell(trial.number)
        if all(record.state != RUNNING for record in self.records()):
            shutil.rmtree(self.out / FOLDER, ignore_errors=True)  # also what killed ones left

    def _run(self, trial: "Trial", report: Report) -> None:
        records = self.records()
        best = best_record(records)
        over, total = self._over(records) - self.before, self.claims.wanted - self.before
        note = f"trial {trial.number}" + (f", best {best.score:.4f}" if best else "")

        def advance(epochs: int, score: float) -> None:
            done = over * self.each + min(epochs, self.each)
            report(done, max(total, over + 1) * self.each, f"{note}, now {score:.4f}")

        run_trial(
            trial,
            self.dataset,
            self.search.recipe,
            self.search.space,
            self.out / FOLDER / str(trial.number),
            replicates=self.search.replicates,
            progress=advance,
        )

    def _over(self, records: tuple[TrialRecord, ...] | None = None) -> int:
        return sum(r.over for r in (self.records() if records is None else records))

    def _tell(self, number: int) -> None:
        """Log how a trial ended."""
        records = self.records()
        if best_record(records) is not None:
            write_tables(self.result())
        record = next((record for record in records if record.number == number), None)
        if record is None:
            _log.info("trial %d was taken over by another process", number)
            return
        score = f"{self.problem.score_title} {record.score:.4f}"
        ends = {"done": score, "pruned": f"pruned at {score}", "failed": f"failed: {record.error}"}
        best = ", the best so far" if record == best_record(records) else ""
        _log.info(
            "trial %d (%d of %d): %s%s; %s",
            number,
            self._over(records),
            self.claims.wanted,
            ends.get(record.state, record.state),
            best,
            record.to_text(),
        )


def _check_options(
    sampler: str, trials: int | None, pruner: str, replicates: int, seed: int
) -> None:
    if sampler not in SAMPLERS:
        raise unknown("sampler", sampler, SAMPLERS)
    if pruner not in PRUNERS:
        raise unknown("pruner", pruner, PRUNERS)
    for name, value, least in (
        ("trials", trials, 1),
        ("replicates", replicates, 1),
        ("seed", seed, 0),
    ):
        if value is not None and value < least:
            raise InputError(f"`{name}`: expected at least {least}, received {value}")
