"""Training batches: shuffled, augmented, expanded to one-hot as they are needed."""

from typing import Any

import keras
import numpy as np

from chromkeras.data.dataset import Dataset


class Batches(keras.utils.PyDataset):
    """The training rows of a data set, in an order of its own in every epoch.

    Order and augmentation depend on the seed, the epoch and the batch alone, so a resumed run
    sees what an uninterrupted one would have seen.

    Parameters
    ----------
    dataset
        Where the rows come from.
    rows
        Rows to train on, shape (n,).
    batch_size
        Rows in a batch; the last may be smaller.
    seed
        Seed of order and augmentation.
    reverse_complement
        Show each sequence on a random strand.
    shift
        Shift each sequence by up to this many bases; the gap is N.
    epoch
        The first epoch, counted from 0.

    Raises
    ------
    ValueError
        A shift is as long as a sequence.
    """

    def __init__(
        self,
        dataset: Dataset,
        rows: np.ndarray,
        *,
        batch_size: int,
        seed: int,
        reverse_complement: bool = True,
        shift: int = 0,
        epoch: int = 0,
    ) -> None:
        if not 0 <= shift < dataset.dna.length:
            raise ValueError(
                f"data.shift: expected 0 to {dataset.dna.length - 1}, less than the sequence "
                f"length, received {shift}"
            )
        super().__init__(workers=1, use_multiprocessing=False)
        self.dataset, self.all_rows, self.batch_size = dataset, np.asarray(rows), batch_size
        self.seed, self.reverse_complement, self.shift = seed, reverse_complement, shift
        self.epoch = epoch
        self._shuffle()

    def __len__(self) -> int:
        return -(-len(self.all_rows) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Return one-hot DNA (n, length, 4), float32, and labels (n, T), float32."""
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        random = np.random.default_rng([self.seed, self.epoch, index])
        x = self.dataset.one_hot(rows)
        if self.reverse_complement:
            flip = random.random(len(x)) < 0.5
            x[flip] = x[flip, ::-1, ::-1]
        if self.shift:
            x = shift_sequences(x, random.integers(-self.shift, self.shift + 1, len(x)))
        return x, self.dataset.labels[rows].astype(np.float32)

    def on_epoch_end(self) -> None:
        """Go on to the next epoch's order."""
        self.epoch += 1
        self._shuffle()

    def _shuffle(self) -> None:
        self.order = np.random.default_rng([self.seed, self.epoch]).permutation(self.all_rows)


def shift_sequences(x: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Move each sequence right by its offset (left when negative); the gap is zeros.

    Parameters
    ----------
    x
        Shape (n, length, 4).
    offsets
        Shape (n,), whole numbers of bases.
    """
    out = np.zeros_like(x)
    for offset in np.unique(offsets):
        rows = offsets == offset
        kept = slice(max(offset, 0), x.shape[1] + min(offset, 0))
        source = slice(max(-offset, 0), x.shape[1] - max(offset, 0))
        out[rows, kept] = x[rows, source]
    return out
