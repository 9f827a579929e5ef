"""The table of a benchmark: a row for each contender, measured, as TSV and as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chromkeras.benchmarking import description
from chromkeras.benchmarking.contenders import Contender
from chromkeras.benchmarking.differences import Difference
from chromkeras.benchmarking.runs import Replicate
from chromkeras.benchmarking.timing import PredictionTime
from chromkeras.model_file.card import read_card
from chromkeras.model_file.open_model import OpenModel
from chromkeras.problems.problem import Column, Problem
from chromkeras.statistics.means import mean_defined, sample_sd

Row = dict[str, Any]
MOST_SHOWN = 24  # differences; the file of them has all


@dataclass(frozen=True)
class Spread:
    """A figure over seeds."""

    mean: float
    sd: float

    def __str__(self) -> str:
        if self.mean != self.mean:
            return "–"
        return f"{self.mean:.3f}" + ("" if self.sd != self.sd else f" ± {self.sd:.3f}")


def figures(problem: Problem) -> tuple[Column, ...]:
    """Return the figures that a table shows: the score and the next one of the evaluation."""
    columns = [c for c in problem.tables[0].columns if c.figure not in problem.counts]
    own = next(c for c in columns if c.figure == problem.score)
    others = [c for c in columns[columns.index(own) + 1 :] + columns if c is not own]
    return own, others[0]


def spread(replicates: Sequence[Replicate], stratum: str, figure: str) -> Spread:
    """Return mean and standard deviation over seeds of a figure's mean over tasks."""
    each = np.array([one.evaluation.strata[stratum].mean[figure] for one in replicates])
    return Spread(mean_defined(each), sample_sd(each))


def table_row(
    contender: Contender,
    replicates: Sequence[Replicate],
    model: OpenModel,
    taken: PredictionTime,
    strata: Sequence[str],
    seconds: float,
) -> Row:
    """Return the row of a contender.

    Parameters
    ----------
    contender, replicates
        The contender and its replicates, one for each seed.
    model
        The first of them, open.
    taken
        Its prediction time.
    strata
        Names of the strata to give figures for.
    seconds
        Median seconds of an epoch of its trainings.
    """
    problem = model.problem
    row: Row = {
        "model": contender.model,
        "size": contender.size,
        "plan": contender.plan,
        "publication": description.publication(contender.module),
        "type": contender.kind(model.network),
        "inputs": description.inputs(model),
        "framework": description.framework(),
        "tasks": len(model.tasks),
        "parameters": model.network.count_params(),
        "file_bytes": replicates[0].path.stat().st_size,
        "predict_both_strands_ms": taken.both_strands,
        "predict_ms": taken.one_strand,
        "keras_call_ms": taken.keras,
        "input_length": description.input_length(model),
        "published_length": description.published_length(contender.module),
        "seeds": len(replicates),
        "epoch_seconds": seconds,
    }
    own = f"validation_{problem.score}_mean"
    valid = np.array([read_card(one.path).scores[own] for one in replicates], np.float64)
    row |= {f"validation_{problem.score}": mean_defined(valid)}
    row |= {f"validation_{problem.score}_sd": sample_sd(valid)}
    for stratum in strata:
        for column in figures(problem):
            found = spread(replicates, stratum, column.figure)
            key = figure_key(column.figure, stratum)
            row |= {key: found.mean, f"{key}_sd": found.sd}
    return row


def run_rows(replicates: Sequence[Replicate], strata: Sequence[str]) -> list[Row]:
    """Return a row for each replicate, stratum and task, and for the mean over tasks."""
    rows = []
    for one in replicates:
        columns = [c.figure for c in one.evaluation.problem.tables[0].columns]
        where = {"model": one.contender.model, "size": one.contender.size,
                 "plan": one.contender.plan, "seed": one.seed}  # fmt: skip
        for name in strata:
            stratum = one.evaluation.strata[name]
            for place, task in enumerate(stratum.tasks):
                values = {key: stratum.figures[key][place] for key in columns}
                rows.append({**where, "stratum": name, "task": task, **values})
            means = {key: stratum.mean.get(key, float("nan")) for key in columns}
            rows.append({**where, "stratum": name, "task": "mean", **means})
    return rows


