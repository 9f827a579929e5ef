"""Batches that ``MirroredStrategy`` can shard: no replica without a row.

The strategy gives each of N replicas ceil(n / N) rows of a batch until none are left. A replica
left with none would end the run: TensorFlow's convolution on a CPU (2.21, oneDNN) returns an
empty batch in the shape of its input.
"""

from typing import Any

import keras
import numpy as np

from chromkeras.backend.devices import replicas


def sharded(batches: keras.utils.PyDataset) -> keras.utils.PyDataset:
    """Return batches for ``fit`` that leave no replica without a row.

    Parameters
    ----------
    batches
        Inputs (n, ...), one array or a dictionary of them; labels (n, T) and which are known
        (n, T); all float32.

    Returns
    -------
    keras.utils.PyDataset
        ``batches`` itself where there is one replica.
    """
    return batches if replicas() == 1 else _Sharded(batches, replicas())


class _Sharded(keras.utils.PyDataset):
    """A batch too small for all replicas goes whole to each, with labels to the first alone.

    So batch-norm statistics, losses, gradients and counts of labels stay those of the batch;
    only the mean loss of an epoch that Keras logs counts such a batch N times. Before the first
    epoch Keras draws one batch to see its shape and takes the mean of the replicas' shards,
    so until then shards are of one size.
    """

    def __init__(self, batches: keras.utils.PyDataset, count: int) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.batches, self.count, self.begun = batches, count, False

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        """Return inputs, labels and which are known, n or N n of them."""
        x, labels, known = self.batches[index]
        shard = -(-len(labels) // self.count)
        whole = len(labels) == shard * self.count
        if whole or (self.begun and shard * (self.count - 1) < len(labels)):
            return x, labels, known
        unknown = [np.zeros_like(known)] * (self.count - 1)
        x, labels = keras.tree.map_structure(
            lambda array: np.concatenate([array] * self.count), (x, labels)
        )
        return x, labels, np.concatenate([known, *unknown])

    def on_epoch_begin(self) -> None:
        """Begin the epoch."""
        self.batches.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Go on to the next epoch; Keras also calls this before the first."""
        self.begun = True
        self.batches.on_epoch_end()


def in_equal_shards(x: Any, batch_size: int) -> tuple[Any, int]:
    """Return rows to predict, and a batch size, that give every replica as many in each batch.

    Parameters
    ----------
    x
        Shape (n, ...), n at least 1, one array or a dictionary of them. The last row is repeated
        as often as needed: cut the predictions at n.
    batch_size
        Raised as far as needed.
    """
    count = replicas()
    extra = -len(keras.tree.flatten(x)[0]) % count
    if extra:
        x = keras.tree.map_structure(
            lambda array: np.concatenate([array, np.repeat(array[-1:], extra, axis=0)]), x
        )
    return x, batch_size + -batch_size % count
