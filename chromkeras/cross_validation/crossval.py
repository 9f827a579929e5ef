"""Cross-validation: a model for each fold, their scores on rows held out, and their ensemble."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chromkeras.cross_validation.fold_curves import plot_fold_curves
from chromkeras.cross_validation.fold_scores import FoldScores, spread
from chromkeras.cross_validation.folds import Folds, make_folds
from chromkeras.cross_validation.state import CURVES, EVALUATED, FOLDS, SCORES, SUMMARY, open_state
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import Evaluation, evaluate
from chromkeras.files import filling, locked, write_json
from chromkeras.model_file.beside import history_path
from chromkeras.model_file.card import read_card
from chromkeras.model_file.manifest import Manifest, write_manifest
from chromkeras.problems.problem import Problem
from chromkeras.problems.registry import find_problem
from chromkeras.recipe.recipe import Recipe
from chromkeras.tables import plain, write_tsv

if TYPE_CHECKING:
    from chromkeras.cross_validation.run import Run

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Result of a cross-validation.

    Attributes
    ----------
    out
        Folder that was written, which is also the ensemble of the models.
    folds
        Fold of each row.
    scores
        Figures of each fold's model on the rows that it held out.
    evaluation
        Evaluation of all out-of-fold predictions together.
    pictures
        Paths of the PNG files.
    facts
        What ``crossval.json`` holds.
    """

    out: Path
    folds: Folds
    scores: tuple[FoldScores, ...]
    evaluation: Evaluation
    pictures: tuple[Path, ...]
    facts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the paths, and what the JSON file holds."""
        models = [scores.model for scores in self.scores]
        return {"out": self.out, "models": models, "pictures": list(self.pictures), **self.facts}


def crossval(
    dataset: Dataset,
    recipe: Recipe,
    out: str | os.PathLike[str],
    *,
    folds: int = 5,
    group: str | None = None,
    seed: int = 0,
    resume: bool = False,
    devices: int = 1,
    shard: str = "data",
) -> CrossValidation:
    """Cross-validate a recipe: train a model for each fold and score it on rows it never saw.

    For each of k folds a model is trained on k − 2 others. The next fold chooses its best epoch and
    stops it early, so that the fold itself has no part in it and its score is that of new rows.
    Rows of the test split are in no fold. The models stay as an ensemble: ``predict``, ``evaluate``
    and ``compare`` take the folder as one model, for the test split and for new data.

    A run that is stopped at any time ends, with ``resume``, in the same folds and numbers.

    Parameters
    ----------
    dataset
        Data set; its training and validation splits become folds, the test split is not touched.
    recipe
        Recipe of every model.
    out
        Folder to write.
    folds
        Number of folds k, at least 3.
    group
        What must not be torn apart: the name of a factor, such as "gene", "chrom", or "homology"
        for relatives by their k-mers (``make_folds``). None keeps rows together that overlap on
        the genome, as promoters of related genes do, or have equal DNA.
    seed
        Seed of the folds; that of the training is ``training.seed`` of the recipe.
    resume
        Whether to go on with the run in that folder; where there is none it starts.
    devices, shard
        As for ``train``.

    Returns
    -------
    CrossValidation
        Scores of each fold, the evaluation of all out-of-fold predictions, and files.

    Raises
    ------
    InputError
        The folds cannot be made, a fold has nothing to learn or to choose the epoch from, the run
        to resume is another, or a training diverged.

    Examples
    --------
    >>> import chromkeras
    >>> recipe = chromkeras.make_recipe("hard")
    >>> crossval(chromkeras.datasets.worm(), recipe, "cv", folds=2)
    Traceback (most recent call last):
    chrominterpret.errors.InputError: `folds`: expected at least 3, as one is held out, another \
