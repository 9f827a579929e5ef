"""The part "costs": size, operations, memory and time, and how they grow with the tasks."""

from typing import Any

from matplotlib.figure import Figure

from chrominterpret.page.blocks import Cell, Notes, Number, Section, Table
from chromkeras.comparison.core.comparison import ComparedModel, Comparison
from chromkeras.comparison.core.figures import growth_curves
from chromkeras.comparison.core.part import PartResult, picture
from chromkeras.comparison.costs.model_costs import ModelCosts, model_costs, summed
from chromkeras.cost.growth import Growth, measure_growth
from chromkeras.model_file.beside import history_path
from chromkeras.model_file.open_model import OpenModel
from chromkeras.progress import progress

ORDER = 20

_LEAD = (
    "What each model takes. Times are those of its own training on the machine that trained it, "
    "so they compare only models trained side by side."
)
_CAPTION = (
    "FLOP: floating-point operations of the matrix products, per sequence. Memory: estimated "
    "peak of training on a CPU beyond the program and its data. Times are by the history file "
    "beside the model; an epoch's is the median and includes its validation."
)


def compare_part(comparison: Comparison) -> PartResult:
    """Look up what the models cost and, where asked for, measure how that grows."""
    costs = [_costs(model, f"val_{comparison.problem.score}") for model in comparison.models]
    rows = [_row(m, c) for m, c in zip(comparison.models, costs, strict=True)]
    sections = [_section(comparison, costs)]
    tables = {"costs.tsv": rows}
    figures: dict[str, Figure] = {}
    growth = comparison.options.growth and any(map(_has_recipe, comparison.models))
    if growth:
        found = _growth(comparison)
        figures["growth.png"] = growth_curves(found)
        tables["growth.tsv"] = [_growth_row(one) for one in found]
        sections.append(_growth_section(found, figures["growth.png"]))
    facts = {"costs": {row["model"]: {k: v for k, v in row.items() if k != "model"}
                       for row in rows}}  # fmt: skip
    if growth:
        facts["growth"] = tables["growth.tsv"]  # type: ignore[assignment]
    return PartResult(sections, facts, tables, figures)


def _costs(model: ComparedModel, score: str) -> ModelCosts:
    each = [
        model_costs(m.network, m.recipe if _has_recipe(m) else None, m.path, score=score)
        for m in model.members or (model,)
    ]
    return summed(each) if model.members else each[0]


def _row(model: ComparedModel, costs: ModelCosts) -> dict[str, Any]:
    return {
        "model": model.name,
        "tasks": len(model.tasks),
        "parameters": costs.parameters,
        "flop_forward": costs.forward,
        "flop_training": costs.training,
        "memory_bytes_estimated": costs.memory,
        "epochs": costs.time.epochs,
        "best_epoch": costs.time.best_epoch,
        "seconds_per_epoch": costs.time.epoch,
        "seconds_to_best": costs.time.to_best,
    }


def _section(comparison: Comparison, costs: list[ModelCosts]) -> Section:
    columns = [
        "model", "plan", "tasks", "weights", "MFLOP, prediction", "MFLOP, training",
        "memory, GB", "epochs", "best epoch", "s per epoch", "min to best",
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            model.name,
            model.card.plan,
            Number.of(len(model.tasks), ".0f"),
            Number.of(cost.parameters, ",.0f"),
            Number.of(cost.forward / 1e6, ".3g"),
            Number.of(cost.training / 1e6, ".3g"),
            Number.of(cost.memory / 1e9, ".2f"),
            Number.of(cost.time.epochs, ".0f"),
            Number.of(cost.time.best_epoch, ".0f"),
            Number.of(cost.time.epoch, ".1f"),
            Number.of(cost.time.to_best / 60, ".2f"),
        ]
        for model, cost in zip(comparison.models, costs, strict=True)
    ]
    baselines = [m.name for m in comparison.models if m.card.is_baseline]
    without = [m.name for m in comparison.models if not _has_history(m)]
    without = [name for name in without if name not in baselines]
    notes = []
    if without:
        notes.append(f"No history file beside {', '.join(without)}: times are not known there.")
    if baselines:
        notes.append(f"Trained by no epochs, as baselines are: {', '.join(baselines)}.")
    if ensembles := [m.name for m in comparison.models if m.members]:
        notes.append(f"Sums over the members, whose memory is the largest: {', '.join(ensembles)}.")
    return Section(
        "Cost", [*([Notes(notes)] if notes else []), Table(columns, rows, _CAPTION)], _LEAD
    )


def _has_recipe(model: OpenModel) -> bool:
    return not (model.card.is_baseline or model.card.is_foreign)


def _has_history(model: ComparedModel) -> bool:
    return all(history_path(m.path).exists() for m in model.members or (model,))


def _growth(comparison: Comparison) -> list[Growth]:
    recipes = {
        group.name: comparison.models[group.members[0]].recipe
        for group in comparison.replicates
        if _has_recipe(comparison.models[group.members[0]])
    }
    with progress("growth with the number of tasks") as report:
        return measure_growth(
            recipes,
            comparison.dataset.shapes,
            problem=comparison.dataset.problem,
            classes=comparison.dataset.classes,
            progress=report,
        )


def _growth_row(one: Growth) -> dict[str, Any]:
    return {
        "recipe": one.name,
        "tasks": one.tasks,
        "parameters": one.parameters,
        "flop_training": one.training,
        "memory_bytes_estimated": one.memory,
        "seconds_per_step": one.step,
        "step": "measured" if one.measured else "estimated",
    }


def _growth_section(found: list[Growth], figure: Figure) -> Section:
    columns = [
        "recipe", "tasks", "s per step", "step", "weights", "MFLOP, training", "memory, GB",
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            one.name,
            Number.of(one.tasks, ".0f"),
            Number.of(one.step, ".3g"),
            "measured" if one.measured else "estimated",
            Number.of(one.parameters, ",.0f"),
            Number.of(one.training / 1e6, ".3g"),
            Number.of(one.memory / 1e9, ".2f"),
        ]
        for one in found
    ]
    shown = picture(
        figure,
        "Growth with the number of tasks, log by log. Filled: measured steps of untrained models "
        "on this machine, or exact counts; open: estimated from the work, scaled to agree with "
        "the largest number of tasks that was measured.",
        "growth",
    )
    caption = "Batch sizes are the recipes' own."
    lead = "Each recipe with other numbers of tasks, untrained, on random sequences."
    return Section("Growth with the number of tasks", [shown, Table(columns, rows, caption)], lead)