def markdown(
    rows: Sequence[Row],
    differences: Sequence[Difference],
    problem: Problem,
    strata: Sequence[str],
    notes: Sequence[str],
) -> str:
    """Return the table for people, what it was measured on, and the differences."""
    lines = _main_table(rows, problem, strata)
    text = ["\n".join(lines), "\n".join(f"- {note}" for note in notes)]
    if differences:
        heads, *body = difference_cells(differences, problem)
        text.append("\n".join(_pipes(heads, body)))
    return "\n\n".join(text) + "\n"


def _main_table(rows: Sequence[Row], problem: Problem, strata: Sequence[str]) -> list[str]:
    several = len({row["plan"] for row in rows}) > 1
    heads = ["model", *(["plan"] if several else []), "publication", "type", "inputs", "framework",
             "parameters", "size", "256 sequences", "one strand", "Keras call",
             "input length"]  # fmt: skip
    shown = _shown(problem, strata)
    heads += [f"{c.heading}, {problem.stratum_title(s)}" for c, s in shown]
    body = []
    for row in rows:
        cells = [_title(row), *([row["plan"] or "–"] if several else [])]
        cells += [row[key] for key in ("publication", "type", "inputs", "framework")]
        cells += [f"{row['parameters']:,}", _bytes(row["file_bytes"])]
        cells += [_milliseconds(row[key]) for key in _TIMES]
        cells.append(_length(row))
        body.append(cells + _figure_cells(row, shown))
    return _pipes(heads, body)


_TIMES = ("predict_both_strands_ms", "predict_ms", "keras_call_ms")


def difference_cells(differences: Sequence[Difference], problem: Problem) -> list[list[str]]:
    """Return the differences as cells, a heading first; of many those on all rows alone."""
    if len(differences) > MOST_SHOWN:
        differences = [one for one in differences if one.stratum == "all"]
    heads = ["", "minus", "rows", f"{problem.score_title}, difference", "95 % interval",
             "tasks higher / lower"]  # fmt: skip
    body = [
        [
            one.first.name,
            one.second.name,
            problem.stratum_title(one.stratum),
            f"{one.difference:+.4f}",
            f"{one.low:+.4f} to {one.high:+.4f}",
            f"{one.gains} / {one.losses}",
        ]
        for one in differences
    ]
    return [heads, *body]


def summary_cells(rows: Sequence[Row], problem: Problem, strata: Sequence[str]) -> list[list[str]]:
    """Return what a terminal has room for, as cells, a heading first."""
    shown = _shown(problem, strata)
    heads = ["model", "plan", "parameters", "size", "256 sequences", "Keras call"]
    lines = [heads + [f"{c.heading}, {problem.stratum_title(s)}" for c, s in shown]]
    for row in rows:
        cells = [_title(row), row["plan"] or "–", f"{row['parameters']:,}"]
        cells += [_bytes(row["file_bytes"]), _milliseconds(row["predict_both_strands_ms"])]
        cells += [_milliseconds(row["keras_call_ms"]), *_figure_cells(row, shown)]
        lines.append(cells)
    return lines


def _shown(problem: Problem, strata: Sequence[str]) -> list[tuple[Column, str]]:
    """Return the figures of all rows, and the score of the other strata."""
    own, other = figures(problem)
    return [(own, "all"), (other, "all"), *((own, name) for name in strata if name != "all")]


def _figure_cells(row: Row, shown: Sequence[tuple[Column, str]]) -> list[str]:
    keys = [figure_key(column.figure, stratum) for column, stratum in shown]
    return [str(Spread(row[key], row[f"{key}_sd"])) for key in keys]


def figure_key(figure: str, stratum: str) -> str:
    """Return the column of a figure on a stratum, such as "auroc_all"."""
    return f"{figure}_{stratum.replace(',', '').replace(' ', '_')}"


def _pipes(heads: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *body]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _title(row: Row) -> str:
    return f"{row['model']} ({row['size']})" if row["size"] else str(row["model"])


def _bytes(size: int) -> str:
    """Return a file's size as "36 KB" or "4.1 MB"."""
    if size < 1e6:
        return f"{size / 1e3:.0f} KB"
    return f"{size / 1e6:.1f} MB" if size < 1e8 else f"{size / 1e6:.0f} MB"


def _length(row: Row) -> str:
    """Return the bases that were read, and those of the paper where it had others."""
    own, paper = row["input_length"], row["published_length"]
    if own is None:
        return "–"
    return f"{own:,} bp" + ("" if paper in (None, own) else f" (paper: {paper:,})")


def _milliseconds(value: float) -> str:
    return f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"
