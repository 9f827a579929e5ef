"""Scores as an AnnData file: tasks are obs, regions or sequences var."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from chromkeras.errors import InputError
from chromkeras.importers.anndata_file import RegionValues, write_region_values
from chromkeras.scoring.layout import Layout


def write_h5ad(
    path: Path,
    layout: Layout,
    pieces: Callable[[], Iterable[Mapping[str, np.ndarray]]],
    facts: Mapping[str, Any],
) -> tuple[Path, ...]:
    """Write an AnnData file: X (tasks, rows) has the scores, layers the spread and the members.

    Unlike text and HDF5 it is made in memory: 4 bytes for each score.

    Parameters
    ----------
    path
        File to write, .h5ad.
    layout, pieces
        Columns and matrices, and the rows, as ``Chunks`` has them.
    facts
        What was done, which goes into ``uns["chromkeras"]`` as JSON.

    Raises
    ------
    InputError
        The scores are not of ``predict``, or the package anndata is not installed.
    """
    if facts.get("command") != "predict":
        raise InputError(f"{path}: expected predictions for AnnData")
    parts = list(pieces())
    first, *others = (
        (name, np.concatenate([arrays[name] for arrays in parts]).T) for name in layout.matrices
    )
    table = RegionValues(
        tasks=layout.tasks or layout.matrices[first[0]],
        values=first[1],
        regions=_regions(layout, parts, facts),
        layers=dict(others),
        facts=facts,
    )
    write_region_values(path, table)
    return (path,)


def _regions(
    layout: Layout, parts: list[Mapping[str, np.ndarray]], facts: Mapping[str, Any]
) -> pd.DataFrame:
    """Return what describes the rows, where they have places with chr, start and end."""
    found = pd.DataFrame(index=range(sum(len(next(iter(arrays.values()))) for arrays in parts)))
    for name, kind in layout.columns.items():
        values = np.concatenate([arrays[name] for arrays in parts])
        found[name] = [value.decode() for value in values.tolist()] if kind == "text" else values
    if "chrom" not in found:
        return found
    if "start" in found and facts.get("stride"):  # a region has many windows, and a row is one
        found = found.rename(columns={"start": "region_start", "end": "region_end"})
    if "start" not in found:
        found["start"] = found["window"]
        found["end"] = found["window"] + int(facts["source"]["length"])
    front = found[["chrom", "start", "end"]].rename(columns={"chrom": "chr"})
    return front.join(found.drop(columns=["chrom", "start", "end", "window"]))
