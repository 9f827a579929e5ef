"""The page's sections on predictions."""

import numpy as np
from matplotlib.figure import Figure

from chrominterpret.page.blocks import Block, Cell, Facts, Notes, Number, Section, Table
from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.figures import DotPanel, difference_dots, reliability_curves
from chromkeras.comparison.core.matrices import Matrix, matrix_grid
from chromkeras.comparison.core.part import picture
from chromkeras.comparison.predictions.differences import SIGNIFICANT, Differences
from chromkeras.comparison.predictions.findings import Findings
from chromkeras.evaluation.prior import AS_TRAINED
from chromkeras.statistics.means import mean_defined

MOST_DRAWN = 60  # tasks in the picture; all are in differences.tsv


def prediction_sections(findings: Findings) -> tuple[list[Section], dict[str, Figure]]:
    """Return the sections, and their figures by the name of a PNG file."""
    figures = {"agreement.png": _agreement_figure(findings)}
    if findings.calibrations:
        figures = {"reliability.png": _reliability(findings)} | figures
    if len(findings.comparison.replicates) > 1:
        figures["differences.png"] = _dots(findings)
    sections = [
        _summary(findings),
        _prediction(findings),
        _gains(findings, figures),
        *([_calibration(findings, figures)] if findings.calibrations else []),
        _agreement(findings, figures),
    ]
    return sections, figures


def _labels(findings: Findings) -> list[str]:
    return [group.label for group in findings.comparison.replicates]


def _summary(findings: Findings) -> Section:
    comparison, found = findings.comparison, findings.replicates["all"]
    labels = _labels(findings)
    base = comparison.baseline_replicates
    name = f"mean {findings.shown.title} of {labels[base]}, the baseline"
    facts = {name: _signless(mean_defined(found.score[base]))}
    for p, (a, b) in enumerate(found.pairs):
        if b == comparison.baseline_replicates:
            low, high = found.mean_interval[p]
            name = f"{labels[a]} minus {labels[b]} ({signed(low)} to {signed(high)})"
            facts[name] = signed(found.mean[p])
    lead = (
        f"{len(comparison.models)} models on {len(comparison.rows):,} rows of the "
        f"{comparison.options.split} split, {len(comparison.tasks)} tasks. In brackets: 95 % "
        "bootstrap interval over regions of the genome."
    )
    notes = [Notes(comparison.notes)] if comparison.notes else []
    return Section("Summary", [*notes, Facts(facts)], lead)


def _prediction(findings: Findings) -> Section:
    blocks: list[Block] = []
    comparison = findings.comparison
    if any(len(group.members) > 1 for group in comparison.replicates):
        blocks.append(_seed_table(findings))
    blocks += [_model_table(findings), _task_table(findings)]
    outputs, at = "outputs", ""
    if findings.calibrations:
        outputs, at = "logits", "Accuracy and recall are at probability 0.5. "
    told = {
        "elements": "Elements are rows that are no background",
        "specific": f"specific ones {comparison.problem.specific}",
    }
    strata = "; ".join(text for name, text in told.items() if name in findings.masks)
    lead = f"Means over the tasks; {outputs} are the mean of both strands. {at}{strata}."
    return Section("Prediction", blocks, lead)


def _strata_columns(findings: Findings) -> list[str]:
    """Return headings such as "AUROC, elements", of all strata but that of all rows."""
    return [f"{findings.shown.title}, {name}" for name in list(findings.masks)[1:]]


def _means(findings: Findings, model: int) -> list[float]:
    """Return a model's means over the tasks: all figures on all rows, the score on the strata."""
    strata, shown = findings.evaluations[model].strata, findings.shown
    means = [strata["all"].mean[key] for key in shown.columns.values()]
    return means + [strata[name].mean[shown.score] for name in list(findings.masks)[1:]]


def _seed_table(findings: Findings) -> Table:
    columns = ["recipe", "seeds", *findings.shown.columns, *_strata_columns(findings)]
    rows: list[list[Cell]] = []
    for group in findings.comparison.replicates:
        own = [_means(findings, i) for i in group.members]
        seeds = Number.of(len(own), ".0f")
        rows.append(
            [group.name, seeds, *(_spread(list(values)) for values in zip(*own, strict=True))]
        )
    return Table(columns, rows, "Mean ± standard deviation over the seeds of each recipe.")


def _spread(values: list[float]) -> Number:
    mean = float(np.mean(values))
    if len(values) < 2 or np.isnan(mean):
        return Number.of(mean, ".4f")
    return Number(mean, f"{mean:.4f} ± {np.std(values, ddof=1):.4f}")


