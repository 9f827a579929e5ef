"""Tables of inputs: what a row is as a model reads it, and how it is augmented."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from chromkeras.data.blocks import row_blocks
from chromkeras.data.codes import shift
from chromkeras.errors import InputError

Rows = np.ndarray | slice
Empty = Callable[[tuple[int, ...]], np.ndarray]


@dataclass(frozen=True, eq=False)
class Augmentation:
    """What is done to n rows: the same to every table that runs along the DNA.

    Attributes
    ----------
    flipped
        Shape (n,), bool: rows to show from the other strand; None for none.
    offsets
        Shape (n,), whole numbers: bases to move each row to the right (left when negative), after
        it has been flipped; None for no move.
    """

    flipped: np.ndarray | None = None
    offsets: np.ndarray | None = None

    def __getitem__(self, rows: Rows) -> "Augmentation":
        """Return the augmentation of some of the rows."""
        chosen = (None if each is None else each[rows] for each in (self.flipped, self.offsets))
        return Augmentation(*chosen)


def new_array(shape: tuple[int, ...]) -> np.ndarray:
    """Return an array of this shape, float32, with whatever is in it."""
    return np.empty(shape, np.float32)


class Table(ABC):
    """Rows of one input of a model.

    Attributes
    ----------
    kind
        What the table is called in data set files.
    along_dna
        Whether the first axis of a row runs along the DNA, base by base, so that reverse
        complement and shift move it too.
    stranded
        Whether rows read in the direction of a gene, so that they have no reverse complement.
    """

    kind: ClassVar[str]
    along_dna: bool
    stranded: bool

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of rows, M."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one row, as a model reads it."""

    @abstractmethod
    def take(
        self, rows: Rows, augmentation: Augmentation | None = None, empty: Empty = new_array
    ) -> np.ndarray:
        """Return rows as a model reads them, shape (n, *shape), float32.

        Parameters
        ----------
        rows
            Row numbers, shape (n,), a mask of shape (M,), or a slice.
        augmentation
            What to do to each of the n rows; tables that do not run along the DNA ignore it.
        empty
            Gives the array to write to, from its shape.
        """

    @abstractmethod
    def reverse_complement(self, batch: np.ndarray) -> np.ndarray:
        """Return rows that ``take`` gave, (n, *shape), as they read from the other strand."""

    @abstractmethod
    def select(self, rows: np.ndarray) -> "Table":
        """Return a table of the rows with these numbers, shape (n,), in that order."""

    @abstractmethod
    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays that the table consists of, by attribute."""


@dataclass(frozen=True, eq=False)
class DenseTable(Table):
    """Numbers that a model reads as they are.

    Attributes
    ----------
    values
        Shape (M, ...), any type of number, finite.
    along_dna
        Whether the first axis of a row has one position a base and runs along the DNA, as
        a signal track does. The reverse complement turns it around, and a shift leaves 0 in
        the gap; channels stay as they are.
    channels
        Names along the last axis, such as those of marks or regulators; () for none.

    Raises
    ------
    InputError
        ``values`` has no rows' axis, is of no number type, or holds NaN or infinity, or there are
        not as many names as channels.

    Examples
    --------
    >>> table = DenseTable(np.array([[1, 2, 3], [4, 5, 6]]), along_dna=True)
    >>> table.take(np.array([1]), Augmentation(flipped=np.array([True]))).tolist()
    [[6.0, 5.0, 4.0]]
    """

    values: np.ndarray
    along_dna: bool = False
    channels: tuple[str, ...] = ()
    kind: ClassVar[str] = "dense"
    stranded: ClassVar[bool] = False  # type: ignore[misc]

    def __post_init__(self) -> None:
        if self.values.ndim < 1 or self.values.dtype.kind not in "biuf":
            raise InputError(
                f"expected numbers of shape (rows, ...), received shape {self.values.shape}, "
                f"{self.values.dtype}"
            )
        if self.along_dna and self.values.ndim < 2:
            raise InputError(
                "expected values along the DNA of shape (rows, length, ...), received "
                f"{self.values.shape}"
            )
        if self.channels and len(self.channels) != self.values.shape[-1]:
            raise InputError(
                f"expected names of {self.values.shape[-1]} channels, received {len(self.channels)}"
            )
        check_finite(self.values)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return self.values.shape[1:]

    def take(
        self, rows: Rows, augmentation: Augmentation | None = None, empty: Empty = new_array
    ) -> np.ndarray:
        """Return rows, shape (n, *shape), float32, flipped and moved if they run along the DNA."""
        chosen = self.values[rows]
        if self.along_dna and augmentation is not None:
            chosen = _augmented(chosen, augmentation)
        out = empty(chosen.shape)
        out[...] = chosen
        return out

    def reverse_complement(self, batch: np.ndarray) -> np.ndarray:
        """Return the rows turned around, if they run along the DNA."""
        return batch[:, ::-1] if self.along_dna else batch

    def select(self, rows: np.ndarray) -> "DenseTable":
        """Return a table of the rows with these numbers."""
        return DenseTable(self.values[rows], self.along_dna, self.channels)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the values."""
        return {"values": self.values}


def _augmented(values: np.ndarray, augmentation: Augmentation) -> np.ndarray:
    flipped, offsets = augmentation.flipped, augmentation.offsets
    if flipped is not None:
        values[flipped] = values[flipped][:, ::-1]
    return values if offsets is None else shift(values, offsets, fill=0)


def rows_name(name: str) -> str:
    """Return what the input is called that says which of an input's distinct rows a row has."""
    return f"{name}_rows"


def check_finite(values: np.ndarray) -> None:
    """Raise ``InputError`` that names the first row with NaN or infinity, shape (M, ...)."""
    if values.dtype.kind != "f":
        return
    for block in row_blocks(values):
        finite = np.isfinite(values[block])
        if not finite.all():
            row = block.start + int(np.argwhere(~finite)[0][0])
            raise InputError(f"expected finite numbers, received NaN or infinity in row {row}")


def feed(names: Sequence[str], inputs: Mapping[str, Any]) -> Any:
    """Return inputs as a Keras model takes them: an array where it has one, else a dictionary.

    Parameters
    ----------
    names
        Inputs of the model.
    inputs
        Arrays by name, among them these.
    """
    return inputs[names[0]] if len(names) == 1 else {name: inputs[name] for name in names}
