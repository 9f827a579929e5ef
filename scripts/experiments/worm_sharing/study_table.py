"""The table of the study, as Markdown and TSV."""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from results import Result, read_result
from runs import Run, Study

from chromkeras.files import replacing

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from table import markdown_table

CONTROL = "single"
HEADER = (
    "run", "seeds", "validation", "{}, all rows", "{}, elements", "{}, tissues in elements",
    "tasks above single", "parameters", "CPU minutes",
)  # fmt: skip


def write_table(study: Study, best: dict[str, list[Run]], out: Path, split: str) -> str:
    """Write table.md and table.tsv of the runs that are finished; return the Markdown."""
    replicates = {
        name: runs for name, runs in all_replicates(study, best).items() if not runs[0].watch
    }
    done = {name: [out / run.slug for run in runs] for name, runs in replicates.items()}
    results = {
        name: [
            read_result(folder, split) for folder in folders if (folder / f"{split}.json").exists()
        ]
        for name, folders in done.items()
    }
    control = results.get(CONTROL, [])
    titles = {name: _title(name, runs, best) for name, runs in replicates.items()}
    rows = [_cells(titles[name], r, control) for name, r in results.items() if r]
    header = [title.format(split) for title in HEADER]
    text = markdown_table(header, rows)
    with replacing(out / "table.md") as path:
        path.write_text(text + "\n", encoding="utf-8")
    with replacing(out / "table.tsv") as path, path.open("w", newline="") as file:
        csv.writer(file, delimiter="\t").writerows([header, *rows])
    return text


def all_replicates(study: Study, best: dict[str, list[Run]]) -> dict[str, list[Run]]:
    """Return the replicates of every row by its name, also of those that repeat the best."""
    replicates: dict[str, list[Run]] = {}
    for run in study.runs:
        replicates.setdefault(run.name, []).append(run)
    return replicates | best


def _title(name: str, runs: list[Run], best: dict[str, list[Run]]) -> str:
    """Return the row's name, for the best of several with the name of that one."""
    return f"{name} ({runs[0].name})" if name in best else name


def _cells(name: str, results: Sequence[Result], control: Sequence[Result]) -> list[str]:
    figures = [[r.validation, r.rows, r.elements, r.tissues] for r in results]
    return [
        name,
        str(len(results)),
        *(_spread(column) for column in np.array(figures).T),
        _above(results, control),
        f"{results[0].parameters:,}",
        f"{np.mean([r.minutes for r in results]):.1f}",
    ]


def _spread(values: np.ndarray) -> str:
    """Return the mean, and the standard deviation over seeds where there are several."""
    mean = f"{values.mean():.4f}"
    return mean if len(values) == 1 else f"{mean} ± {values.std(ddof=1):.4f}"


def _above(results: Sequence[Result], control: Sequence[Result]) -> str:
    """Return on how many tasks the mean over seeds is above the control's."""
    if not control:
        return ""
    tasks = control[0].tasks
    mean = {t: np.mean([r.tasks[t] for r in results]) for t in tasks}
    base = {t: np.mean([r.tasks[t] for r in control]) for t in tasks}
    return f"{sum(mean[t] > base[t] for t in tasks)} of {len(tasks)}"
