"""Report of a search: a table of the trials, the best recipe, what mattered, pictures."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromkeras.errors import InputError
from chromkeras.files import write_json, write_text
from chromkeras.problems.problem import Problem
from chromkeras.recipe.recipe import Recipe
from chromkeras.recipe.writing import recipe_toml
from chromkeras.search.pictures import plot_importance, plot_parallel, plot_ranking
from chromkeras.search.records import DONE, TrialRecord, best_record
from chromkeras.search.run_trial import trial_recipe
from chromkeras.search.space import SearchSpace
from chromkeras.search.study import Search
from chromkeras.tables import plain, write_tsv

if TYPE_CHECKING:
    from optuna.study import Study

TABLE, BEST, SUMMARY = "trials.tsv", "best.toml", "search.json"
PICTURES = RANKING, PARALLEL, IMPORTANCE = (
    "ranking.png",
    "parallel_coordinates.png",
    "importance.png",
)
# Trials that were run to their end, below which nothing can be said of what mattered.
FEWEST = 4


@dataclass(frozen=True)
class TuningResult:
    """Result of a search.

    Attributes
    ----------
    out, storage
        Folder that was written, and file of the trials.
    trials
        Record of each trial, also of those that other processes run just now.
    best
        Record of the best trial that was run to its end.
    recipe
        Its recipe.
    score, title
        Key and title of the validation score, such as "auroc" and "AUROC".
    importance
        Share of the scores' variance by recipe key, largest first; empty below four trials.
    """

    out: Path
    storage: Path
    trials: tuple[TrialRecord, ...]
    best: TrialRecord
    recipe: Recipe
    score: str
    title: str
    importance: dict[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Number of trials by state."""
        states = [record.state for record in self.trials]
        return {state: states.count(state) for state in dict.fromkeys(states)}

    def to_json(self) -> dict[str, Any]:
        """Return the figures of the search and the values of the best trial."""
        return {
            "out": self.out,
            "storage": self.storage,
            "score": f"validation_{self.score}_mean",
            "trials": self.counts,
            "best": {
                "trial": self.best.number,
                "score": self.best.score,
                "scores": self.best.scores,
                "values": self.best.values,
                "parameters": self.best.parameters,
            },
            "importance": self.importance,
        }


def tuning_result(
    records: tuple[TrialRecord, ...], search: Search, out: Path, storage: Path, problem: Problem
) -> TuningResult:
    """Return the result of the trials so far, without importance.

    Raises
    ------
    InputError
        None was run to its end.
    """
    best = best_record(records)
    if best is None:
        over = [record for record in records if record.over]
        errors = [record.error for record in over if record.error]
        because = f"; the last failed with: {errors[-1]}" if errors else ""
        raise InputError(f"none of {len(over)} trials could be trained{because}")
    recipe = trial_recipe(search.recipe, search.space, best.values)
    return TuningResult(out, storage, records, best, recipe, problem.score, problem.score_title)


def importance(study: "Study", seed: int = 0) -> dict[str, float]:
    """Return the share of the scores' variance that each key explains, by functional ANOVA.

    Hutter, Hoos and Leyton-Brown 2014 (ICML 32:754), on a random forest of the trials that were
    run to their end.

    Parameters
    ----------
    study
        Study of at least two such trials.
    seed
        Seed of the forest.

    Returns
    -------
    dict
        Shares that sum to 1, largest first; empty where all scores or all values are alike.
    """
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    done = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]
    if len(done) < FEWEST or len({trial.value for trial in done}) < 2:
        return {}
    shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed))
    found = {key: float(share) for key, share in shares.items() if math.isfinite(share)}
    return found if sum(found.values()) > 0 else {}


def write_tables(result: TuningResult) -> None:
    """Write the table of the trials, the best recipe and the summary; each whole or not at all."""
    out, best = result.out, result.best
    write_tsv(out / TABLE, [record.to_row() for record in result.trials])
    note = (
        f"Best of {result.counts[DONE]} trials that ran to their end, trial {best.number}: "
        f"validation {result.title} {best.score:.4f}; plan {result.recipe.plan}"
    )
    write_text(out / BEST, recipe_toml(result.recipe, note=note))
    write_json(out / SUMMARY, plain(result))


def draw_pictures(result: TuningResult, space: SearchSpace) -> tuple[Path, ...]:
    """Draw the ranking, parallel coordinates and, where it is known, importance.

    Returns
    -------
    tuple of Path
        PNG files that were written, in the folder of the result; those of an earlier run that this
        one has not are removed.
    """
    label, pictures = f"Validation {result.title}", {name: result.out / name for name in PICTURES}
    plot_ranking(result.trials, pictures[RANKING], label=label)
    order = [*result.importance, *(key for key in space.domains if key not in result.importance)]
    plot_parallel(result.trials, space, pictures[PARALLEL], label=label, order=order)
    if result.importance:
        plot_importance(result.importance, pictures[IMPORTANCE], label=label)
    else:
        pictures.pop(IMPORTANCE).unlink(missing_ok=True)
    return tuple(pictures.values())
