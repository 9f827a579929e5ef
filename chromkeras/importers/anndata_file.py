"""AnnData files of values of tasks in regions: tasks are obs, regions var, as CREsted has them.

The package anndata is an extra; it is imported when such a file is read or written.
"""

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from chromkeras.errors import InputError
from chromkeras.files import replacing, require_file
from chromkeras.names import unknown

ENDING = ".h5ad"
FACTS = "chromkeras"  # key in uns
# CREsted's names of the splits, and ours.
SPLITS = {"train": "train", "val": "valid", "valid": "valid", "test": "test"}
_WRITTEN = {"train": "train", "valid": "val", "test": "test"}
_REGION = re.compile(r"(?P<chrom>.+):(?P<start>[0-9]+)-(?P<end>[0-9]+)(?:\([+-]\))?")


@dataclass(frozen=True, eq=False)
class RegionValues:
    """Values of T tasks in N regions.

    Attributes
    ----------
    tasks
        T names: the index of obs.
    values
        Shape (T, N): X, or a layer.
    regions
        Table of N rows: var, with chr, start and end (0-based, half-open), and whatever else is
        known, such as split and kind.
    layers
        Further values of shape (T, N), by name.
    facts
        What was done, as plain values.
    """

    tasks: tuple[str, ...]
    values: np.ndarray
    regions: pd.DataFrame
    layers: Mapping[str, np.ndarray] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


def load_anndata() -> Any:
    """Return the package anndata.

    Raises
    ------
    InputError
        It is not installed.
    """
    try:
        import anndata
    except ImportError as error:
        raise InputError(
            f"{ENDING} files need the package anndata, which is not installed: "
            "pip install 'chromkeras[anndata]'"
        ) from error
    return anndata


def write_region_values(path: Path, table: RegionValues) -> None:
    """Write an AnnData file, which appears whole or not at all.

    Regions are named chr:start-end, sequences by their name; of those that share a name the second
    is NAME-1, the third NAME-2. Splits have CREsted's names, train, val and test.
    """
    anndata = load_anndata()
    var = table.regions.copy()
    if "split" in var:
        var["split"] = var["split"].map(_WRITTEN)
    var.index = pd.Index(_names(var))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats and names, which a person cannot mend here
        whole = anndata.AnnData(
            np.asarray(table.values, np.float32),
            obs=pd.DataFrame(index=pd.Index(table.tasks)),
            var=var,
            layers={name: np.asarray(each, np.float32) for name, each in table.layers.items()},
            uns={FACTS: json.dumps(table.facts)},
        )
        whole.var_names_make_unique()
        with replacing(path) as beside:
            whole.write_h5ad(beside)


def _names(regions: pd.DataFrame) -> Sequence[str]:
    if "chr" not in regions:
        name = regions["name"] if "name" in regions else pd.Series(range(len(regions)))
        return name.astype(str).tolist()
    columns = (regions[name].tolist() for name in ("chr", "start", "end"))
    return [f"{chrom}:{start}-{end}" for chrom, start, end in zip(*columns, strict=True)]


def read_region_values(path: str | Path, layer: str | None = None) -> RegionValues:
    """Read an AnnData file whole.

    Parameters
    ----------
    path
        File with tasks as obs and regions as var. Where var lacks chr, start and end, its index
        says them, as chr:start-end.
    layer
        Layer to read in the place of X.

    Returns
    -------
    RegionValues
        With float32 or whole numbers; splits by our names where var has them, "" where it has
        none for a region.

    Raises
    ------
    InputError
        The file is missing or no AnnData, has no such layer, no regions, no numbers, or a split
        that is none.
    """
    anndata, found = load_anndata(), require_file(path, "AnnData")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            whole = anndata.read_h5ad(found)
    except Exception as error:  # anndata has kinds of its own for every way to be damaged
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{found} is no AnnData file, or damaged: {why}") from error
    if layer is not None and layer not in whole.layers:
        raise unknown("layer", layer, tuple(whole.layers))
    x = whole.X if layer is None else whole.layers[layer]
    if x is None:
        raise InputError(f"{found} has no X; expected values, or the name of a layer")
    x = np.asarray(x.toarray() if hasattr(x, "toarray") else x)
    if x.dtype.kind not in "biuf" or 0 in x.shape:
        raise InputError(
            f"{found}: expected numbers of shape (tasks, regions), received {x.shape}, {x.dtype}"
        )
    regions = _regions(whole.var, found)
    if "split" in regions:
        regions["split"] = _splits(regions["split"], found)
    return RegionValues(tuple(map(str, whole.obs_names)), x, regions)


def _regions(var: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return var with chr, start and end, numbered from 0."""
    regions = var.rename(columns={"chrom": "chr"} if "chr" not in var else {})
    if {"chr", "start", "end"} <= set(regions):
        places = regions[["start", "end"]].apply(pd.to_numeric, errors="coerce")
        strange = places.isna().any(axis=1) | regions["chr"].isna() | (places % 1 != 0).any(axis=1)
    else:
        found = var.index.to_series().astype(str).str.extract(f"^{_REGION.pattern}$")
        regions = regions.assign(chr=found["chrom"])
        places = found[["start", "end"]].apply(pd.to_numeric)
        strange = found["chrom"].isna()
    strange |= (places["start"] < 0) | (places["end"] <= places["start"])
    if strange.any():
        raise InputError(
            f"{path}: expected chr, start and end of each region in var, or its name as "
            f"chr:start-end, of at least a base; received {var.index[int(np.argmax(strange))]!r}"
        )
    return regions.assign(
        chr=regions["chr"].astype(str),
        start=places["start"].astype(np.int64),
        end=places["end"].astype(np.int64),
    ).reset_index(drop=True)


def _splits(column: pd.Series, path: Path) -> np.ndarray:
    """Return our name of each split, shape (N,), "" where there is none."""
    given = column.astype(object).where(column.notna(), "").astype(str)
    for name in given.unique():
        if name and name not in SPLITS:
            raise InputError(f"{path}, split: {unknown('split', name, tuple(SPLITS))}")
    return given.map({**SPLITS, "": ""}).to_numpy(str)
