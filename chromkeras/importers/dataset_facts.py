"""What a data set holds, as plain values by name."""

from typing import Any

from chromkeras.data.dataset import Dataset
from chromkeras.data.split_names import SPLITS
from chromkeras.problems.registry import find_problem


def dataset_facts(dataset: Dataset) -> dict[str, Any]:
    """Return numbers of rows and labels, inputs and fingerprint of a data set.

    Returns
    -------
    dict
        Always "rows", "elements", "inputs" (shapes by name), "tasks", "problem", "splits" (rows by
        split), "unknown labels" (by task), "planted motifs" and "fingerprint"; where they apply
        also "length" (bases), "factors" (levels by name), "classes", "split by" (how the split was
        made), "positives" (by task) and "held out of" (fingerprints).

    Examples
    --------
    >>> import chromkeras
    >>> dataset_facts(chromkeras.datasets.worm())["splits"]
    {'train': 0, 'valid': 3429, 'test': 3519}
    """
    known, ones = dataset.counts(dataset.rows("all"))
    positives = dict(zip(dataset.tasks, ones.tolist(), strict=True))
    unknown = dict(zip(dataset.tasks, (len(dataset) - known).tolist(), strict=True))
    origin = dataset.origin
    factors = {name: len(factor.names) for name, factor in dataset.factors.items()}
    return {
        "rows": len(dataset),
        "elements": int(dataset.elements.sum()),
        **({"length": dataset.dna.length} if "dna" in dataset.inputs else {}),
        "inputs": {name: list(shape) for name, shape in dataset.shapes.items()},
        "tasks": list(dataset.tasks),
        **({"factors": factors} if factors else {}),
        "problem": dataset.problem,
        **({"classes": list(dataset.classes)} if dataset.classes else {}),
        "splits": {split: len(dataset.rows(split)) for split in SPLITS},
        **({"split by": dataset.split_by} if dataset.split_by else {}),
        **({"positives": positives} if "positives" in find_problem(dataset.problem).counts else {}),
        "unknown labels": unknown,
        "planted motifs": 0 if dataset.truth is None else len(dataset.truth.row),
        "fingerprint": dataset.fingerprint,
        **({} if origin is None else {"held out of": list(origin.fingerprints)}),
    }
