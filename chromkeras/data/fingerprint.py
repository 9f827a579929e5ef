"""What tells one data set from another."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chromkeras.data.blocks import row_blocks
from chromkeras.data.known import to_flagged
from chromkeras.data.tables import Table


def fingerprint(
    inputs: Mapping[str, Table],
    index: Mapping[str, np.ndarray],
    labels: np.ndarray,
    known: np.ndarray,
    texts: Sequence[Iterable[str]],
) -> str:
    """Return sixteen hex digits that change with inputs, labels or texts.

    Those of a binary data set are what the first version of chromkeras made of it, which held -1
    where a label is unknown: models that it trained know their data by them.

    Parameters
    ----------
    inputs, index
        Table of each input, and its row for each row of the data set where they differ.
    labels, known
        Labels, shape (N, T), and which are known.
    texts
        Lists of names, such as those of the tasks.
    """
    digest = hashlib.sha256()
    for name in sorted(inputs):
        table = inputs[name]
        digest.update(name.encode())
        if table.along_dna and table.kind != "dna":
            digest.update(b"along the DNA")
        if table.stranded:
            digest.update(b"one strand")
        for array in table.arrays().values():
            _add(digest, array)
        if name in index:
            _add(digest, index[name])
    for block in row_blocks(labels):
        _add(digest, to_flagged(labels[block], known[block]))
    for some in texts:
        digest.update("\0".join(some).encode())
    return digest.hexdigest()[:16]


def _add(digest: Any, array: np.ndarray) -> None:
    for block in row_blocks(array):
        digest.update(np.ascontiguousarray(array[block]).data)
