"""``chromkeras compare``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from chromkeras.cli import completion
from chromkeras.cli.options import (
    Calibrated,
    DataOfModel,
    EverySeed,
    Motifs,
    OutputNames,
    Split,
    comma_list,
)
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_folder
from chromkeras.cli.written import folder_outcome
from chromkeras.registry import COMPARISON_PARTS


def command(
    models: Annotated[
        list[Path],
        typer.Argument(
            help="Two or more model files, folders of ensembles, or shipped models by name.",
            autocompletion=completion.model,
        ),
    ],
    data: DataOfModel = None,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("compare"),
    split: Split = "test",
    baseline: Annotated[
        str,
        typer.Option(
            help="Model that the others are compared with, by name.", show_default="the first"
        ),
    ] = "",
    parts: Annotated[
        list[str] | None,
        typer.Option(
            help="Part of the comparison (repeat or comma list): "
            f"{', '.join(COMPARISON_PARTS.names())}.",
            show_default="all",
            autocompletion=completion.several(COMPARISON_PARTS.names),
        ),
    ] = None,
    growth: Annotated[
        bool, typer.Option(help="Measure how a training step grows with the number of tasks.")
    ] = False,
    sequences: Annotated[
        int, typer.Option(help="Elements that layers and filters are compared on.", min=4)
    ] = 256,
    attributed: Annotated[int, typer.Option(help="Elements to attribute.", min=1)] = 16,
    modisco: Annotated[
        int,
        typer.Option(
            help="Elements of a task that TF-MoDISco searches in every model; 0 for none. 200 take "
            "about ten seconds for each model and task.",
            min=0,
        ),
    ] = 0,
    modisco_tasks: Annotated[
        list[str] | None,
        typer.Option(help="Task to search (repeat or comma list).", show_default="all in common"),
    ] = None,
    motifs: Motifs = "jaspar",
    calibrated: Calibrated = True,
    h5ad: Annotated[
        bool,
        typer.Option(
            "--h5ad",
            help="Write labels and every model's predictions to OUT/predictions.h5ad (AnnData).",
        ),
    ] = False,
    tasks: OutputNames = None,
    bootstrap: Annotated[int, typer.Option(help="Replicates of the bootstrap.", min=1)] = 1000,
    seed: EverySeed = 0,
) -> Outcome:
    """Compare models: which predicts better, what each learned.

    Says which model predicts what better, how surely, at what cost, and what each has learned. Any
    Keras model will do; what it has learned is compared where chromkeras trained it.
    """
    check_output_folder(out)
    from chromkeras.comparison.core.model_names import check_models
    from chromkeras.model_file.foreign import any_tasks

    check_models(models)
    named = comma_list(tasks)
    known = {model: any_tasks(model, named) for model in models}
    from chromkeras.cli.data_beside import find_data
    from chromkeras.cli.open_data import open_data

    dataset = open_data(find_data(data, known))
    from chromkeras.backend.quiet import import_keras

    import_keras()  # only now, as it takes seconds and all that is wrong above takes none
    from chromkeras.comparison.core.compare import CompareOptions, compare

    options = CompareOptions(
        split=split,
        baseline=baseline,
        seed=seed,
        bootstrap=bootstrap,
        growth=growth,
        sequences=sequences,
        attributed=attributed,
        modisco=modisco,
        modisco_tasks=comma_list(modisco_tasks),
        motifs=motifs,
        parts=comma_list(parts),
        calibrated=calibrated,
        h5ad=h5ad,
        tasks=named,
    )
    summary = compare(models, dataset, out, options)
    shows = "which model predicts what better, at what cost, and what each learned"
    return folder_outcome(summary, _text(summary), out, shows)


def _text(summary: dict[str, Any]) -> str:
    from chromkeras.tables import align

    lines = [
        f"{summary['rows']:,} rows of the {summary['split']} split, {len(summary['tasks'])} tasks",
        *(f"note: {note}" for note in summary["notes"]),
    ]
    if "models" in summary:
        lines += ["", align(_lines(summary))]
    return "\n".join(lines)


def _lines(summary: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return a line for each model: figures, and what it gains and loses on the baseline."""
    against, models = summary["against the baseline"]["models"], summary["models"]
    title, score, others = _columns(summary)
    strata_names = [name for name in summary["strata"] if name != "all"]
    lines: list[tuple[str, ...]] = [
        ("model", title, *others, *strata_names, "difference", "95 % interval", "gain", "lose",
         "of them q < 0.05")
    ]  # fmt: skip
    for name, strata in models.items():
        figures = [strata["all"][key] for key in (score, *others.values())]
        figures += [strata[stratum][score] for stratum in strata_names]
        lines.append((name, *map(_number, figures), *_change(against.get(name))))
    return lines


def _columns(summary: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    """Return the title and key of the score, and the key of the figure beside it by its title."""
    from chromkeras.comparison.predictions.shown import shown_figures
    from chromkeras.problems.registry import find_problem

    shown = shown_figures(find_problem(summary["problem"]))
    beside = [item for item in shown.columns.items() if item[1] != shown.score][:1]
    return shown.title, shown.score, dict(beside)


def _change(found: dict[str, Any] | None) -> tuple[str, ...]:
    if found is None:
        return ("baseline", "", "", "", "")
    pair = found["all"]
    low, high = pair["95 % interval"]
    return (
        _number(next(iter(pair.values())), "+.4f"),
        f"{_number(low, '+.4f')} to {_number(high, '+.4f')}",
        str(pair["tasks that gain"]),
        str(pair["tasks that lose"]),
        f"{pair['tasks that gain significantly']} and {pair['tasks that lose significantly']}",
    )


def _number(value: float | None, form: str = ".4f") -> str:
    return "–" if value is None else format(value, form)
