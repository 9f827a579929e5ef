"""A trial: trainings by one recipe, and the validation score that they reach."""

import math
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.problems.registry import find_problem
from chromkeras.recipe.reading import recipe_from_values, recipe_values
from chromkeras.recipe.recipe import Recipe
from chromkeras.search.space import SearchSpace
from chromkeras.training.train import train

if TYPE_CHECKING:
    from optuna.trial import Trial

SEEDS = 2**32
# What is kept of a trial beside its values.
SCORES, EPOCHS, SECONDS, PARAMETERS, ERROR = "scores", "epochs", "seconds", "parameters", "error"

Progress = Callable[[int, float], None]


@dataclass
class _Judge:
    """Reports a trial's epochs to the pruner, and remembers whether it ended the trial.

    The score of an epoch is the best so far; of several trainings, the mean over those that are
    over and the one that runs.
    """

    trial: "Trial"
    progress: Progress
    epochs: int
    over: list[float] = field(default_factory=list)
    trained: int = 0
    pruned: bool = False

    def __call__(self, epoch: int, score: float) -> bool:
        """Return whether the pruner ends the trial after this epoch."""
        self.trained += 1
        mean = sum([*self.over, score]) / (len(self.over) + 1)
        step = len(self.over) * self.epochs + epoch
        self.progress(step, mean)
        if math.isfinite(mean):
            self.trial.report(mean, step)
            self.pruned = self.trial.should_prune()
        return self.pruned


def trial_recipe(recipe: Recipe, space: SearchSpace, params: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a trial: that of the search with the trial's values put in.

    Raises
    ------
    InputError
        The values do not go together.
    """
    return recipe_from_values(recipe.plan, recipe_values(recipe) | space.values(params))


def run_trial(
    trial: "Trial",
    dataset: Dataset,
    recipe: Recipe,
    space: SearchSpace,
    folder: Path,
    *,
    replicates: int,
    progress: Progress,
) -> None:
    """Train by the recipe of a trial and tell its study how it ended.

    A trial that cannot be trained, as its values do not go together, its loss diverges or memory
    is short, is told as pruned with its message: so the sampler looks elsewhere.

    Parameters
    ----------
    trial
        Trial with a value for each key of the space.
    dataset, recipe, space
        Data set, recipe that trials start from, and values to try.
    folder
        Folder for the files of the trainings; it is removed at the end.
    replicates
        Number of trainings with seeds that follow the recipe's, whose scores are averaged.
    progress
        Called after each epoch with the number of epochs and the score so far.
    """
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.trial import TrialState

    judge = _Judge(trial, progress, recipe.training.epochs)
    began = time.monotonic()
    with suppress(UpdateFinishedTrialError):  # another process took it for lost, and over
        try:
            chosen = trial_recipe(recipe, space, trial.params)
            judge.epochs = chosen.training.epochs
            parameters = _train(judge, dataset, chosen, folder, replicates)
            trial.set_user_attr(PARAMETERS, parameters)
        except (InputError, MemoryError) as error:
            message = str(error) if isinstance(error, InputError) else f"out of memory ({error})"
            trial.set_user_attr(ERROR, message)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        trial.set_user_attr(SCORES, judge.over)
        trial.set_user_attr(EPOCHS, judge.trained)
        trial.set_user_attr(SECONDS, round(time.monotonic() - began, 2))
        if judge.pruned or ERROR in trial.user_attrs:
            trial.study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
        else:
            score = sum(judge.over) / len(judge.over)
            trial.study.tell(trial, score, skip_if_finished=True)


def _train(judge: _Judge, dataset: Dataset, recipe: Recipe, folder: Path, replicates: int) -> int:
    """Train once for each seed, put the scores into ``judge.over``, and return the model's size."""
    problem, parameters = find_problem(dataset.problem), 0
    for replicate in range(replicates):
        seed = (recipe.training.seed + replicate) % SEEDS
        seeded = recipe.with_values("training", seed=seed)
        out = folder / f"{replicate}.keras"
        result = train(dataset, seeded, out, stop_when=judge, verbose=False)
        parameters = int(result.scores["parameters"])
        score = result.scores[f"validation_{problem.score}_mean"]
        if not math.isfinite(score):
            raise InputError(f"the validation {problem.score_title} is not defined for any task")
        judge.over.append(score)
        if judge.pruned:
            break
    return parameters
