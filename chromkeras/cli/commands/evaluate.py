"""``chromkeras evaluate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chromkeras.cli import completion
from chromkeras.cli.options import (
    Calibrated,
    DataOfModel,
    Head,
    Mmap,
    Model,
    OutputNames,
    PositiveShare,
    Split,
    comma_list,
)
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_file, check_output_folder

if TYPE_CHECKING:
    from chromkeras.comparison.predictions.against import Against
    from chromkeras.evaluation.prior import Prior
    from chromkeras.evaluation.report import EvaluationReport


def command(
    model: Model,
    data: DataOfModel = None,
    tasks: OutputNames = None,
    head: Head = None,
    split: Split = "test",
    out: Annotated[
        Path | None,
        typer.Option(
            help="JSON file to write.", show_default="MODEL_evaluation/metrics.json by the model"
        ),
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            help="Of binary labels: probability from which a row is called open, or f1: the best "
            "F1 of each task on the validation split.",
            show_default="0.5",
        ),
    ] = None,
    both_strands: Annotated[
        bool, typer.Option(help="Average the logits of a sequence and its reverse complement.")
    ] = True,
    calibrated: Calibrated = True,
    prior: PositiveShare = None,
    plots: Annotated[
        Path | None, typer.Option(help="Folder for the pictures.", show_default="beside OUT")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            help="Other model, such as a baseline: by how much the first is better on these rows, "
            "with an interval.",
            autocompletion=completion.model,
        ),
    ] = None,
    mmap: Mmap = False,
) -> Outcome:
    """Measure a model on a split: by task, mean, within elements.

    Any Keras model will do, where its outputs are named as the data set's tasks.
    """
    from chromkeras.cli.data_beside import find_data
    from chromkeras.cli.open_data import note_other_data, open_data
    from chromkeras.evaluation.report import evaluate_model, metrics_path
    from chromkeras.evaluation.table import evaluation_table
    from chromkeras.model_file.foreign import any_tasks

    target = out or metrics_path(model)
    check_output_folder(plots or target.parent, "--plots")
    named = comma_list(tasks)
    data = find_data(data, {model: any_tasks(model, named)})
    check_output_file(target, inputs=(model, data))
    dataset = open_data(data, mmap=mmap)
    if against is not None:
        from chromkeras.comparison.predictions.against import check_against

        check_against(model, against, dataset, named)
    found = evaluate_model(
        model,
        dataset,
        tasks=named,
        head=head,
        split=split,
        threshold=_rule(threshold),
        both_strands=both_strands,
        calibrated=calibrated,
        prior=prior,
        out=target,
        plots=plots,
        source=str(data) if data else "demo",
    )
    note_other_data(found.fingerprint, dataset, found.dataset)
    text = (
        f"{model} on the {split} split: {len(found.rows):,} rows, "
        f"{len(found.dataset.tasks)} tasks"
        f"{_probabilities(found.prior)}\n\n"
        f"{evaluation_table(found.evaluation)}\n\n"
        f"wrote {_listed([found.metrics, *found.pictures, *found.tables])}"
    )
    if against is None:
        return Outcome(found, text)
    from chromkeras.comparison.predictions.against import evaluate_against

    difference = evaluate_against(
        model, against, dataset, tasks=named, head=head, split=split, both_strands=both_strands
    )
    return _against(difference, against, found, text)


def _against(difference: "Against", other: Path, found: "EvaluationReport", text: str) -> Outcome:
    """Return the outcome with what a comparison with another model says added."""
    from chromkeras.files import write_json

    path = found.metrics.parent / f"against_{other.stem}.json"
    write_json(path, difference.to_json())
    value = found.to_json() | {"against": difference}
    return Outcome(value, f"{text}\n\n{difference}\n\nwrote {path}")


def _probabilities(prior: "Prior | None") -> str:
    """Say in a line of its own what share of positives probabilities are for."""
    return "" if prior is None else f"\nprobabilities: {prior.text}"


def _rule(threshold: str | None) -> float | str | None:
    try:
        return None if threshold is None else float(threshold)
    except ValueError:
        return threshold


def _listed(paths: list[Path]) -> str:
    *others, last = map(str, paths)
    return f"{', '.join(others)} and {last}"
