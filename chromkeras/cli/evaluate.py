"""``chromkeras evaluate``."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chromkeras.cli.options import DataOfModel
from chromkeras.cli.places import check_output_file, check_output_folder

if TYPE_CHECKING:
    import numpy as np

    from chromkeras.data.dataset import Dataset


def command(
    model: Annotated[Path, typer.Option(help="Model file from `train`.")],
    data: DataOfModel = None,
    split: Annotated[str, typer.Option(help="train, valid, test or all.")] = "test",
    out: Annotated[
        Path | None,
        typer.Option(
            help="JSON file to write.", show_default="MODEL_evaluation/metrics.json by the model"
        ),
    ] = None,
    threshold: Annotated[
        str,
        typer.Option(
            help="Probability from which a row is called open, or f1: the best F1 of each task on "
            "the validation split."
        ),
    ] = "0.5",
    both_strands: Annotated[
        bool, typer.Option(help="Average the logits of a sequence and its reverse complement.")
    ] = True,
    plots: Annotated[
        Path | None, typer.Option(help="Folder for roc.png and pr.png.", show_default="beside OUT")
    ] = None,
) -> None:
    """Measure a model on a split: per task, mean, within elements and in specific elements."""
    rule = _rule(threshold)
    target = out or model.parent / f"{model.stem}_evaluation" / "metrics.json"
    folder = plots or target.parent
    check_output_folder(folder, "--plots")
    from chromkeras.cli.data_beside import find_data
    from chromkeras.model_file.card_file import read_card

    tasks = read_card(model)["tasks"]
    data = find_data(data, {model: tasks})
    check_output_file(target, inputs=(model, data))
    from chromkeras.cli.open_data import note_other_data, open_data
    from chromkeras.evaluation.evaluate import check_rows, evaluate, logit_threshold, match_tasks

    given = open_data(data)
    dataset = match_tasks(given, tasks)
    rows = check_rows(dataset, split)
    if rule == "f1":
        check_rows(dataset, "valid")
    else:
        logit_threshold(dataset, rule)
    from chromkeras.backend.quiet import import_keras

    import_keras()  # only now, as it takes seconds and all that is wrong above takes none
    from chromkeras.evaluation.predict import predict_logits
    from chromkeras.evaluation.table import evaluation_table
    from chromkeras.files import replacing
    from chromkeras.model_file.model_file import open_model

    network, card = open_model(model)
    predict = partial(predict_logits, network, dataset, both_strands=both_strands)
    logits = predict(rows)
    same = not note_other_data(card.fingerprint, given, dataset)
    valid = predict(dataset.rows("valid")) if rule == "f1" else None
    evaluation = evaluate(logits, dataset, rows, threshold=rule, valid_logits=valid)
    described: dict[str, Any] = {
        "model": str(model),
        "data": str(data) if data else "demo",
        "split": split,
        "rows": len(rows),
        "both_strands": both_strands,
        "fingerprint": {
            "model": card.fingerprint,
            "data": given.fingerprint,
            "held_out_of": given.origin.fingerprints if given.origin else None,
            "same": same,
        },
    }
    with replacing(target) as beside:
        text = json.dumps(described | evaluation.to_json(), indent=1, allow_nan=False)
        beside.write_text(text + "\n", encoding="utf-8")
    _draw(logits, dataset, rows, folder)
    print(f"{model} on the {split} split: {len(rows):,} rows, {len(dataset.tasks)} tasks\n")
    print(evaluation_table(evaluation))
    print(f"\nwrote {target}, {folder / 'roc.png'} and {folder / 'pr.png'}")


def _rule(threshold: str) -> float | str:
    try:
        return float(threshold)
    except ValueError:
        return threshold


def _draw(logits: "np.ndarray", dataset: "Dataset", rows: "np.ndarray", folder: Path) -> None:
    from chromkeras.evaluation.curves import plot_precision_recall, plot_roc

    labels, elements = dataset.values(rows), dataset.elements[rows]
    panels = {"all rows": elements | True}
    if not elements.all():
        panels["elements only"] = elements
    plot_roc(labels, logits, dataset.tasks, folder / "roc.png", panels=panels)
    plot_precision_recall(labels, logits, dataset.tasks, folder / "pr.png", panels=panels)