def _model_table(findings: Findings) -> Table:
    columns = ["model", "plan", *findings.shown.columns, *_strata_columns(findings)]
    rows: list[list[Cell]] = []
    for place, model in enumerate(findings.comparison.models):
        means = _means(findings, place)
        rows.append([model.name, model.card.plan, *(Number.of(x, ".4f") for x in means)])
    loss = "Loss: binary cross-entropy in nats, without class weights."
    return Table(columns, rows, loss if findings.calibrations else "Means over the tasks.")


def _task_table(findings: Findings) -> Table:
    shown = findings.shown
    figures = findings.evaluations[0].strata["all"].figures
    scores = findings.replicates["all"].score
    rows: list[list[Cell]] = [
        [
            task,
            *(Number.of(figures[key][t], ",.0f") for key in shown.counts),
            *(Number.of(group[t], ".4f") for group in scores),
        ]
        for t, task in enumerate(findings.comparison.tasks)
    ]
    columns = ["task", *shown.counts.values(), *_labels(findings)]
    return Table(
        columns, rows, f"{shown.title} of each task on all rows; tasks.tsv holds all figures."
    )


def _gains(findings: Findings, figures: dict[str, Figure]) -> Section:
    comparison = findings.comparison
    base = _labels(findings)[comparison.baseline_replicates]
    lead = (
        f"Each task's {findings.shown.title} against that of {base}, on the same rows. Where the "
        "baseline shares nothing, a task that loses is one that sharing harms: negative transfer."
    )
    blocks: list[Block] = []
    if "differences.png" in figures:
        caption = (
            f"{findings.shown.title} of each task minus that of {base}. Lines: 95 % bootstrap "
            f"intervals, regions drawn anew; filled dots: q < {SIGNIFICANT} by {_test(findings)} "
            "with Benjamini-Hochberg over all tasks and pairs of the panel; the row of means is "
            "filled where the interval leaves out 0."
        )
        shown = min(len(comparison.tasks), MOST_DRAWN)
        if shown < len(comparison.tasks):
            caption += (
                f" The {shown} tasks with the largest differences of {len(comparison.tasks)}."
            )
        blocks.append(picture(figures["differences.png"], caption, "differences"))
    blocks.append(_gain_table(findings))
    return Section("Gains and losses", blocks, lead)


def _gain_table(findings: Findings) -> Table:
    labels, rows = _labels(findings), []
    title_of = findings.comparison.problem.stratum_title
    for stratum, found in findings.replicates.items():
        for p, (a, b) in enumerate(found.pairs):
            rows.append(_gain_row(found, p, [labels[a], labels[b], title_of(stratum)]))
    columns = [
        "model", "minus", "rows", "mean difference", "95 % interval", "tasks gain", "tasks lose",
        "gain, q < 0.05", "lose, q < 0.05",
    ]  # fmt: skip
    test = _test(findings)
    taken = "rows as independent" if findings.calibrations else "regions as independent"
    caption = (
        f"Mean difference of {findings.shown.title} over the tasks, and how many tasks gain and "
        f"lose by sign and significantly. {test[:1].upper()}{test[1:]} takes {taken} and the "
        "models as given: what another training would give is seen in the spread over seeds."
    )
    return Table(columns, rows, caption)


def _test(findings: Findings) -> str:
    return "DeLong's test" if findings.shown.test == "delong" else "the bootstrap"


def _gain_row(found: Differences, pair: int, names: list[str]) -> list[Cell]:
    low, high = found.mean_interval[pair]
    counts = [Number.of(count, ".0f") for count in found.gains(pair)]
    mean = Number(float(found.mean[pair]), signed(found.mean[pair]))
    return [*names, mean, Number(float(low), f"{signed(low)} to {signed(high)}"), *counts]


def _dots(findings: Findings) -> Figure:
    comparison, all_rows = findings.comparison, findings.replicates["all"]
    chosen = [p for p, (_, b) in enumerate(all_rows.pairs) if b == comparison.baseline_replicates]
    title_of = comparison.problem.stratum_title
    tasks = _drawn(all_rows.difference[chosen])
    labels = _labels(findings)
    panels = [
        _panel(findings.replicates[name], chosen, tasks, f"{title_of(name)}, {int(mask.sum()):,}")
        for name, mask in findings.masks.items()
        if np.isfinite(findings.replicates[name].difference[chosen]).any()
        and (name == "all" or mask.sum() < len(mask))
    ] or [_panel(all_rows, chosen, tasks, title_of("all"))]
    models = {all_rows.pairs[p][0]: labels[all_rows.pairs[p][0]] for p in chosen}
    rows = [*(comparison.tasks[t] for t in tasks), "mean"]
    base = labels[comparison.baseline_replicates]
    return difference_dots(panels, models, rows, base, score=findings.shown.title)


