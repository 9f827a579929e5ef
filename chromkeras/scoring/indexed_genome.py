"""Windows of a genome read through its index, so that it is never whole in memory."""

import logging
import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import numpy as np
import pysam

from chrominterpret.fasta import strange_text
from chromkeras.data.codes import UNKNOWN, encode
from chromkeras.errors import InputError
from chromkeras.files import replacing, require_file
from chromkeras.importers.genome import nearest_names

# Bases that are read at a time, and such blocks that are kept: 16 MB.
BLOCK, KEPT = 1 << 16, 256
_GZIP, _BGZIP = b"\x1f\x8b", b"BC"
_log = logging.getLogger(__name__)


class IndexedGenome:
    r"""A FASTA file, plain or bgzip, whose windows are read as base codes.

    Its index (.fai, and .gzi of bgzip) is made beside it where there is none; where its folder
    cannot be written to, in a temporary one.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    path
        The file.
    lengths
        Bases of each chromosome, by name in the order of the file.

    Raises
    ------
    InputError
        The file is missing, empty, damaged, gzip but not bgzip, or no FASTA.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "tiny.fa"
    >>> _ = file.write_text(">chr1\nACGTacgt\nRN\n")
    >>> with IndexedGenome(file) as genome:
    ...     genome.codes("chr1", -2, 3).tolist()
    [4, 4, 0, 1, 2]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = require_file(path, "genome")
        self._scratch: TemporaryDirectory[str] | None = None
        with _quiet(self.path):
            self._file = self._opened(_is_bgzip(self.path))
            names, lengths = self._file.references, self._file.lengths
        self.lengths = {str(n): int(k) for n, k in zip(names, lengths, strict=True)}
        if not self.lengths:
            raise InputError(f"genome {self.path} holds no sequence; expected FASTA")
        self._blocks: OrderedDict[tuple[str, int], np.ndarray] = OrderedDict()

    def __enter__(self) -> "IndexedGenome":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        if self._scratch is not None:
            self._scratch.cleanup()

    def codes(self, chrom: str, start: int, end: int) -> np.ndarray:
        """Return the codes of a window, shape (end - start,), uint8.

        Parameters
        ----------
        chrom
            Name of the chromosome.
        start, end
            0-based, half-open; what lies beyond an end of the chromosome is N (4). Lower case is
            read as upper case, IUPAC ambiguity letters as N.

        Raises
        ------
        InputError
            The chromosome is unknown, or a letter is no nucleotide.
        """
        size = self.length(chrom)
        out = np.full(max(end - start, 0), UNKNOWN, np.uint8)
        place, last = max(start, 0), min(end, size)
        while place < last:
            number = place // BLOCK
            inside = slice(place - number * BLOCK, min(last - number * BLOCK, BLOCK))
            piece = self._block(chrom, number)[inside]
            out[place - start : place - start + len(piece)] = piece
            place += inside.stop - inside.start
        return out

    def length(self, chrom: str) -> int:
        """Return the bases of a chromosome; ``InputError`` for an unknown one."""
        if chrom not in self.lengths:
            raise InputError(
                f"chromosome {chrom!r} is not in genome {self.path.name}; "
                f"{nearest_names(chrom, self.lengths)}"
            )
        return self.lengths[chrom]

    def _block(self, chrom: str, number: int) -> np.ndarray:
        key = (chrom, number)
        if key in self._blocks:
            self._blocks.move_to_end(key)
            return self._blocks[key]
        start = number * BLOCK
        end = min(start + BLOCK, self.lengths[chrom])
        with _quiet(self.path):
            letters = self._file.fetch(chrom, start, end)
        if len(letters) != end - start:
            raise InputError(
                f"genome {self.path} does not fit its index at {chrom}:{start}-{end}; remove "
                f"{self.path.name}.fai to have it made again"
            )
        try:
            codes = encode(letters)
        except InputError as error:
            raise InputError(f"genome {self.path}, {chrom} from base {start}: {error}") from None
        self._blocks[key] = codes
        if len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)
        return codes

    def _opened(self, bgzip: bool) -> pysam.FastaFile:
        fai, gzi = (Path(f"{self.path}{suffix}") for suffix in (".fai", ".gzi"))
        if not fai.exists() or (bgzip and not gzi.exists()):
            if not os.access(self.path.parent, os.W_OK):
                self._scratch = TemporaryDirectory()
                fai, gzi = (Path(self._scratch.name) / name.name for name in (fai, gzi))
            _log.info("making the index %s", fai)
            _index(self.path, fai, gzi if bgzip else None)
        compressed = {"filepath_index_compressed": str(gzi)} if bgzip else {}
        return pysam.FastaFile(str(self.path), filepath_index=str(fai), **compressed)


def _index(path: Path, fai: Path, gzi: Path | None) -> None:
    """Make the index; each of its files appears whole or not, as jobs may start together."""
    with replacing(fai) as beside:
        if gzi is None:
            pysam.faidx(str(path), "--fai-idx", str(beside))
            return
        with replacing(gzi) as beside_gzi:
            pysam.faidx(str(path), "--fai-idx", str(beside), "--gzi-idx", str(beside_gzi))


def _is_bgzip(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(14)
    if not head.startswith(_GZIP):
        return False
    if head[12:14] != _BGZIP:
        raise InputError(
            f"genome {path} is gzip, which has no index; unpack it (gunzip) or compress it by bgzip"
        )
    return True


@contextmanager
def _quiet(path: Path) -> Iterator[None]:
    """Keep the C library's own messages from the terminal; its errors become one line."""
    verbosity = pysam.set_verbosity(0)
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError, KeyError, UnicodeError, pysam.SamtoolsError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        expected = f"expected FASTA, plain or bgzip{strange_text(path)}"
        raise InputError(f"genome {path}: {expected}: {why}") from error
    finally:
        pysam.set_verbosity(verbosity)
