"""Checkpoint of a run: all that it needs to resume exactly."""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from chromkeras.errors import InputError
from chromkeras.files import replacing
from chromkeras.model_file.archive import Archive, check_names, open_archive
from chromkeras.model_file.facts import (
    as_int,
    as_list,
    as_number,
    as_table,
    as_text,
    read_json,
    shown,
)
from chromkeras.model_file.npz import SUFFIX, array_names, read_array, read_text
from chromkeras.names import printable
from chromkeras.recipe.reading import recipe_from_dict
from chromkeras.recipe.recipe import Recipe
from chromkeras.training.best_weights import BestWeights
from chromkeras.training.history import History

FACTS = ("recipe", "fingerprint", "epochs", "history")
# What is kept of the best epochs but for the weights, and the kinds of numbers.
BEST = {"score": "f", "best_epoch": "i", "task_score": "f"}
# What 0.1.0 called the scores of the tasks.
EARLIER_SCORE = "task_auroc"
MOST_FACTS = 1_000_000
MOST_EPOCHS = 1_000_000


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
        raise InputError(f"nothing to resume: {path} does not exist; train without resume")
    try:
        with open_archive(path, "resume state", ".npz") as archive:
            facts = _read_facts(archive)
            check_same_run(path, facts, recipe, fingerprint)
            state = _read_arrays(archive)
    except InputError as error:
        raise InputError(f"{error}; train without resume") from error
    variables, best = state
    return Checkpoint(facts["epochs"], facts["history"], variables, best)


def restore(model: keras.Model, checkpoint: Checkpoint, best: BestWeights) -> None:
    """Put the saved values of weights, seeds and optimizer into a compiled model.

    Parameters
    ----------
    model
        The model.
    checkpoint
        The saved state.
    best
        The callback that takes up what was best so far.

    Raises
    ------
    InputError
        The state is one of another model.
    """
    model.optimizer.build(model.trainable_variables)
    variables = _variables(model)
    _check_shapes("variables", variables, checkpoint.variables)
    kept = [best.score, best.best_epoch, best.task_score]
    saved = [checkpoint.best[name] for name in BEST]
    _check_shapes("best scores", kept, saved)
    weights = [checkpoint.best[f"weight_{i}"] for i in range(len(checkpoint.best) - len(BEST))]
    _check_shapes("best weights", model.weights, weights)
    for variable, value in zip(variables, checkpoint.variables, strict=True):
        variable.assign(value)
    best.restore(checkpoint.best)


def _check_shapes(what: str, expected: Sequence[Any], received: Sequence[np.ndarray]) -> None:
    shapes = [[tuple(value.shape) for value in values] for values in (expected, received)]
    if shapes[0] != shapes[1]:
        differing = [f"{a} not {b}" for a, b in zip(*shapes, strict=False) if a != b]
        raise InputError(
            f"the resume state is one of another model: {what}: expected {len(expected)}, received "
            f"{len(received)}{', of shape ' + differing[0] if differing else ''}; train without "
            "resume"
        )


def _read_facts(archive: Archive) -> dict[str, Any]:
    """Return recipe, fingerprint, epochs and history, each of its type."""
    where = f"{archive.title}: facts"
    text = read_text(archive, "facts")
    facts = as_table(read_json(text, where, most=MOST_FACTS), where, needed=FACTS, allowed=())
    as_text(facts["fingerprint"], f"{where}: fingerprint")
    as_int(facts["epochs"], f"{where}: epochs", least=1, most=MOST_EPOCHS)
    for name, section in as_table(facts["recipe"], f"{where}: recipe", needed=("plan",)).items():
        if name != "plan":
            as_table(section, f"{where}: recipe: {shown(name)}")
    rows = as_list(facts["history"], f"{where}: history", least=1, most=MOST_EPOCHS)
    for row in rows:
        for value in as_table(row, f"{where}: history", needed=rows[0], allowed=()).values():
            as_number(value, f"{where}: history")
    return facts


def _read_arrays(archive: Archive) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    """Return the variables, and what was best so far by name without "best_"."""
    names = array_names(archive)
    variables = sum(name.startswith("variable_") for name in names)
    weights = sum(name.startswith("best_weight_") for name in names)
    numbered = [f"variable_{i}" for i in range(variables)]
    stored = {name: f"best_{name}" for name in (*BEST, *(f"weight_{i}" for i in range(weights)))}
    if f"best_{EARLIER_SCORE}" in names:
        stored["task_score"] = f"best_{EARLIER_SCORE}"
    check_names(archive, [name + SUFFIX for name in ("facts", *numbered, *stored.values())])
    best = {
        name: read_array(archive, member, kinds=BEST.get(name, "fiub"))
        for name, member in stored.items()
    }
    return [read_array(archive, name) for name in numbered], best


def _variables(model: keras.Model) -> list[Any]:
    metrics = {id(v) for v in model.metrics_variables}
    own = [v for v in model.variables if id(v) not in metrics]
    return [*own, *model.optimizer.variables]


def check_same_run(path: Path, facts: Mapping[str, Any], recipe: Recipe, fingerprint: str) -> None:
    """Raise ``InputError`` unless what a file says of its run is true of this one.

    Parameters
    ----------
    path
        The file, for messages.
    facts
        Its "recipe" and "fingerprint".
    recipe, fingerprint
        Those of this run.
    """
    if facts["fingerprint"] != fingerprint:
        shown_fingerprint = printable(facts["fingerprint"], longest=200)
        raise InputError(
            f"{path} belongs to data {shown_fingerprint}, this data set is {fingerprint}; "
            "give the same data"
        )
    # Read as a recipe, a state of an earlier version has the defaults of keys that came later.
    was, now = _flat(recipe_from_dict(facts["recipe"]).to_dict()), _flat(recipe.to_dict())
    changed = [
        f"{key} was {printable(was.get(key, 'unknown'), longest=200)}, now {now[key]}"
        for key in now
        if key not in was or was[key] != now[key]
    ]
    if changed:
        raise InputError(
            f"{path} belongs to another recipe ({'; '.join(changed)}); give the same options"
        )


def _flat(tables: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tables.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": inner for name, inner in value.items()}
        else:
            flat[key] = value
    return flat
