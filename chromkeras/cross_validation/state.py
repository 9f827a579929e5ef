"""The folder of a cross-validation: what a run was started with, and what is done of it."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.cross_validation.folds import Folds
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.files import replacing, write_json
from chromkeras.model_file.archive import open_archive
from chromkeras.model_file.beside import all_beside
from chromkeras.model_file.facts import as_int, as_table, read_json
from chromkeras.model_file.manifest import MANIFEST, MOST_MEMBERS
from chromkeras.model_file.npz import read_array
from chromkeras.names import printable
from chromkeras.problems.problem import Problem
from chromkeras.recipe.recipe import Recipe

SUMMARY, PREDICTED = "crossval.json", "out_of_fold.npz"
# What is made of all folds in the end.
SCORES, FOLDS, CURVES, EVALUATED = "scores.tsv", "folds.tsv", "curves.png", "out_of_fold"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """A folder that a cross-validation is written to.

    Attributes
    ----------
    folder
        The folder.
    settings
        What the run was started with, as plain JSON values.
    """

    folder: Path
    settings: Mapping[str, Any]

    def model(self, fold: int) -> Path:
        """Return the path of a fold's model file."""
        return self.folder / f"fold_{fold}.keras"

    def write(self, **results: Any) -> None:
        """Write the settings, and results where there are any."""
        write_json(self.folder / SUMMARY, {**self.settings, **results})

    def outputs(self, folds: Folds) -> dict[int, np.ndarray]:
        """Return the outputs for the rows held out in each fold that is done, by fold.

        Raises
        ------
        InputError
            The file of predictions is damaged or of other rows.
        """
        path = self.folder / PREDICTED
        if not path.exists():
            return {}
        with open_archive(path, "predictions", ".npz") as archive:
            rows, of = (read_array(archive, name, kinds="iu") for name in ("rows", "fold"))
            outputs = read_array(archive, "outputs", kinds="f")
        found = {}
        for fold in np.unique(of).tolist():
            if not np.array_equal(rows[of == fold], folds.rows(fold)):
                raise InputError(f"{path} holds other rows than those of fold {fold}; start anew")
            if self.model(fold).exists():
                found[fold] = outputs[of == fold]
        return found

    def write_outputs(
        self, outputs: Mapping[int, np.ndarray], folds: Folds, problem: Problem, link: str
    ) -> None:
        """Write the outputs of all folds that are done; the file appears whole or not at all."""
        done = sorted(outputs)
        logits = np.concatenate([outputs[fold] for fold in done])
        arrays: dict[str, Any] = {
            "rows": np.concatenate([folds.rows(fold) for fold in done]),
            "fold": np.repeat(done, [len(outputs[fold]) for fold in done]),
            "outputs": logits,
            "predictions": problem.predictions(logits, link),
        }
        with replacing(self.folder / PREDICTED) as beside, beside.open("wb") as file:
            np.savez(file, **arrays)


def open_state(
    folder: Path, dataset: Dataset, recipe: Recipe, folds: Folds, *, seed: int, resume: bool
) -> State:
    """Return the state of a run that starts anew in a folder, or goes on there.

    Parameters
    ----------
    folder
        Folder of the run; made when missing.
    dataset, recipe, folds, seed
        Data set, recipe and folds of the run, and the seed of the folds.
    resume
        Whether to go on with a run of these. What else a run left there is removed.

    Raises
    ------
    InputError
        The run that is there has other data, another recipe or other folds.
    """
    settings = {
        "data": dataset.fingerprint,
        "problem": dataset.problem,
        "tasks": dataset.tasks,
        "folds": folds.count,
        "group": folds.group,
        "seed": seed,
        "rows of the folds": folds.fingerprint,
        "recipe": recipe.to_dict(),
    }
    state = State(folder, json.loads(json.dumps(settings)))
    path = folder / SUMMARY
    if resume and path.exists():
        check_same(path, state.settings)
        return state
    if resume:
        _log.info("nothing to resume in %s: starting anew", folder)
    folder.mkdir(parents=True, exist_ok=True)
    _remove_run(state, folds.count)
    state.write()
    return state


def check_same(path: Path, settings: Mapping[str, Any]) -> None:
    """Raise ``InputError`` unless a summary file is that of a run with these settings."""
    was = _flat(_read(path))
    now = _flat(settings)
    changed = [
        f"{key} was {printable(was.get(key, 'unknown'), longest=80)}, now {value}"
        for key, value in now.items()
        if was.get(key) != value
    ]
    if changed:
        raise InputError(
            f"{path} belongs to another cross-validation ({'; '.join(changed[:6])}); give the same "
            "data and options, or start anew without `resume`"
        )


def _read(path: Path) -> dict[str, Any]:
    return as_table(read_json(path.read_bytes(), str(path)), str(path))


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and key != "results":
            flat |= _flat(value, f"{key}.")
        else:
            flat[before + key] = value
    return flat


def _remove_run(state: State, folds: int) -> None:
    """Remove what an earlier run left, so that nothing of it is taken for this one's."""
    earlier = _earlier_folds(state.folder / SUMMARY)
    evaluated = [file for file in (state.folder / EVALUATED).glob("*") if file.is_file()]
    made = [state.folder / name for name in (MANIFEST, PREDICTED, SCORES, FOLDS, CURVES)]
    for path in (*made, *evaluated):
        path.unlink(missing_ok=True)
    for fold in range(1, max(folds, earlier) + 1):
        model = state.model(fold)
        for path in (model, *all_beside(model)):
            path.unlink(missing_ok=True)


def _earlier_folds(summary: Path) -> int:
    """Return the number of folds of the run that a summary is of; 0 where there is none."""
    if not summary.exists():
        return 0
    try:
        return as_int(_read(summary).get("folds"), "folds", most=MOST_MEMBERS)
    except InputError:
        return 0
