"""Tables of an evaluation as text."""

import math

from chromkeras.evaluation.evaluate import Evaluation
from chromkeras.problems.problem import Column, FigureTable
from chromkeras.statistics.means import mean_defined
from chromkeras.tables import align


def evaluation_table(evaluation: Evaluation) -> str:
    """Return the problem's tables with a row for every task, and what is undefined."""
    tables = [_table(evaluation, table) for table in evaluation.problem.tables]
    return "\n\n".join([*tables, *_across(evaluation), *_undefined(evaluation)])


def _across(evaluation: Evaluation) -> list[str]:
    """Return a table of the figures of each row across its tasks, a line for each stratum."""
    columns, strata = evaluation.problem.row_columns, evaluation.strata
    if not strata["all"].across:
        return []
    title = f"mean over rows, across {len(evaluation.tasks)} tasks"
    lines = [(title, "rows", *(column.heading for column in columns))]
    for name, stratum in strata.items():
        rows = max(count for _, count in stratum.across.values())
        cells = (_cell(c, stratum.across[c.figure][0], frozenset()) for c in columns)
        lines.append((evaluation.problem.stratum_title(name), f"{rows:,}", *cells))
    return [align(lines)]


def _table(evaluation: Evaluation, table: FigureTable) -> str:
    figures, counts = evaluation.strata["all"].figures, evaluation.problem.counts
    shown = evaluation.threshold if table.threshold else None
    lines = [(table.title, *(["threshold"] if shown else []), *(c.heading for c in table.columns))]
    for i, task in enumerate(evaluation.tasks):
        first = [f"{shown.probability[i]:.4f}"] if shown else []
        cells = (_cell(column, figures[column.figure][i], counts) for column in table.columns)
        lines.append((task, *first, *cells))
    means = [*_means(evaluation, table), *_by_factor(evaluation, table)] if table.means else []
    return align([*lines, *means])


def _means(evaluation: Evaluation, table: FigureTable) -> list[tuple[str, ...]]:
    counts = evaluation.problem.counts
    lines = []
    for name, stratum in evaluation.strata.items():
        title = evaluation.problem.stratum_title(name)
        sums = {key: stratum.figures[key].sum() for key in counts}
        cells = (_cell(c, (sums | stratum.mean)[c.figure], counts) for c in table.columns)
        lines.append((f"mean, {title}", *cells))
    return lines


def _by_factor(evaluation: Evaluation, table: FigureTable) -> list[tuple[str, ...]]:
    """Return a line for each factor: means over its levels, which each count alike."""
    counts, lines = evaluation.problem.counts, []
    for name, found in evaluation.factors.items():
        means = {key: mean_defined(value) for key, value in found.mean(counts).items()}
        cells = (_cell(c, means.get(c.figure, math.nan), frozenset()) for c in table.columns)
        lines.append((f"mean by {name}, {len(found.levels):,}", *cells))
    return lines


def _undefined(evaluation: Evaluation) -> list[str]:
    columns, notes = evaluation.problem.tables[0].columns, []
    for name, stratum in evaluation.strata.items():
        title, missing = evaluation.problem.stratum_title(name), stratum.undefined
        for tasks in sorted({tuple(missing[c.figure]) for c in columns if c.figure in missing}):
            headings = [c.heading for c in columns if missing.get(c.figure) == list(tasks)]
            shown = ", ".join(tasks[:4]) + (", …" if len(tasks) > 4 else "")
            notes.append(
                f"mean, {title}: {', '.join(headings)} undefined for {len(tasks)} of "
                f"{len(evaluation.tasks)} tasks, left out of the mean ({shown})"
            )
    return ["\n".join(notes)] if notes else []


def _cell(column: Column, value: float, counts: frozenset[str]) -> str:
    if value != value:
        return "–"
    return f"{value:,}" if column.figure in counts else format(value, column.format)
