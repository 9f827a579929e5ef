"""Paths of a model file and of what lies beside it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chromkeras.errors import InputError
from chromkeras.files import replacing_together


def check_model_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a model file to write, or raise ``InputError`` for another ending."""
    found = Path(path)
    if found.suffix != ".keras":
        raise InputError(f"expected an output file that ends in .keras, received {found}")
    return found


def history_path(model: str | os.PathLike[str]) -> Path:
    """Return the path of the training history of a model file, a CSV file."""
    return _beside(model, "history.csv")


def running_history_path(model: str | os.PathLike[str]) -> Path:
    """Return the path of the history of the run that makes a model file, until the run ends."""
    return _beside(model, "resume.csv")


def running_gradient_log_path(model: str | os.PathLike[str]) -> Path:
    """Return the path of what is watched of the gradients until the run ends."""
    return _beside(model, "resume.gradients.npz")


def checkpoint_path(model: str | os.PathLike[str]) -> Path:
    """Return where the state of the run that makes a model file is kept until the run ends."""
    return _beside(model, "resume.npz")


def gradient_log_path(model: str | os.PathLike[str]) -> Path:
    """Return the path of what was watched of the gradients while a model was trained."""
    return _beside(model, "gradients.npz")


def tensorboard_path(model: str | os.PathLike[str]) -> Path:
    """Return the folder of TensorBoard's event files of a model file."""
    return _beside(model, "tensorboard")


@contextmanager
def new_model(
    path: str | os.PathLike[str], *, watched: bool = False, history: bool = True
) -> Iterator[tuple[Path, Path | None, Path | None]]:
    """Give temporary paths of a trained model, its history and its gradient log.

    They take their names together when the block ends well, the model last; then what an earlier
    model left beside it is removed, and what is kept of a run that has not ended.

    Parameters
    ----------
    path
        Model file to write.
    watched, history
        Whether there is a gradient log, and a history.

    Yields
    ------
    tuple
        Paths of the model, the history and the log; None of what there is not.
    """
    wanted = {history_path(path): history, gradient_log_path(path): watched}
    others = [other for other, there in wanted.items() if there]
    with replacing_together(*others, path) as (*besides, model):
        found = dict(zip(others, besides, strict=True))
        yield model, found.get(history_path(path)), found.get(gradient_log_path(path))
    for stale in all_beside(path):
        if stale not in found:
            stale.unlink(missing_ok=True)


def all_beside(model: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Return the paths of all that may lie beside a model file; the state to resume is the last."""
    results = (history_path(model), gradient_log_path(model))
    pictures = (path.with_suffix(".png") for path in results)
    running = (running_history_path(model), running_gradient_log_path(model))
    return (*results, *pictures, *running, checkpoint_path(model))


def _beside(model: str | os.PathLike[str], ending: str) -> Path:
    path = Path(model)
    return path.with_name(f"{path.stem}.{ending}")
