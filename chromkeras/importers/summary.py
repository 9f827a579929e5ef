"""What a prepared data set holds, as a plain table."""

from collections.abc import Sequence

from chromkeras.data.dataset import Dataset
from chromkeras.data.split_names import SPLITS
from chromkeras.importers.assemble import Prepared
from chromkeras.problems.registry import find_problem
from chromkeras.tables import align


def summary(prepared: Prepared) -> str:
    """Return lines for a person: size, what was left out, rows and labels of each split."""
    dataset = prepared.dataset
    dna = f" of {dataset.dna.length} bp" if "dna" in dataset.inputs else ""
    factors = "".join(f", {len(f.names):,} of {name}" for name, f in dataset.factors.items())
    head = (
        f"{len(dataset):,} rows{dna}, {len(dataset.tasks)} tasks{factors}, "
        f"fingerprint {dataset.fingerprint}"
    )
    dropped = [f"dropped: {n:,} {why}" for why, n in prepared.dropped.items() if n]
    return "\n".join([head, *prepared.notes, *(dropped or ["dropped: none"]), "", _table(dataset)])


def _table(dataset: Dataset) -> str:
    splits = [dataset.rows(split) for split in (*SPLITS, "all")]
    lines: list[Sequence[str]] = [("", *SPLITS, "all")]
    lines.append(("rows", *(f"{len(rows):,}" for rows in splits)))
    lines.append(("elements", *(f"{dataset.elements[rows].sum():,}" for rows in splits)))
    lines.append(("background", *(f"{(~dataset.elements[rows]).sum():,}" for rows in splits)))
    problem = find_problem(dataset.problem)
    lines.append((problem.described, "", "", "", ""))
    for task in dataset.tasks:
        own = dataset.select_tasks([task])
        cells = (problem.describe(own.values(rows)[:, 0], own.classes) for rows in splits)
        lines.append((f"  {task}", *cells))
    return align(lines)