def _panel(found: Differences, pairs: list[int], tasks: np.ndarray, title: str) -> DotPanel:
    mean, spread = found.mean[pairs], found.mean_interval[pairs]
    outside = (spread[:, 0] > 0) | (spread[:, 1] < 0)
    return DotPanel(
        title,
        np.column_stack([found.difference[pairs][:, tasks], mean]),
        np.concatenate([found.interval[pairs][:, :, tasks], spread[:, :, None]], axis=2),
        np.column_stack([found.q_value[pairs][:, tasks] < SIGNIFICANT, outside]),
    )


def _drawn(difference: np.ndarray) -> np.ndarray:
    """Return the tasks to draw, shape (R,): those of the largest differences, in their order."""
    size = np.nan_to_num(np.abs(difference)).max(axis=0)
    return np.sort(np.argsort(-size, kind="stable")[:MOST_DRAWN])


def _reliability(findings: Findings) -> Figure:
    if not findings.comparison.shifts.any():
        return reliability_curves({"as trained": findings.reliability()}, _labels(findings))
    panels = {
        "as trained": findings.reliability(as_trained=True),
        "at the share of positives of the training rows": findings.reliability(),
    }
    return reliability_curves(panels, _labels(findings))


def _taken_out(comparison: Comparison) -> str:
    """Say what was done about the class weights."""
    if comparison.shifts.any():
        return (
            "on the right, and in all figures of this page, that is taken out. No ranking changes."
        )
    unknown = [
        model.name
        for model, prior in zip(comparison.models, comparison.priors, strict=True)
        if prior.rule == AS_TRAINED
    ]
    if comparison.options.calibrated and unknown:
        return f"it is left in, as ρ of {', '.join(unknown)} is not known."
    return "here no model was trained so, or it is left in as asked for."


def _calibration(findings: Findings, figures: dict[str, Figure]) -> Section:
    columns = [
        "model", "calibration error", "Brier", "calibration error, as trained",
        "Brier, as trained",
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [name, *(Number.of(mean_defined(v), ".4f") for v in vars(found).values())]
        for name, found in zip(findings.comparison.names, findings.calibrations, strict=True)
    ]
    caption = (
        "Share of positives among rows of like predicted probability, all tasks together, in ten "
        "bins. The rebalanced loss weights positives by 1 − ρ and negatives by ρ, with the share "
        "ρ of positives in the training rows, which raises the odds by (1 − ρ)/ρ; "
        + _taken_out(findings.comparison)
    )
    table = (
        "Expected calibration error (ten bins of equal width) and Brier score, each the mean over "
        "the tasks, on all rows; also of the probabilities as the loss trained them."
    )
    shown = picture(figures["reliability.png"], caption, "reliability")
    lead = "Whether a predicted probability comes true as often as it says."
    return Section("Calibration", [shown, Table(columns, rows, table)], lead)


def _agreement(findings: Findings, figures: dict[str, Figure]) -> Section:
    what, at = f"{findings.shown.ranking}s", ", at probability 0.5" if findings.calibrations else ""
    caption = (
        f"Pearson correlation of two models' {what}, and share of rows that both call open or both "
        f"closed{at}; means over the tasks."
    )
    shown = picture(figures["agreement.png"], caption, "agreement")
    lead = "How far two models say the same of the same rows, right or wrong."
    return Section("Agreement", [shown], lead)


def _agreement_figure(findings: Findings) -> Figure:
    names = findings.comparison.names
    what = {
        f"correlation of {findings.shown.ranking}s": findings.correlation,
        "equal calls": findings.calls,
    }
    return matrix_grid([_agreed(findings, t, values, names) for t, values in what.items()], 2)


def _agreed(findings: Findings, title: str, values: np.ndarray, names: list[str]) -> Matrix:
    matrix = _matrix(findings.pairs, mean_defined(values, axis=1), len(names))
    low = float(np.nanmin(matrix, initial=0.9)) if np.isfinite(matrix).any() else 0.0
    floor = min(np.floor(low * 10) / 10 - 0.1, 0.8)
    return Matrix(title, matrix, names, names, max(0.0, float(floor)), 1.0, ".3f")


def _matrix(pairs: tuple[tuple[int, int], ...], values: np.ndarray, size: int) -> np.ndarray:
    matrix = np.full((size, size), np.nan)
    for (a, b), value in zip(pairs, values, strict=True):
        matrix[a, b] = matrix[b, a] = value
    return matrix


def signed(value: float) -> str:
    """Write a difference with its sign, four decimals; NaN as a dash."""
    return "–" if value != value else f"{value:+.4f}".replace("-", "−")


def _signless(value: float) -> str:
    return "–" if value != value else f"{value:.4f}"
