"""Everything `chromkeras compare` writes."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.page.blocks import Details, Section
from chrominterpret.page.render import write_page
from chromkeras.comparison.attributions.part import attributions_part
from chromkeras.comparison.core.comparison import CompareOptions, Comparison, open_comparison
from chromkeras.comparison.core.part import PartResult
from chromkeras.comparison.costs.part import costs_part
from chromkeras.comparison.filters.part import filters_part
from chromkeras.comparison.gradients.part import gradients_part
from chromkeras.comparison.layers.part import layers_part
from chromkeras.comparison.patterns.pattern_search import pattern_tasks
from chromkeras.comparison.predictions.part import predictions_part
from chromkeras.comparison.tasks.part import distances_part
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.files import replacing
from chromkeras.names import check_unique, unknown
from chromkeras.plots.style import save_png
from chromkeras.tables import plain, write_tsv

# Each finds its share of the comparison; they stand on the page in this order.
PARTS: dict[str, Callable[[Comparison], PartResult]] = {
    "predictions": predictions_part,
    "costs": costs_part,
    "layers": layers_part,
    "filters": filters_part,
    "distances": distances_part,
    "attributions": attributions_part,
    "gradients": gradients_part,
}


def compare(
    paths: Sequence[str | os.PathLike[str]],
    dataset: Dataset,
    out: str | os.PathLike[str],
    options: CompareOptions,
) -> dict[str, Any]:
    """Compare models and write tables, pictures and a page to a folder.

    Parameters
    ----------
    paths
        Two or more .keras files of ours.
    dataset
        With at least one task that all of them have.
    out
        The folder; made when missing.
    options
        What and how.

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Raises
    ------
    InputError
        The models have no task in common, one is not ours, or an option is wrong; then nothing
        has been written.
    """
    check_parts(options.parts)
    chosen = [name for name in PARTS if name in options.parts or not options.parts]
    if options.modisco and "attributions" not in chosen:
        raise InputError(
            f"`modisco`: expected the part attributions among `parts`, received {', '.join(chosen)}"
        )
    if "filters" in chosen or options.modisco:
        load_motifs(options.motifs)  # what is wrong with them is said before the work
    comparison = open_comparison(paths, dataset, options)
    pattern_tasks(options.modisco_tasks, comparison.tasks)
    results = {name: PARTS[name](comparison) for name in chosen}
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    summary = _about(comparison, dataset)
    for result in results.values():
        summary |= result.facts
        for file, rows in result.tables.items():
            write_tsv(folder / file, rows)
        for file, figure in result.figures.items():
            save_png(figure, folder / file)
    summary = plain(summary)
    with replacing(folder / "summary.json") as beside:
        text = json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False)
        beside.write_text(text + "\n", encoding="utf-8")
    sections = [section for result in results.values() for section in result.sections]
    _write_report(folder / "report.html", comparison, dataset, sections)
    return summary


def check_parts(parts: Sequence[str]) -> None:
    """Raise ``InputError`` for a part that does not exist or stands twice."""
    for part in parts:
        if part not in PARTS:
            raise unknown("part", part, PARTS)
    check_unique("`parts` name", parts)


def _about(comparison: Comparison, dataset: Dataset) -> dict[str, Any]:
    return {
        "files": {model.name: str(model.path) for model in comparison.models},
        "tasks": list(comparison.tasks),
        "split": comparison.options.split,
        "rows": len(comparison.rows),
        "regions": len(set(comparison.regions.tolist())),
        "baseline": comparison.names[comparison.baseline],
        "notes": list(comparison.notes),
        "options": asdict(comparison.options),
        "fingerprint": dataset.fingerprint,
    }


def _write_report(
    path: Path, comparison: Comparison, dataset: Dataset, sections: list[Section]
) -> None:
    names = [group.label for group in comparison.replicates]
    tasks, few = comparison.tasks, len(names) < 4
    listed = f"{len(tasks)} tasks: {', '.join(tasks[:12])}" + (" …" if len(tasks) > 12 else "")
    write_page(
        path,
        title=" against ".join(names) if few else f"{len(comparison.models)} models compared",
        subtitle=listed if few else f"{', '.join(names)} · {listed}",
        sections=[*sections, _made(comparison, dataset)],
    )


def _made(comparison: Comparison, dataset: Dataset) -> Section:
    about = _about(comparison, dataset)
    values = {
        "command": f"chromkeras compare {' '.join(about['files'].values())}",
        "rows": f"{about['rows']:,} of the {about['split']} split in {about['regions']:,} regions",
        "data set's fingerprint": _fingerprint(dataset),
    }
    for model in comparison.models:
        training = model.recipe.training
        values[model.name] = (
            f"{model.path}, {model.recipe.plan}, seed {training.seed}, {training.epochs} epochs, "
            f"data {model.card['fingerprint']}"
        )
    options = about["options"] | {"baseline": about["baseline"]}
    values |= {name: _text(value) for name, value in options.items() if name != "split"}
    return Section("How it was made", [Details(values)])


def _fingerprint(dataset: Dataset) -> str:
    if dataset.origin is None:
        return dataset.fingerprint
    wholes = " and ".join(dataset.origin.fingerprints)
    return f"{dataset.fingerprint}, the rows that were held out of {wholes}"


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) or "all" if isinstance(value, list | tuple) else str(value)
