"""What a simulator planted where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Truth:
    """Where a simulator planted motifs.

    Attributes
    ----------
    row, start, end
        Shape (M,), int64: the data set row and the 0-based half-open place in its sequence.
    motif
        Shape (M,), int64: index into ``names``.
    strand
        Shape (M,), int8: +1 or -1.
    names
        Motif names.
    causal
        Shape (M, T), bool: instances that open their row in a task; the others are decoys there.
        None when unknown.
    """

    row: np.ndarray
    start: np.ndarray
    end: np.ndarray
    motif: np.ndarray
    strand: np.ndarray
    names: tuple[str, ...]
    causal: np.ndarray | None = None

    def select(self, chosen: np.ndarray) -> "Truth":
        """Return the instances of a mask or of indices, in that order."""
        columns = ("row", "start", "end", "motif", "strand", "causal")
        values = {name: getattr(self, name) for name in columns}
        return replace(self, **{k: v[chosen] for k, v in values.items() if v is not None})

    def select_rows(self, rows: np.ndarray) -> "Truth":
        """Return what is planted in some rows (n,), which rise, numbered anew."""
        kept = self.select(np.isin(self.row, rows))
        return replace(kept, row=np.searchsorted(rows, kept.row))

    def select_tasks(self, columns: Sequence[int]) -> "Truth":
        """Return what is planted as seen by some of the tasks."""
        if self.causal is None:
            return self
        return replace(self, causal=self.causal[:, list(columns)])
