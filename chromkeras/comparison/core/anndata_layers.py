"""Labels and every model's predictions as one AnnData file."""

from pathlib import Path

import numpy as np
import pandas as pd

from chromkeras.comparison.core.comparison import Comparison
from chromkeras.errors import InputError
from chromkeras.importers.anndata_file import RegionValues, load_anndata, write_region_values


def check_layers(comparison: Comparison) -> None:
    """Raise ``InputError`` where there would be no such file, before any work."""
    load_anndata()
    if comparison.dataset.classes:
        raise InputError("`h5ad`: expected one value for each task and row, received classes")


def write_layers(path: Path, comparison: Comparison) -> None:
    """Write X (tasks, rows) with the labels, NaN where unknown, and a layer for each model.

    Layers have the models' names, and what they predict: probabilities or values. What describes a
    row is in var, with chr, start and end where rows have places.
    """
    data, rows = comparison.dataset, comparison.rows
    layers = {
        name: comparison.problem.predictions(outputs, link).T
        for name, outputs, link in zip(
            comparison.names, comparison.outputs, comparison.links, strict=True
        )
    }
    table = RegionValues(
        tasks=comparison.tasks,
        values=data.values(rows).T,
        regions=_regions(comparison),
        layers=layers,
        facts={"command": "compare", "fingerprint": comparison.source.fingerprint},
    )
    write_region_values(path, table)


def _regions(comparison: Comparison) -> pd.DataFrame:
    data, rows = comparison.dataset, comparison.rows
    found: dict[str, np.ndarray | list[str]] = {}
    if data.chrom is not None and data.start is not None and "dna" in data.inputs:
        start = data.start[rows]
        found = {"chr": data.chrom[rows], "start": start, "end": start + data.dna.length}
    found |= {"row": rows, "split": data.split[rows]}
    if data.kind is not None:
        found["kind"] = data.kind[rows]
    for name, factor in data.factors.items():
        found[name] = [factor.names[level] for level in factor.of[rows]]
    return pd.DataFrame(found)
