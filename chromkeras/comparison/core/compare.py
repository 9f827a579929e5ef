"""Comparison of models: the tables, pictures and page of `chromkeras compare`."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chrominterpret.page.blocks import Details, Section
from chrominterpret.page.render import write_page
from chromkeras.comparison.core.anndata_layers import check_layers, write_layers
from chromkeras.comparison.core.comparison import (
    ComparedModel,
    CompareOptions,
    Comparison,
    open_comparison,
)
from chromkeras.comparison.core.part import PartResult
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.files import filling, locked, write_json
from chromkeras.names import check_unique, unknown
from chromkeras.plots.style import save_png
from chromkeras.registry import COMPARISON_PARTS
from chromkeras.tables import plain, write_tsv

DEFAULT = CompareOptions()
SUMMARY = "summary.json"


def compare(
    paths: Sequence[str | os.PathLike[str]],
    dataset: Dataset,
    out: str | os.PathLike[str],
    options: CompareOptions = DEFAULT,
) -> dict[str, Any]:
    """Compare models and write tables, pictures and a page to a folder.

    Parameters
    ----------
    paths
        Two or more .keras files, or folders of ensembles. Parts that look into a network leave
        ensembles, and models that chromkeras did not train, out, and say so.
    dataset
        Data with at least one task that all of them have.
    out
        Folder to write; made when missing. Its files appear together at the end.
    options
        What to compare and how.

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Raises
    ------
    InputError
        The models have no task in common, a file is no model, or an option is wrong; then nothing
        has been written.
    """
    names = chosen_parts(options.parts)
    _check_options_are_read(options, names)
    comparison = open_comparison(paths, dataset, options)
    if options.h5ad:
        check_layers(comparison)
    parts = [COMPARISON_PARTS.get(name) for name in names]
    for part in parts:  # what is wrong with the options is said before the work
        if hasattr(part, "check_part"):
            part.check_part(comparison)
    folder = Path(out)
    with locked(folder / SUMMARY):
        results = [part.compare_part(comparison) for part in parts]
        with filling(folder) as inner:
            return _write(results, comparison, dataset, inner)


def chosen_parts(names: Sequence[str]) -> tuple[str, ...]:
    """Return the parts of a comparison in the order of the page; all of them where none is named.

    Parameters
    ----------
    names
        Names in ``chromkeras.registry.COMPARISON_PARTS``.

    Raises
    ------
    InputError
        A part does not exist or stands twice.

    Examples
    --------
    >>> chosen_parts(["gradients", "costs"])
    ('costs', 'gradients')
    """
    known = COMPARISON_PARTS.names()
    for name in names:
        if name not in known:
            raise unknown("part", name, known)
    check_unique("`parts` name", names)
    return tuple(sorted(names or known, key=lambda name: (COMPARISON_PARTS.get(name).ORDER, name)))


def _check_options_are_read(options: CompareOptions, names: Sequence[str]) -> None:
    """Raise ``InputError`` where an option is given that only a part left out reads."""
    for name in set(COMPARISON_PARTS.names()) - set(names):
        for option in getattr(COMPARISON_PARTS.get(name), "OPTIONS", ()):
            if getattr(options, option) != getattr(CompareOptions, option):
                raise InputError(
                    f"`{option}`: expected the part {name} among `parts`, received "
                    + ", ".join(names)
                )


def _write(
    results: Sequence[PartResult], comparison: Comparison, dataset: Dataset, folder: Path
) -> dict[str, Any]:
    summary = _about(comparison, dataset)
    for result in results:
        summary |= result.facts
        for file, rows in result.tables.items():
            write_tsv(folder / file, rows)
        for file, figure in result.figures.items():
            save_png(figure, folder / file)
    if comparison.options.h5ad:
        write_layers(folder / "predictions.h5ad", comparison)
    summary = plain(summary)
    write_json(folder / SUMMARY, summary)
    sections = [section for result in results for section in result.sections]
    _write_report(folder / "report.html", comparison, dataset, sections)
    return summary


def _about(comparison: Comparison, dataset: Dataset) -> dict[str, Any]:
    return {
        "files": {model.name: str(model.path) for model in comparison.models},
        "tasks": list(comparison.tasks),
        "problem": comparison.dataset.problem,
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
        values[model.name] = (
            f"{model.path}, {model.card.plan}, {_trained(model)}, data {model.card.fingerprint}"
        )
    options = about["options"] | {"baseline": about["baseline"]}
    values |= {name: _text(value) for name, value in options.items() if name != "split"}
    return Section("How it was made", [Details(values)])


def _trained(model: ComparedModel) -> str:
    """Return what a training hung on besides its recipe."""
    if model.card.is_foreign:
        return "a Keras model without a run card"
    if model.card.is_baseline:
        return f"a baseline, C {model.card.scores['strength']:g}"
    training = model.recipe.training
    return f"seed {training.seed}, {training.epochs} epochs"


def _fingerprint(dataset: Dataset) -> str:
    if dataset.origin is None:
        return dataset.fingerprint
    wholes = " and ".join(dataset.origin.fingerprints)
    return f"{dataset.fingerprint}, the rows that were held out of {wholes}"


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) or "all" if isinstance(value, list | tuple) else str(value)
