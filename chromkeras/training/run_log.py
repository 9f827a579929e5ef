"""Logs of a run for TensorBoard or Weights & Biases."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromkeras.errors import InputError
from chromkeras.model_file.beside import tensorboard_path
from chromkeras.names import unknown
from chromkeras.recipe.recipe import Recipe

if TYPE_CHECKING:
    import keras

LOGS = {
    "tensorboard": "event files in MODEL.tensorboard/",
    "wandb": "a run of the project chromkeras at Weights & Biases",
}
PROJECT = "chromkeras"


def check_log(log: str) -> None:
    """Raise ``InputError`` for an unknown log, or one whose package is not installed."""
    if log not in LOGS:
        raise unknown("log", log, LOGS)
    if find_spec(log) is None:
        raise InputError(
            f"`log` {log} needs the package {log}, which is not installed: "
            f"pip install 'chromkeras[{log}]'"
        )


def log_callback(
    log: str, out: Path, recipe: Recipe, *, resume: bool = False
) -> "keras.callbacks.Callback":
    """Return a callback that logs what the history holds: losses and scores of every epoch.

    Parameters
    ----------
    log
        "tensorboard" or "wandb".
    out
        Model file that is trained; its name is that of the run.
    recipe
        Recipe of the run, which Weights & Biases keeps as its configuration.
    resume
        Whether the run goes on. Event files of an earlier run of this model file are removed where
        it does not.

    Raises
    ------
    InputError
        See ``check_log``.
    """
    check_log(log)
    import keras

    if log == "wandb":
        return _wandb(out, recipe)
    folder = tensorboard_path(out)
    for old in () if resume else folder.glob("*/events.out.tfevents.*"):
        old.unlink()
    return keras.callbacks.TensorBoard(str(folder), write_graph=False)


def _wandb(out: Path, recipe: Recipe) -> "keras.callbacks.Callback":
    """Return a callback that sends each epoch; where to, wandb's own settings say."""
    import keras
    import wandb

    run = wandb.init(project=PROJECT, name=out.stem, config=recipe.to_dict())

    def send(epoch: int, logs: dict[str, Any] | None = None) -> None:
        run.log({"epoch": epoch + 1, **(logs or {})})

    return keras.callbacks.LambdaCallback(
        on_epoch_end=send, on_train_end=lambda logs=None: run.finish()
    )
