"""TF-MoDISco of every model on the same elements of a task."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chrominterpret.motifs.modisco import Patterns
from chromkeras.comparison.core.comparison import ComparedModel, Comparison
from chromkeras.model_report.choose import attributed_rows
from chromkeras.model_report.network_inputs import DNA, Inputs
from chromkeras.model_report.patterns import search_target
from chromkeras.names import check_unique, unknown
from chromkeras.progress import progress
from chromkeras.scoring.contrasts import Target


@dataclass(frozen=True, eq=False)
class Searched:
    """What one model reads in the elements of one task.

    Attributes
    ----------
    model, task
        Their names.
    contributions
        Contributions of the observed bases to the task's logit, shape (n, length), float32.
    patterns
        What TF-MoDISco found in them.
    """

    model: str
    task: str
    contributions: np.ndarray
    patterns: Patterns


def pattern_tasks(names: Sequence[str], common: Sequence[str]) -> tuple[str, ...]:
    """Return the tasks to search: those asked for, or all that the models have in common.

    Raises
    ------
    InputError
        One is not among those in common, or stands twice.
    """
    for task in names:
        if task not in common:
            raise unknown("`modisco_tasks` task", task, common)
    check_unique("`modisco_tasks` name", names)
    return tuple(names or common)


def search_all(comparison: Comparison) -> list[Searched]:
    """Search each task's elements in all models, task by task, models in order.

    The elements are open in the task, and the models on average call them so more than in the
    other tasks. They and the shuffles that DeepLIFT compares them with are the same for all
    models.
    """
    options = comparison.options
    tasks = pattern_tasks(options.modisco_tasks, comparison.tasks)
    found, total = [], len(tasks) * len(comparison.models)
    outputs, link = comparison.mean_outputs()
    with progress("TF-MoDISco") as report:
        for task in tasks:
            target = Target(task, (task,))
            rows = attributed_rows(
                comparison.dataset, comparison.rows, outputs, (target,), options.modisco, link=link
            )
            inputs = comparison.dataset.batch(np.sort(rows))
            for model in comparison.models:
                found.append(search(model, inputs, target, seed=options.seed))
                report(len(found), total)
    return found


def search(model: ComparedModel, inputs: Inputs, target: Target, *, seed: int) -> Searched:
    """Search a model's contributions to a task, against shuffles of the sequences.

    Parameters
    ----------
    model
        With the task.
    inputs
        By name, (n, ...), with the one-hot "dna" (n, length, 4); there may be no rows.
    target
        The task.
    seed
        Seed of the shuffles.
    """
    hypothetical, patterns = search_target(
        model.network,
        inputs,
        target,
        task_names=model.tasks,
        references="dinucleotide_shuffle",
        seed=seed,
    )
    contributions = (hypothetical * inputs[DNA]).sum(axis=-1, dtype=np.float32)
    return Searched(model.name, target.name, contributions, patterns)
