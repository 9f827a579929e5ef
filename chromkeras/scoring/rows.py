"""Rows of a data set as a source."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.evaluation.evaluate import check_rows
from chromkeras.scoring.layout import Kind
from chromkeras.scoring.source import Block, Source


class RowSource(Source):
    """Rows of a split, in their order.

    Attributes
    ----------
    codes
        Table of DNA whose base codes the blocks hold; None where they hold row numbers.

    Parameters
    ----------
    dataset
        The data set.
    split
        "train", "valid", "test" or "all".
    names
        Inputs that the models read.
    as_codes
        Whether to give base codes, of a single input that has them, in the place of row numbers.
    """

    def __init__(
        self, dataset: Dataset, split: str, names: tuple[str, ...], *, as_codes: bool = False
    ) -> None:
        self.dataset, self.split = dataset, split
        table = dataset.inputs[names[0]]
        alone = as_codes and len(names) == 1
        self.names = names
        self.codes = table if alone and isinstance(table, PackedSequences) else None
        self.rows = check_rows(dataset, split)
        self.two_strands = dataset.has_two_strands(names)
        columns: dict[str, Kind] = {"row": "integer", "split": "text"}
        if dataset.chrom is not None and dataset.start is not None:
            columns |= {"chrom": "text", "window": "integer"}
        self.columns = columns | dict.fromkeys(dataset.factors, "text")
        self.total = len(self.rows)
        length = {"length": dataset.dna.length} if "dna" in dataset.inputs else {}
        self.facts = {
            "kind": "data",
            **length,
            "fingerprint": dataset.fingerprint,
            "split": split,
            "windows": self.total,
        }

    def blocks(self, rows: range, size: int) -> Iterator[Block]:
        """Yield the rows with these places in the split, at most ``size`` at a time."""
        for start in range(rows.start, rows.stop, size):
            some = self.rows[start : min(start + size, rows.stop)]
            yield Block(self._columns(some), self._data(some))

    def _data(self, rows: np.ndarray) -> np.ndarray:
        if self.codes is None:
            return rows
        return self.codes.codes(self.dataset.table_rows(self.names[0], rows))

    def _columns(self, rows: np.ndarray) -> dict[str, Any]:
        data = self.dataset
        found: dict[str, Any] = {"row": rows, "split": data.split[rows]}
        if data.chrom is not None and data.start is not None:
            found |= {"chrom": data.chrom[rows], "window": data.start[rows]}
        for name, factor in data.factors.items():
            found[name] = [factor.names[level] for level in factor.of[rows]]
        return found

    @property
    def notes(self) -> tuple[str, ...]:
        """What is predicted, for people."""
        return (f"{self.total:,} rows of the split {self.split}",)
