"""The expression of regulators in each condition, which a model reads."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.expression_table import ExpressionTable
from chromkeras.importers.gene_ids import check_any, match_ids, read_names
from chromkeras.names import unknown


@dataclass(frozen=True, eq=False)
class Regulators:
    """Regulators and their expression.

    Attributes
    ----------
    names
        K identifiers.
    values
        Shape (C, K), float32: expression of each regulator in each condition, 0 where unknown.
    left_out
        Names of others, and what each is missing from.
    notes
        Lines for a person.
    """

    names: tuple[str, ...]
    values: np.ndarray
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def among(self, genes: Sequence[str]) -> np.ndarray:
        """Return which of the genes are regulators, shape (genes,), bool."""
        here = np.zeros(len(genes), bool)
        place = match_ids(self.names, genes)
        here[place[place >= 0]] = True
        return here


def read_regulators(
    path: str | os.PathLike[str], table: ExpressionTable, conditions: Sequence[str]
) -> Regulators:
    """Return the expression of the regulators that a file names.

    Parameters
    ----------
    path
        Identifiers, one a line.
    table
        Expression, also of the regulators.
    conditions
        Names of C conditions.

    Raises
    ------
    InputError
        The file is missing or empty, none of its names is in the table, or a condition is not.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "regulators.txt"
    >>> _ = file.write_text("MSN2")
    >>> values = np.array([[1.5, np.nan], [0, 1]], np.float32)
    >>> table = ExpressionTable(Path("e.tsv"), ("MSN2", "TFC3"), ("heat", "cold"), values)
    >>> read_regulators(file, table, ("cold", "heat")).values.tolist()
    [[0.0], [1.5]]
    """
    wanted = read_names(path, "list of regulators")
    place = match_ids(wanted, table.genes)
    check_any(place, wanted, path, table.genes, table.path)
    columns = []
    for condition in conditions:
        if condition not in table.conditions:
            raise InputError(f"{table.path}: {unknown('condition', condition, table.conditions)}")
        columns.append(table.conditions.index(condition))
    there = place[place >= 0]
    values = table.values[there][:, columns].T
    missing = np.isnan(values)
    left_out = [
        (wanted[i], f"the expression table {table.path.name} (a regulator)")
        for i in np.flatnonzero(place < 0)
    ]
    notes = [f"regulators: {len(there):,} of {len(wanted):,} are in {table.path.name}"]
    if missing.any():
        notes.append(
            f"{missing.sum():,} of {missing.size:,} values of regulators are unknown and taken as 0"
        )
    return Regulators(
        tuple(wanted[i] for i in np.flatnonzero(place >= 0)),
        np.ascontiguousarray(np.where(missing, np.float32(0), values)),
        tuple(left_out),
        tuple(notes),
    )
