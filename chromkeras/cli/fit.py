"""Training of ``train`` and ``finetune``: from a recipe to a model file and a report."""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_file
from chromkeras.cli.stop import noting
from chromkeras.errors import InputError
from chromkeras.files import locked

if TYPE_CHECKING:
    from chromkeras.baselines.beaten import BeatenBaseline
    from chromkeras.data.dataset import Dataset
    from chromkeras.recipe.recipe import Recipe
    from chromkeras.training.train import TrainingResult

_log = logging.getLogger(__name__)


def fit(
    recipe: "Recipe",
    *,
    data: Path | None,
    tasks: str | None,
    out: Path,
    resume: bool,
    inputs: tuple[Path | None, ...],
    devices: int = 1,
    shard: str = "data",
    hosts: str | None = None,
    watch_gradients: bool = False,
    log: str | None = None,
    mmap: bool = False,
    baseline: bool = False,
) -> Outcome:
    """Train by a recipe and return scores and files written, or after a stop say how to resume.

    Parameters
    ----------
    recipe
        What to train and how.
    data
        Data set; None is the demo.
    tasks
        Names of the tasks to train, with commas between; None trains all.
    out
        Model file to write.
    resume
        Go on with a run that was stopped.
    inputs
        Files that the command reads, which must not be written over.
    devices, shard, hosts, watch_gradients, log
        As for ``train``.
    mmap
        Leave the data set in its file and read what is needed.
    baseline
        Say whether the network beats the k-mer baseline on the validation split.

    Raises
    ------
    InputError
        A file, the data set or the recipe will not do.
    """
    _check_places(recipe, out, (data, *inputs), resume=resume)
    if log is not None:
        from chromkeras.training.run_log import check_log

        check_log(log)
    from chromkeras.cli.open_data import open_data

    first = hosts is None or _is_first(hosts)
    with locked(out) if first else nullcontext():
        return _fit(
            recipe,
            out,
            partial(open_data, data, tasks, mmap=mmap),
            demo=data is None,
            baseline=baseline,
            first=first,
            resume=resume,
            devices=devices,
            shard=shard,
            hosts=hosts,
            watch_gradients=watch_gradients,
            log=log,
        )


def _is_first(hosts: str) -> bool:
    """Join the processes that train together, and return whether this one writes files."""
    from chromkeras.backend.quiet import import_keras

    import_keras()
    from chromkeras.backend.hosts import is_first, join_hosts

    join_hosts(hosts)
    return is_first()


def _fit(
    recipe: "Recipe",
    out: Path,
    opened: Callable[[], "Dataset"],
    *,
    demo: bool,
    baseline: bool,
    first: bool,
    **options: Any,
) -> Outcome:
    """Train, draw what came of it, and return scores and files."""
    dataset = opened()
    if demo:
        _log.info("it trains for some minutes; Ctrl-C stops it")
    from chromkeras.backend.quiet import import_keras

    import_keras()
    from chromkeras.backend.unused_gpus import warn_of_unused_gpus

    warn_of_unused_gpus(options["devices"])
    from chromkeras.model_file.beside import checkpoint_path
    from chromkeras.training.history_plot import plot_history
    from chromkeras.training.train import train

    state = checkpoint_path(out)
    saved, before, resume = _changed(state), _changed(out), options["resume"]
    if saved and not resume:
        _log.info(
            "note: %s of a stopped run will be replaced; --resume goes on with it instead", state
        )

    def next_step() -> str:
        if out.exists() and not state.exists() and _changed(out) != before:
            return f"{out} is whole: the same command with --resume adds what is missing"
        if state.exists() and (resume or _changed(state) != saved):
            then = "the same command with --resume goes on from there"
            return f"{state} keeps every whole epoch: {then}"
        return "no epoch was whole, so there is nothing to resume"

    with noting(next_step):
        result = train(dataset, recipe, out, **options)
    if not first:
        return Outcome(result, f"the first process writes {out} and tells of it")
    picture = result.history.with_suffix(".png")
    problem = result.problem
    plot_history(result.rows, picture, score=problem.score, title=problem.score_title)
    mean = result.scores[f"validation_{problem.score}_mean"]
    count = len(result.scores["best_epoch"])
    pictures, lines = (
        [picture],
        [
            f"validation {problem.score_title} {mean:.4f}, mean over {count} tasks",
            f"wrote {result.model}, {result.history} and {picture}",
        ],
    )
    told = result.to_json()
    if baseline and (beside := _baseline(dataset, result)) is not None:
        lines.insert(1, str(beside))
        told["baseline"] = beside.to_json()
    if options["watch_gradients"]:
        watched, drawn = _draw_gradients(out)
        pictures.append(drawn)
        lines.append(f"wrote {watched} and {drawn}")
    return Outcome(told | {"pictures": pictures}, "\n".join(lines))


def _baseline(dataset: "Dataset", result: "TrainingResult") -> "BeatenBaseline | None":
    """Fit the k-mer baseline after a training, whose model is written by now."""
    import numpy as np

    from chromkeras.baselines.beaten import beaten_baseline

    scores = result.scores[f"validation_{result.problem.score}"]
    with noting(f"{result.model} is whole; only the k-mer baseline was not fitted"):
        return beaten_baseline(dataset, np.array([scores[task] for task in dataset.tasks]))


def _draw_gradients(out: Path) -> tuple[Path, Path]:
    """Draw the gradients that were watched, beside them, and return the paths of both."""
    from chromkeras.model_file.beside import gradient_log_path
    from chromkeras.monitoring.gradient_log import load_gradient_log
    from chromkeras.monitoring.gradient_plot import plot_gradients

    path = gradient_log_path(out)
    picture = path.with_suffix(".png")
    plot_gradients(load_gradient_log(path), picture)
    return path, picture


def _check_places(
    recipe: "Recipe", out: Path, inputs: tuple[Path | None, ...], *, resume: bool
) -> None:
    """Look at everything that takes no time, before the work."""
    from chromkeras.model_file.beside import check_model_path

    check_model_path(out)
    init = Path(recipe.transfer.init) if recipe.transfer.init else None
    check_output_file(out, inputs=(*inputs, init))
    from chromkeras.sharing.freezing import frozen_layers
    from chromkeras.training.init_model import check_init

    frozen = frozen_layers(recipe)
    if frozen and not (recipe.transfer.init or recipe.architecture.motifs):
        raise InputError(
            f"transfer.freeze: layers {', '.join(frozen)} would stay random; give a model to start "
            "from (--init)"
        )
    if not resume:
        check_init(recipe)


def _changed(path: Path) -> int:
    """Return when a file was last changed, 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0
