"""Train, evaluate and time models side by side: the primer's table, measured."""

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chromkeras.benchmarking.contenders import (
    SMALL,
    Contender,
    fitting_models,
    make_contenders,
)
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import check_rows
from chromkeras.files import filling, locked, write_json, write_text
from chromkeras.names import unknown
from chromkeras.problems.problem import Problem
from chromkeras.problems.registry import find_problem
from chromkeras.progress import progress
from chromkeras.tables import plain, write_tsv

if TYPE_CHECKING:
    from chromkeras.benchmarking.differences import Difference
    from chromkeras.benchmarking.runs import Replicate
    from chromkeras.benchmarking.timing import PredictionTime
    from chromkeras.model_file.open_model import OpenModel

HELD_OUT = ("valid", "test")
SUMMARY = "benchmark.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Benchmark:
    """Result of a benchmark.

    Attributes
    ----------
    out
        Folder that was written.
    table
        A row for each contender: what it is, its size and times, mean and spread of its figures.
    differences
        Differences of score between contenders.
    models
        Model files, by contender and seed.
    files
        Tables and pictures.
    facts
        What ``benchmark.json`` holds.
    """

    out: Path
    table: tuple[dict[str, Any], ...]
    differences: tuple["Difference", ...]
    models: tuple[Path, ...]
    files: tuple[Path, ...]
    facts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the paths, and what the JSON file holds."""
        return {
            "out": self.out, "models": list(self.models), "files": list(self.files), **self.facts,
        }  # fmt: skip


def benchmark(
    dataset: Dataset,
    out: str | os.PathLike[str],
    models: Sequence[str] | None = None,
    *,
    plans: Sequence[str] = ("hard",),
    size: str = SMALL,
    settings: Iterable[str] = (),
    seeds: int = 3,
    split: str = "test",
    bootstrap: int = 1000,
    repeats: int = 15,
) -> Benchmark:
    """Train models on one data set, and measure how well they predict, how fast, and their size.

    Every model is trained under every plan with every seed, by its own recipe and with the settings
    given. A model file that the folder holds already is not trained again, so a benchmark that was
    stopped goes on, and one more model or seed adds to it.

    Parameters
    ----------
    dataset
        Data set; its training and validation splits train.
    out
        Folder to write.
    models
        Names of architectures, each perhaps with a size of its own after a colon, as
        "basset:poster"; None takes all that can be built for the data set.
    plans
        Names of sharing plans.
    size
        Named size of the models without their own; "defaults" is what an architecture has by
        itself, the sizes of its paper.
    settings
        Settings "section.key=value" of all recipes, or "MODEL:section.key=value" of one model's.
    seeds
        Number of trainings of each, with seeds that follow ``training.seed``.
    split
        Split to report on: "test" for the final figures, "valid" while anything is still chosen.
    bootstrap
        Number of bootstrap replicates of the intervals.
    repeats
        Number of rounds of the prediction times, of which the median counts.

    Returns
    -------
    Benchmark
        The table, differences between the models and between the plans, and files.

    Raises
    ------
    InputError
        A model, plan, size or setting is unknown or does not fit the data set, a number is too
        small, the folder holds models that were trained otherwise, or a training diverged.

    Examples
    --------
    >>> import tempfile
    >>> import chromkeras
    >>> from chromkeras.importers.simulation import Simulation
    >>> dataset = chromkeras.simulate(Simulation(tasks=2, sequences=300, length=200))
    >>> small = ["architecture.filters=[4, 4, 4]", "training.epochs=1"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = chromkeras.benchmark(
    ...         dataset, folder, ["basset"], settings=small, seeds=1, bootstrap=20, repeats=1
    ...     )
    >>> found.table[0]["model"], found.table[0]["input_length"]
    ('basset', 200)
    """
    _check_numbers(seeds=seeds, bootstrap=bootstrap, repeats=repeats)
    if split not in HELD_OUT:
        raise unknown("`split`", split, HELD_OUT)
    named = fitting_models(dataset) if models is None else models
    contenders = make_contenders(named, plans=plans, size=size, settings=settings)
    for one in contenders:
        one.check(dataset)
    problem = find_problem(dataset.problem)
    problem.check_training(dataset)
    problem.check_validation(dataset, dataset.rows("valid"))
    rows = check_rows(dataset, split)
    from chromkeras.backend.quiet import import_keras

    import_keras()  # only now, as it takes seconds and all that is wrong above takes none
    from chromkeras.benchmarking.differences import measure_differences, shown_strata
    from chromkeras.benchmarking.runs import Runs

    if models is None:
        contenders = _built(contenders, dataset)
    with locked(Path(out) / SUMMARY):
        runs = Runs(dataset, contenders, seeds, split, Path(out))
        replicates = runs.make()
        by_name = {
            one.name: [each for each in replicates if each.contender == one] for one in contenders
        }
        opened, taken = _times(by_name, dataset, rows, repeats)
        strata = shown_strata(replicates)
        with progress("bootstrap") as report:
            differences = measure_differences(
                replicates, dataset, rows, strata, bootstrap=bootstrap, progress=report
            )
        table = _table(contenders, by_name, opened, taken, strata, problem)
        facts = _facts(dataset, rows, split, contenders, seeds, repeats, problem)
        facts["strata"] = list(strata)
        files = _write(Path(out), table, replicates, by_name, differences, strata, problem, facts)
    paths = tuple(one.path for one in replicates)
    return Benchmark(Path(out), tuple(table), tuple(differences), paths, files, facts)


def _built(contenders: Sequence[Contender], dataset: Dataset) -> tuple[Contender, ...]:
    """Return those that can be built for a data set, where none was asked for by name."""
    fit, why = [], ""
    for one in contenders:
        try:
            one.work(dataset)
            fit.append(one)
        except InputError as error:
            why = f"{one.name}: {error}"
            _log.info("left out: %s", why)
    if not fit:
        raise InputError(f"`models`: no model can be built for this data set; {why}")
    return tuple(fit)


def _check_numbers(**numbers: int) -> None:
    for name, value in numbers.items():
        if value < 1:
            raise InputError(f"`{name}`: expected at least 1, received {value}")


def _times(
    by_name: dict[str, list["Replicate"]], dataset: Dataset, rows: np.ndarray, repeats: int
) -> tuple[dict[str, "OpenModel"], dict[str, "PredictionTime"]]:
    """Return the first model of each contender, open, and its prediction time."""
    from chromkeras.benchmarking.timing import prediction_times
    from chromkeras.model_file.open_model import open_model

    opened = {name: open_model(each[0].path) for name, each in by_name.items()}
    with progress("prediction times") as report:
        return opened, prediction_times(opened, dataset, rows, repeats=repeats, progress=report)


def _table(
    contenders: Sequence[Contender],
    by_name: dict[str, list["Replicate"]],
    opened: dict[str, "OpenModel"],
    taken: dict[str, "PredictionTime"],
    strata: tuple[str, ...],
    problem: Problem,
) -> list[dict[str, Any]]:
    from chromkeras.benchmarking.table import table_row
    from chromkeras.comparison.costs.model_costs import training_time
    from chromkeras.model_file.beside import history_path

    rows = []
    for one in contenders:
        each, name = by_name[one.name], one.name
        times = [training_time(history_path(r.path), f"val_{problem.score}").epoch for r in each]
        seconds = float(np.median(times))
        rows.append(table_row(one, each, opened[name], taken[name], strata, seconds))
    return rows


def _facts(
    dataset: Dataset,
    rows: np.ndarray,
    split: str,
    contenders: Sequence[Contender],
    seeds: int,
    repeats: int,
    problem: Problem,
) -> dict[str, Any]:
    import keras

    from chromkeras.cost.machine import usable_processors

    return {
        "data": dataset.fingerprint,
        "problem": dataset.problem,
        "tasks": list(dataset.tasks),
        "split": split,
        "rows": len(rows),
        "positive": _mean_share(dataset, split) if problem.logits else None,
        "seeds": seeds,
        "repeats": repeats,
        "settings": {one.name: plain(one.settings(dataset, one.seeds(1)[0])) for one in contenders},
        "machine": {
            "chromkeras": version("chromkeras"),
            "processors": usable_processors(),
            "devices": [str(device) for device in keras.distribution.list_devices()],
        },
    }


def _mean_share(dataset: Dataset, split: str) -> float:
    """Return the mean over tasks of the share of positives: the AUPRC of a guess."""
    from chromkeras.statistics.means import mean_defined

    return mean_defined(dataset.positive_fraction(split))


def _notes(facts: dict[str, Any], problem: Problem) -> list[str]:
    machine, seeds = facts["machine"], facts["seeds"]
    share = facts["positive"]
    guess = "" if share is None else f"; a guess has an AUPRC of {share:.3f}"
    spread = f" ± standard deviation over {seeds} seeds" if seeds > 1 else ", one seed"
    return [
        f"{problem.score_title} and others: mean over {len(facts['tasks'])} tasks on the "
        f"{facts['rows']:,} rows of the {facts['split']} split{spread}{guess}.",
        "256 sequences: median time to predict so many, both strands averaged as `predict` does; "
        "one strand: the given one alone; Keras call: `network.predict_on_batch` on arrays that "
        f"are ready. Medians of {facts['repeats']} rounds in which the models take turns, "
        f"{machine['processors']} processors, devices {', '.join(machine['devices'])}.",
        "Differences: 95 % bootstrap intervals over regions"
        + (" and seeds." if seeds > 1 else ", not over trainings."),
    ]


def _write(
    out: Path,
    table: list[dict[str, Any]],
    replicates: Sequence["Replicate"],
    by_name: dict[str, list["Replicate"]],
    differences: Sequence["Difference"],
    strata: tuple[str, ...],
    problem: Problem,
    facts: dict[str, Any],
) -> tuple[Path, ...]:
    """Write tables, picture and JSON; return the paths."""
    from chromkeras.benchmarking.picture import plot_scores
    from chromkeras.benchmarking.table import markdown, run_rows

    facts["table"] = plain(table)
    facts["differences"] = plain([one.row(problem.score) for one in differences])
    titles = {name: problem.stratum_title(name) for name in strata}
    with filling(out) as inner:
        files = [inner / name for name in ("table.tsv", "table.md", "runs.tsv", "scores.png")]
        write_tsv(files[0], [{k: "" if v is None else v for k, v in row.items()} for row in table])
        write_text(files[1], markdown(table, differences, problem, strata, _notes(facts, problem)))
        write_tsv(files[2], run_rows(replicates, strata))
        plot_scores(by_name, titles, files[3], score=problem.score, title=problem.score_title)
        if differences:
            files.append(inner / "differences.tsv")
            write_tsv(files[-1], [one.row(problem.score) for one in differences])
        files.append(inner / SUMMARY)
        write_json(files[-1], facts)
    return tuple(out / file.name for file in files)
