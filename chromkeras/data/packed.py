"""DNA at two bits a base, with the few rows that hold N kept aside."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from chromkeras.data.codes import UNKNOWN, look_up_into, one_hot_into, reverse_complement, shift
from chromkeras.data.tables import Augmentation, Empty, Rows, Table, new_array
from chromkeras.errors import InputError

_SHIFTS = np.array([6, 4, 2, 0], np.uint8)
_BYTE_TO_CODES = ((np.arange(256, dtype=np.uint8)[:, None] >> _SHIFTS) & 3).astype(np.uint8)
_BYTE_TO_ONE_HOT = np.eye(4, dtype=np.float32)[_BYTE_TO_CODES].reshape(256, 16)


@dataclass(frozen=True, eq=False)
class PackedSequences(Table):
    """Sequences of one length at two bits a base; a model reads them as one-hot.

    Attributes
    ----------
    packed
        Shape (N, ceil(length / 4)), uint8; four bases a byte, the first in the high bits.
    length
        Bases in each sequence.
    unknown_rows
        Shape (M,), int64, sorted: the rows with at least one N.
    unknown_bits
        Shape (M, ceil(length / 8)), uint8: where N stands in those rows (``numpy.packbits``).
    stranded
        Whether each sequence reads in the direction of its gene, so that its other strand is
        another thing, which no model is shown.

    Raises
    ------
    InputError
        The arrays do not fit each other.
    """

    packed: np.ndarray
    length: int
    unknown_rows: np.ndarray
    unknown_bits: np.ndarray
    stranded: bool = False
    kind: ClassVar[str] = "dna"
    along_dna: ClassVar[bool] = True  # type: ignore[misc]

    def __post_init__(self) -> None:
        rows = self.unknown_rows
        if rows.ndim != 1 or rows.dtype.kind not in "iu" or not self.packed.ndim:
            raise InputError(
                "expected packed with rows, and unknown_rows of shape (M,), integers; received "
                f"{self.packed.shape} and {rows.shape}, {rows.dtype}"
            )
        expected = {"packed": (len(self.packed), -(-self.length // 4))}
        expected["unknown_bits"] = (len(rows), -(-self.length // 8))
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != np.uint8:
                raise InputError(
                    f"expected {name} of shape {shape}, uint8, for sequences of {self.length} "
                    f"bases, received {array.shape}, {array.dtype}"
                )

    def __len__(self) -> int:
        return len(self.packed)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sequence as one-hot, channels A C G T."""
        return self.length, 4

    @classmethod
    def from_codes(cls, codes: np.ndarray) -> "PackedSequences":
        """Pack codes of shape (N, length), uint8, values 0 to 4."""
        codes = np.asarray(codes)
        if codes.ndim != 2 or codes.dtype != np.uint8 or (codes.size and codes.max() > UNKNOWN):
            raise InputError(
                "expected base codes of shape (N, length), uint8, values 0 to 4, received "
                f"shape {codes.shape}, {codes.dtype}, largest {codes.max(initial=0)}"
            )
        rows, length = codes.shape
        padded = np.zeros((rows, -(-length // 4) * 4), np.uint8)
        np.copyto(padded[:, :length], codes, where=codes < UNKNOWN)
        quads = padded.reshape(rows, padded.shape[1] // 4, 4)
        packed = np.bitwise_or.reduce(quads << _SHIFTS, axis=-1).astype(np.uint8)
        unknown = codes == UNKNOWN
        unknown_rows = np.flatnonzero(unknown.any(axis=1))
        return cls(packed, length, unknown_rows, np.packbits(unknown[unknown_rows], axis=1))

    def codes(self, rows: Rows) -> np.ndarray:
        """Return the codes of the chosen rows, shape (n, length), uint8."""
        packed = self.packed[rows]
        out = np.take(_BYTE_TO_CODES, packed, axis=0).reshape(len(packed), packed.shape[1] * 4)
        out = out[:, : self.length]
        place, unknown = self._unknown(rows)
        if len(place):
            out[place] = np.where(unknown, UNKNOWN, out[place])
        return np.ascontiguousarray(out)

    def take(
        self, rows: Rows, augmentation: Augmentation | None = None, empty: Empty = new_array
    ) -> np.ndarray:
        """Return one-hot of the chosen rows, shape (n, length, 4), float32; N is four zeros."""
        if augmentation is None:
            return self._as_it_is(rows, empty)
        codes = self.codes(rows)
        if augmentation.flipped is not None:
            codes[augmentation.flipped] = reverse_complement(codes[augmentation.flipped])
        if augmentation.offsets is not None:
            codes = shift(codes, augmentation.offsets)
        out = empty((*codes.shape, 4))
        one_hot_into(out, codes)
        return out

    def _as_it_is(self, rows: Rows, empty: Empty) -> np.ndarray:
        """Look four bases up at a time."""
        packed = self.packed[rows]
        out = empty((len(packed), self.length, 4))
        whole = out if self.length % 4 == 0 else new_array((len(packed), packed.shape[1] * 4, 4))
        look_up_into(whole.reshape(*packed.shape, 16), _BYTE_TO_ONE_HOT, packed)
        if whole is not out:
            out[...] = whole[:, : self.length]
        place, unknown = self._unknown(rows)
        if len(place):
            out[place] *= ~unknown[..., None]
        return out

    def reverse_complement(self, batch: np.ndarray) -> np.ndarray:
        """Return one-hot (n, length, 4) of the other strand, read 5' to 3'."""
        return batch[:, ::-1, ::-1]

    def select(self, rows: np.ndarray) -> "PackedSequences":
        """Return a table of the rows with these numbers."""
        place, slot = self._with_unknown(rows)
        bits = self.unknown_bits[slot]
        return PackedSequences(self.packed[rows], self.length, place, bits, self.stranded)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the packed bases, and where N stands."""
        return {name: getattr(self, name) for name in ("packed", "unknown_rows", "unknown_bits")}

    def _unknown(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Return which of the chosen rows have N (n',) and where (n', length) bool."""
        place, slot = self._with_unknown(rows)
        bits = np.unpackbits(self.unknown_bits[slot], axis=1, count=self.length)
        return place, bits.astype(bool)

    def _with_unknown(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Return which of the chosen rows have N, and which of ``unknown_rows`` they are."""
        wanted = np.asarray(rows) if not isinstance(rows, slice) else np.arange(len(self))[rows]
        wanted = np.flatnonzero(wanted) if wanted.dtype == bool else wanted % max(len(self), 1)
        slot = np.searchsorted(self.unknown_rows, wanted)
        slot = np.minimum(slot, max(len(self.unknown_rows) - 1, 0))
        has = self.unknown_rows[slot] == wanted if len(self.unknown_rows) else np.zeros(0, bool)
        place = np.flatnonzero(has)
        return place, slot[place]
