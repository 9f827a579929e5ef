"""Training batches: shuffled, augmented, made from the tables as they are needed."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.recycled import RecycledArrays
from chromkeras.data.tables import Augmentation, feed
from chromkeras.errors import InputError
from chromkeras.names import unknown


class Batches(keras.utils.PyDataset):
    """The training rows of a data set, in an order of its own in every epoch.

    Order and augmentation are drawn for a whole epoch from its number and the seed alone, so a
    resumed run sees what an uninterrupted one would have seen. All inputs that run along the DNA
    are augmented alike.

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
    inputs
        Names of the inputs to show; None shows all of the data set.
    reverse_complement
        Show each sequence on a random strand, unless it belongs to a gene's.
    shift
        Shift each sequence by up to this many bases; the gap is N, or 0 in other inputs. Nothing
        is shifted where no input runs along DNA.
    background
        Share of the background rows that an epoch shows, drawn anew for each.
    together
        Rows of the same DNA that come one after the other, where as many are left.
    shared
        Inputs that are shown once for all rows of a batch that share them; see ``Dataset.batch``.
    epoch
        The first epoch, counted from 0.

    Raises
    ------
    InputError
        A shift is as long as a sequence, an input is unknown, or there is no row left.
    """

    def __init__(
        self,
        dataset: Dataset,
        rows: np.ndarray,
        *,
        batch_size: int,
        seed: int,
        inputs: Sequence[str] | None = None,
        reverse_complement: bool = True,
        shift: int = 0,
        background: float = 1.0,
        together: int = 1,
        shared: Sequence[str] = (),
        epoch: int = 0,
    ) -> None:
        self.inputs = tuple(dataset.inputs if inputs is None else inputs)
        _check(shift, dataset, self.inputs)
        super().__init__(workers=1, use_multiprocessing=False)
        self.dataset, self.all_rows, self.batch_size = dataset, np.asarray(rows), batch_size
        along = any(dataset.inputs[name].along_dna for name in self.inputs)
        self.seed, self.shift = seed, shift if along else 0
        self.together, self.shared = together, tuple(shared)
        self.reverse_complement = reverse_complement and dataset.has_two_strands(self.inputs)
        self._elements = dataset.elements[self.all_rows]
        self._shown = round(background * int((~self._elements).sum()))
        self.count = int(self._elements.sum()) + self._shown
        if self.count == 0:
            raise InputError(f"data.background: no row is left at a share of {background}")
        self.epoch = epoch
        self._arrays = {name: RecycledArrays().empty for name in self.inputs}
        self._draw()

    def __len__(self) -> int:
        return -(-self.count // self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        """Return a batch as Keras reads it: inputs, labels and their weights, all float32.

        The inputs are an array, shape (n, *its own), or where there are several a dictionary of
        arrays by name. The weights say which labels are known: 1 or 0, shape (n, T) like the
        labels.
        """
        batch = slice(index * self.batch_size, (index + 1) * self.batch_size)
        rows, augmentation = self.order[batch], self._augmentation and self._augmentation[batch]
        inputs = self.dataset.batch(
            rows,
            self.inputs,
            augmentation=augmentation,
            empty=self._arrays,
            shared=self.shared,
        )
        labels, known = self.dataset.labels[rows], self.dataset.known[rows]
        return feed(tuple(inputs), inputs), labels.astype(np.float32), known.astype(np.float32)

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
        if self.together > 1:
            self.order = self._side_by_side(random)
        flipped = random.random(len(self.order), dtype=np.float32) < 0.5
        offsets = random.integers(-self.shift, self.shift + 1, len(self.order), np.int32)
        if self.shared:
            same = self._first_of_same()
            flipped, offsets = flipped[same], offsets[same]
        self._augmentation = None
        if self.reverse_complement or self.shift:
            self._augmentation = Augmentation(
                flipped if self.reverse_complement else None, offsets if self.shift else None
            )

    def _first_of_same(self) -> np.ndarray:
        """Return for each row of the order the first that has the same DNA, shape (n,).

        All inputs along the DNA, of whatever table, are augmented as that row is.
        """
        levels = self.dataset.table_rows(self.shared[0], self.order)
        _, first, place = np.unique(levels, return_index=True, return_inverse=True)
        found: np.ndarray = first[place]
        return found

    def _side_by_side(self, random: np.random.Generator) -> np.ndarray:
        """Return the order with rows of the same DNA in runs of ``together``, runs in any order."""
        for name in self.dataset.shared_inputs(self.inputs):
            levels = self.dataset.table_rows(name, self.order)
            by_level = np.argsort(levels, kind="stable")
            starts = np.flatnonzero(np.diff(levels[by_level], prepend=-1))
            place = np.arange(len(levels)) - np.repeat(starts, np.diff(starts, append=len(levels)))
            run = np.cumsum(place % self.together == 0) - 1
            return self.order[by_level][
                np.argsort(random.permutation(run[-1] + 1)[run], kind="stable")
            ]
        return self.order


def _check(shift: int, dataset: Dataset, names: Sequence[str]) -> None:
    """Raise ``InputError`` for an unknown input, or a shift that leaves nothing or moves none."""
    for name in names:
        if name not in dataset.inputs:
            raise unknown("input", name, tuple(dataset.inputs))
    tables = [dataset.inputs[name] for name in names]
    most = min((table.shape[0] - 1 for table in tables if table.along_dna), default=shift)
    if not 0 <= shift <= most:
        raise InputError(
            f"data.shift: expected 0 to {most}, less than the sequence length, received {shift}"
        )
