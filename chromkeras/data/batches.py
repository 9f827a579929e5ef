"""Training batches: shuffled, augmented, expanded to one-hot as they are needed."""

from typing import Any

import keras
import numpy as np

from chromkeras.data.codes import one_hot_into, reverse_complement, shift
from chromkeras.data.dataset import Dataset
from chromkeras.data.recycled import RecycledArrays
from chromkeras.errors import InputError


class Batches(keras.utils.PyDataset):
    """The training rows of a data set, in an order of its own in every epoch.

    Order and augmentation are drawn for a whole epoch from its number and the seed alone, so a
    resumed run sees what an uninterrupted one would have seen.

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
    background
        Share of the background rows that an epoch shows, drawn anew for each.
    epoch
        The first epoch, counted from 0.

    Raises
    ------
    InputError
        A shift is as long as a sequence, or there is no row left.
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
        background: float = 1.0,
        epoch: int = 0,
    ) -> None:
        if not 0 <= shift < dataset.dna.length:
            raise InputError(
                f"data.shift: expected 0 to {dataset.dna.length - 1}, less than the sequence "
                f"length, received {shift}"
            )
        super().__init__(workers=1, use_multiprocessing=False)
        self.dataset, self.all_rows, self.batch_size = dataset, np.asarray(rows), batch_size
        self.seed, self.reverse_complement, self.shift = seed, reverse_complement, shift
        self._elements = dataset.elements[self.all_rows]
        self._shown = round(background * int((~self._elements).sum()))
        self.count = int(self._elements.sum()) + self._shown
        if self.count == 0:
            raise InputError(f"data.background: no row is left at a share of {background}")
        self.epoch = epoch
        self._arrays = RecycledArrays()
        self._draw()

    def __len__(self) -> int:
        return -(-self.count // self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        """Return a batch as Keras reads it: inputs, labels and their weights, all float32.

        The inputs are one-hot DNA, shape (n, length, 4). The weights say which labels are known:
        1 or 0, shape (n, T) like the labels.
        """
        batch = slice(index * self.batch_size, (index + 1) * self.batch_size)
        rows = self.order[batch]
        codes = self.dataset.codes(rows)
        if self.reverse_complement:
            flipped = self._flipped[batch]
            codes[flipped] = reverse_complement(codes[flipped])
        if self.shift:
            codes = shift(codes, self._offsets[batch])
        x = self._arrays.empty((*codes.shape, 4))
        one_hot_into(x, codes)
        labels, known = self.dataset.labels[rows], self.dataset.known[rows]
        return x, labels.astype(np.float32), known.astype(np.float32)

    def on_epoch_end(self) -> None:
        """Go on to the next epoch's order; Keras calls this before the first epoch too."""
        self.start(self.epoch + 1)

    def start(self, epoch: int) -> None:
        """Take the order of an epoch, counted from 0."""
        if epoch != self.epoch:
            self.epoch = epoch
            self._draw()

    def _draw(self) -> None:
        """Draw order, strand and offset of all rows for this epoch."""
        random = np.random.default_rng([self.seed, self.epoch])
        self.order = random.permutation(self.all_rows)
        if self.count < len(self.all_rows):
            hidden = ~self.dataset.elements[self.order]
            self.order = self.order[~hidden | (hidden.cumsum() <= self._shown)]
        self._flipped = random.random(len(self.order), dtype=np.float32) < 0.5
        self._offsets = random.integers(-self.shift, self.shift + 1, len(self.order), np.int32)
