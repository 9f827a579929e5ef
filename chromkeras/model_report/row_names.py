"""What rows of a data set are called: by place, or by gene and condition."""

from typing import Any

import numpy as np

from chromkeras.data.dataset import Dataset

GENE = "gene"
PLACE = "chrom"  # a factor that tells of a place, not of what a row is about


def row_columns(dataset: Dataset, rows: np.ndarray) -> dict[str, Any]:
    """Return columns for a table of rows: number, place where known, level of each factor.

    Parameters
    ----------
    dataset
        Data set that the rows are of.
    rows
        Row numbers, shape (n,).
    """
    table: dict[str, Any] = {"row": rows}
    if dataset.chrom is not None and dataset.start is not None:
        table |= {"chrom": dataset.chrom[rows], "start": dataset.start[rows]}
        if "dna" in dataset.inputs:
            table["end"] = dataset.start[rows] + dataset.dna.length
    for name, factor in dataset.factors.items():
        table.setdefault(name, np.array(factor.names)[factor.of[rows]])
    return table


def row_name(dataset: Dataset, row: int) -> str:
    """Return a row's place; else its gene and the levels of other factors; else its number."""
    if dataset.chrom is not None and dataset.start is not None:
        start = int(dataset.start[row])
        if "dna" not in dataset.inputs:
            return f"{dataset.chrom[row]}:{start:,}"
        return f"{dataset.chrom[row]}:{start:,}-{start + dataset.dna.length:,}"
    return ", ".join(_levels(dataset, row)) or f"row {row}"


def dna_name(dataset: Dataset, row: int) -> str:
    """Return the gene that a row's DNA is of, or what else tells of it first."""
    return next(iter(_levels(dataset, row)), f"row {row}")


def gene_names(dataset: Dataset) -> tuple[str, ...]:
    """Return the names of the genes that rows are about; () where they have none."""
    return dataset.factors[GENE].names if GENE in dataset.factors else ()


def has_places(dataset: Dataset) -> bool:
    """Return whether rows lie at known places, base by base in the direction of the genome."""
    known = dataset.chrom is not None and dataset.start is not None
    return known and not ("dna" in dataset.inputs and dataset.dna.stranded)


def places_of(dataset: Dataset, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return chromosome and start of rows (n,), both of shape (n,), of a data set with places."""
    return np.asarray(dataset.chrom)[rows], np.asarray(dataset.start)[rows]


def _levels(dataset: Dataset, row: int) -> list[str]:
    first = sorted(dataset.factors.items(), key=lambda item: item[0] != GENE)
    return [factor.names[factor.of[row]] for name, factor in first if name != PLACE]