chooses the best epoch and the rest train; received 2
    """
    made = make_folds(dataset, folds, group=group, seed=seed)
    problem = find_problem(dataset.problem)
    _check_folds(dataset, made, problem)
    _warn_of_init(dataset, recipe)
    with locked(Path(out) / SUMMARY):
        state = open_state(Path(out), dataset, recipe, made, seed=seed, resume=resume)
        from chromkeras.backend.quiet import import_keras

        import_keras()  # only now, as it takes seconds and all that is wrong above takes none
        from chromkeras.cross_validation.run import Run

        run = Run(dataset, recipe, made, state, problem, devices=devices, shard=shard)
        return _finish(run, run.train_all())


def _check_folds(dataset: Dataset, folds: Folds, problem: Problem) -> None:
    """Raise ``InputError`` where a fold cannot train or validate, before any is trained."""
    for fold in range(1, folds.count + 1):
        view = folds.dataset(dataset, fold)
        try:
            problem.check_training(view)
            problem.check_validation(view, view.rows("valid"))
        except InputError as error:
            raise InputError(
                f"{folds.title(fold)}: {error}, or choose fewer folds or another group"
            ) from error


def _warn_of_init(dataset: Dataset, recipe: Recipe) -> None:
    given = [recipe.transfer.init, *recipe.transfer.modules]
    for init in [path for path in given if path]:
        if not dataset.was_trained_on(read_card(init).fingerprint):
            continue
        _log.warning(
            "transfer: %s was trained on this data set, so rows that a fold holds out are not "
            "new to its model, and its scores are too good",
            init,
        )


def _finish(run: "Run", outputs: Mapping[int, np.ndarray]) -> CrossValidation:
    """Score all folds, write what is left, and make the models an ensemble."""
    folder, folds = run.state.folder, run.folds
    scores = tuple(run.score(fold, outputs[fold]) for fold in sorted(outputs))
    rows = np.concatenate([folds.rows(fold) for fold in sorted(outputs)])
    logits = np.concatenate([outputs[fold] for fold in sorted(outputs)])
    order = np.argsort(rows)
    whole = folds.out_of_fold(run.dataset)
    evaluation = evaluate(logits[order], whole, rows[order], link=run.link)
    from chromkeras.training.history_plot import read_history

    with filling(folder) as inner:
        drawn = _write_evaluation(
            evaluation, whole, rows[order], logits[order], inner / EVALUATED, run.link
        )
        write_tsv(inner / SCORES, [row for each in scores for row in each.table()])
        write_tsv(inner / FOLDS, _fold_table(run.dataset, folds))
        plot_fold_curves(
            [read_history(history_path(each.model)) for each in scores],
            inner / CURVES,
            held_out=np.array([each.mean for each in scores]),
            score=run.problem.score,
            title=run.problem.score_title,
        )
    pictures = (folder / CURVES, *(folder / EVALUATED / path.name for path in drawn))
    models = tuple(each.model for each in scores)
    write_manifest(folder, Manifest(models, run.dataset.fingerprint))
    results = plain(
        {
            "score": run.problem.score,
            "each fold": [each.to_json() for each in scores],
            **spread(scores),
            "out of fold": {name: s.mean for name, s in evaluation.strata.items()},
        }
    )
    run.state.write(results=results)
    facts = {**run.state.settings, "results": results}
    return CrossValidation(folder, folds, scores, evaluation, pictures, facts)


def _write_evaluation(
    evaluation: Evaluation,
    dataset: Dataset,
    rows: np.ndarray,
    outputs: np.ndarray,
    folder: Path,
    link: str,
) -> tuple[Path, ...]:
    """Write the figures of the out-of-fold predictions to a folder, and return its pictures."""
    write_json(folder / "metrics.json", plain({"rows": len(rows), **evaluation.to_json()}))
    for name, found in evaluation.factors.items():
        write_tsv(folder / f"by_{name}.tsv", found.table(evaluation.tasks))
    return evaluation.problem.draw(outputs, dataset, rows, folder, link=link)


def _fold_table(dataset: Dataset, folds: Folds) -> list[dict[str, Any]]:
    """Return a row for each named group, or for each row of the data set that is in a fold."""
    rows = np.flatnonzero(folds.of)
    if folds.names:
        groups, first, sizes = np.unique(folds.groups[rows], return_index=True, return_counts=True)
        of = folds.of[rows[first]]
        return [
            {folds.group: folds.names[group], "fold": int(fold), "rows": int(size)}
            for group, fold, size in zip(groups, of, sizes, strict=True)
        ]
    return [{"row": int(row), "fold": int(folds.of[row])} for row in rows]
