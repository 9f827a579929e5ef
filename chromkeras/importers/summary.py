"""What a prepared data set holds, as a plain table."""

from collections.abc import Sequence

import numpy as np

from chromkeras.data.dataset import SPLITS, Dataset
from chromkeras.importers.assemble import Prepared
from chromkeras.tables import align


def summary(prepared: Prepared) -> str:
    """Return lines for a person: size, what was left out, rows and positives of each split."""
    dataset = prepared.dataset
    head = (
        f"{len(dataset):,} rows of {dataset.dna.length} bp, {len(dataset.tasks)} tasks, "
        f"fingerprint {dataset.fingerprint}"
    )
    dropped = [f"dropped: {n:,} {why}" for why, n in prepared.dropped.items() if n]
    return "\n".join([head, *prepared.notes, *(dropped or ["dropped: none"]), "", _table(dataset)])


def _table(dataset: Dataset) -> str:
    parts = [dataset.rows(part) for part in (*SPLITS, "all")]
    lines: list[Sequence[str]] = [("", *SPLITS, "all")]
    lines.append(("rows", *(f"{len(rows):,}" for rows in parts)))
    lines.append(("elements", *(f"{dataset.elements[rows].sum():,}" for rows in parts)))
    lines.append(("background", *(f"{(~dataset.elements[rows]).sum():,}" for rows in parts)))
    lines.append(("positives of", "", "", "", ""))
    positive = [(dataset.labels[rows] == 1).sum(axis=0) for rows in parts]
    known = [dataset.known[rows].sum(axis=0) for rows in parts]
    for i, task in enumerate(dataset.tasks):
        cells = (_share(p[i], k[i]) for p, k in zip(positive, known, strict=True))
        lines.append((f"  {task}", *cells))
    return align(lines)


def _share(positive: np.integer, known: np.integer) -> str:
    return f"{positive:,} ({100 * positive / known:.1f} %)" if known else "none known"
