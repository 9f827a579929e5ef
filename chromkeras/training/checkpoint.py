"""Checkpoint of a run: all that it needs to resume exactly."""

import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from chromkeras.errors import InputError
from chromkeras.files import replacing
from chromkeras.recipe.recipe import Recipe
from chromkeras.training.best_weights import BestWeights
from chromkeras.training.history import History


def checkpoint_path(out: str | os.PathLike[str]) -> Path:
    """Return where the state of the run that makes ``out`` is kept until it ends."""
    path = Path(out)
    return path.with_name(f"{path.stem}.resume.npz")


@dataclass(frozen=True)
class Checkpoint:
    """State of a run after a whole epoch."""

    epochs: int
    history: list[dict[str, Any]]
    variables: list[np.ndarray]
    best: dict[str, np.ndarray]


class SaveCheckpoint(keras.callbacks.Callback):
    """Save the state of the run after every epoch; it must be the last callback.

    Parameters
    ----------
    path
        File to write.
    recipe, fingerprint
        Recipe and fingerprint of the data, with which a resumed run must agree.
    best, history
        Callbacks whose state is saved too.
    """

    def __init__(
        self, path: Path, recipe: Recipe, fingerprint: str, best: BestWeights, history: History
    ) -> None:
        super().__init__()
        self.path, self.best, self.history = path, best, history
        self.run = {"recipe": recipe.to_dict(), "fingerprint": fingerprint}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the state, whole or not at all."""
        with replacing(self.path) as beside, zipfile.ZipFile(beside, "w") as file:
            for name, array in self._arrays(epoch + 1):
                with file.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, array)

    def _arrays(self, epochs: int) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the state one array after the other, as a second copy of all may not fit."""
        facts = {**self.run, "epochs": epochs, "history": self.history.rows}
        yield "facts", np.array(json.dumps(facts))
        for i, variable in enumerate(_variables(self.model)):
            yield f"variable_{i}", keras.ops.convert_to_numpy(variable)
        for name, value in self.best.state().items():
            yield f"best_{name}", value


def load_checkpoint(path: Path, recipe: Recipe, fingerprint: str) -> Checkpoint:
    """Load the saved state of a run.

    Raises
    ------
    InputError
        There is none, it is damaged, or it belongs to another recipe or data set.
    """
    if not path.exists():
        raise InputError(f"nothing to resume: {path} does not exist; train without --resume")
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            arrays = {name: file[name] for name in file}
        facts = json.loads(str(arrays["facts"]))
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, OSError) as error:
        raise InputError(f"{path} is damaged; train without --resume") from error
    _check_same(path, facts, recipe, fingerprint)
    count = sum(name.startswith("variable_") for name in arrays)
    return Checkpoint(
        epochs=facts["epochs"],
        history=facts["history"],
        variables=[arrays[f"variable_{i}"] for i in range(count)],
        best={n.removeprefix("best_"): a for n, a in arrays.items() if n.startswith("best_")},
    )


def restore(model: keras.Model, checkpoint: Checkpoint) -> None:
    """Put the saved values of weights, seeds and optimizer into a compiled model."""
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(_variables(model), checkpoint.variables, strict=True):
        variable.assign(value)


def _variables(model: keras.Model) -> list[Any]:
    metrics = {id(v) for v in model.metrics_variables}
    own = [v for v in model.variables if id(v) not in metrics]
    return [*own, *model.optimizer.variables]


def _check_same(path: Path, facts: dict[str, Any], recipe: Recipe, fingerprint: str) -> None:
    if facts["fingerprint"] != fingerprint:
        raise InputError(
            f"{path} belongs to data {facts['fingerprint']}, this data set is {fingerprint}; "
            "give the same --data or train without --resume"
        )
    was, now = _flat(facts["recipe"]), _flat(recipe.to_dict())
    changed = [f"{key} was {was[key]}, now {now[key]}" for key in now if was.get(key) != now[key]]
    if changed:
        raise InputError(
            f"{path} belongs to another recipe ({'; '.join(changed)}); "
            "give the same options or train without --resume"
        )


def _flat(tables: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tables.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": inner for name, inner in value.items()}
        else:
            flat[key] = value
    return flat
