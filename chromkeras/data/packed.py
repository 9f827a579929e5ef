"""DNA at two bits a base, with the few rows that hold N kept aside."""

from dataclasses import dataclass

import numpy as np

from chromkeras.data.codes import UNKNOWN
from chromkeras.errors import InputError

_SHIFTS = np.array([6, 4, 2, 0], np.uint8)
_BYTE_TO_CODES = ((np.arange(256, dtype=np.uint8)[:, None] >> _SHIFTS) & 3).astype(np.uint8)
_BYTE_TO_ONE_HOT = np.eye(4, dtype=np.float32)[_BYTE_TO_CODES].reshape(256, 16)


@dataclass(frozen=True)
class PackedSequences:
    """Sequences of one length at two bits a base.

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
    """

    packed: np.ndarray
    length: int
    unknown_rows: np.ndarray
    unknown_bits: np.ndarray

    def __len__(self) -> int:
        return len(self.packed)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of sequences and bases in each."""
        return len(self.packed), self.length

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

    def codes(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return the codes of the chosen rows, shape (n, length), uint8."""
        packed = self.packed[rows]
        out = np.take(_BYTE_TO_CODES, packed, axis=0).reshape(len(packed), packed.shape[1] * 4)
        out = out[:, : self.length]
        place, unknown = self._unknown(rows)
        if len(place):
            out[place] = np.where(unknown, UNKNOWN, out[place])
        return np.ascontiguousarray(out)

    def one_hot(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return float32 one-hot of the chosen rows, shape (n, length, 4); N is four zeros."""
        out = np.take(_BYTE_TO_ONE_HOT, self.packed[rows], axis=0)
        out = out.reshape(len(out), out.shape[1] * 4, 4)[:, : self.length]
        place, unknown = self._unknown(rows)
        if len(place):
            out[place] *= ~unknown[..., None]
        return out

    def _unknown(self, rows: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray]:
        """Return which of the chosen rows have N (n',) and where (n', length) bool."""
        wanted = np.asarray(rows) if not isinstance(rows, slice) else np.arange(len(self))[rows]
        wanted = np.flatnonzero(wanted) if wanted.dtype == bool else wanted % max(len(self), 1)
        slot = np.searchsorted(self.unknown_rows, wanted)
        slot = np.minimum(slot, max(len(self.unknown_rows) - 1, 0))
        has = self.unknown_rows[slot] == wanted if len(self.unknown_rows) else np.zeros(0, bool)
        place = np.flatnonzero(has)
        bits = self.unknown_bits[slot[place]]
        return place, np.unpackbits(bits, axis=1, count=self.length).astype(bool)
