"""Paths of a model file and of what lies beside it."""

import os
from pathlib import Path

from chromkeras.errors import InputError


def check_model_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a model file to write, or raise ``InputError`` for another ending."""
    found = Path(path)
    if found.suffix != ".keras":
        raise InputError(f"expected an output file that ends in .keras, received {found}")
    return found


def history_path(model: str | os.PathLike[str]) -> Path:
    """Return the path of the training history of a model file, a CSV file."""
    return _beside(model, "history.csv")


def checkpoint_path(model: str | os.PathLike[str]) -> Path:
    """Return where the state of the run that makes a model file is kept until the run ends."""
    return _beside(model, "resume.npz")


def gradient_log_path(model: str | os.PathLike[str]) -> Path:
    """Return the path of what was watched of the gradients while a model was trained."""
    return _beside(model, "gradients.npz")


def tensorboard_path(model: str | os.PathLike[str]) -> Path:
    """Return the folder of TensorBoard's event files of a model file."""
    return _beside(model, "tensorboard")


def _beside(model: str | os.PathLike[str], ending: str) -> Path:
    path = Path(model)
    return path.with_name(f"{path.stem}.{ending}")
