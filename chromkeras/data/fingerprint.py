"""What tells one data set from another."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from chromkeras.data.blocks import row_blocks
from chromkeras.data.known import to_flagged

if TYPE_CHECKING:
    from chromkeras.data.dataset import Dataset


def fingerprint(dataset: Dataset) -> str:
    """Return sixteen hex digits that change with inputs, labels, tasks or split.

    Those of a binary data set are what the first version of chromkeras made of it, which held -1
    where a label is unknown: models that it trained know their data by them.
    """
    digest = hashlib.sha256()
    for name in sorted(dataset.inputs):
        table = dataset.inputs[name]
        digest.update(name.encode())
        if table.along_dna and table.kind != "dna":
            digest.update(b"along the DNA")
        for array in table.arrays().values():
            _add(digest, array)
        if name in dataset.index:
            _add(digest, dataset.index[name])
    for block in row_blocks(dataset.labels):
        _add(digest, to_flagged(dataset.labels[block], dataset.known[block]))
    if dataset.problem != "binary":
        digest.update("\0".join((dataset.problem, *dataset.classes)).encode())
    digest.update("\0".join(dataset.tasks).encode())
    digest.update("\0".join(dataset.split).encode())
    return digest.hexdigest()[:16]


def _add(digest: Any, array: np.ndarray) -> None:
    for block in row_blocks(array):
        digest.update(np.ascontiguousarray(array[block]).data)
