"""Sequences of a FASTA file."""

import codecs
import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pysam

from chrominterpret.errors import InputError
from chrominterpret.sequences import decode, encode

_GZIP = b"\x1f\x8b"
_LOOKED_AT, _BLOCK = 1 << 16, 1 << 20


def read_fasta(path: str | os.PathLike[str]) -> dict[str, str]:
    r"""Return the sequences of a FASTA file, which may be gzipped.

    Parameters
    ----------
    path
        File of records: ``>NAME description``, then letters over any number of lines.

    Returns
    -------
    dict
        Letters A, C, G, T and N by name, in the order of the file. Lower case becomes upper case,
        IUPAC ambiguity letters become N. ``one_hot`` takes ``list(sequences.values())``.

    Raises
    ------
    InputError
        The file is missing, empty, damaged or no FASTA, a name stands twice, or a letter is no
        nucleotide.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "two.fa"
    >>> _ = file.write_text(">a first\nACG\nTn\n>b\nttttt\n")
    >>> read_fasta(file)
    {'a': 'ACGTN', 'b': 'TTTTT'}
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"expected a FASTA file, received {path}, which is no file")
    found: dict[str, str] = {}
    for name, letters in fasta_records(path):
        if name in found:
            raise InputError(f"{path}: name {name!r} stands twice")
        try:
            found[name] = decode(encode(letters))
        except InputError as error:
            raise InputError(f"{path}, sequence {name!r}: {error}") from error
    if not found:
        raise InputError(f"{path}: expected at least one FASTA record, received none")
    return found


def fasta_records(path: str | os.PathLike[str]) -> Iterator[tuple[str, str]]:
    """Yield name and letters of each sequence of a FASTA file, one at a time in memory.

    Parameters
    ----------
    path
        As for ``read_fasta``; names may repeat, and letters are as they stand.

    Raises
    ------
    InputError
        The file is damaged or no FASTA.
    """
    if Path(path).is_file():
        _check_zeros(Path(path))
    # The C library's own messages are kept from the terminal.
    verbosity = pysam.set_verbosity(0)
    try:
        with pysam.FastxFile(str(path)) as records:
            for record in records:
                if not record.name or not record.sequence or record.quality is not None:
                    raise InputError(
                        f"{path}: expected records of a name and a sequence{strange_text(path)}"
                    )
                yield record.name, record.sequence
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected FASTA, plain or gzipped: {error}") from error
    except ValueError as error:  # pysam's word for what it cannot read further
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is damaged or cut off: {error}") from error
    finally:
        pysam.set_verbosity(verbosity)


def strange_text(path: str | os.PathLike[str]) -> str:
    r"""Return what about the text of a FASTA file no reader expects; "" where it looks well.

    Parameters
    ----------
    path
        The file, which may be gzipped.

    Returns
    -------
    str
        To be added to a message, with what to do.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mac.fa"
    >>> _ = file.write_bytes(b">a\rACGT\r")
    >>> print(strange_text(file))
    ; its lines end with CR alone: turn each into LF (tr '\r' '\n')
    """
    try:
        with Path(path).open("rb") as raw:
            first = raw.read(_LOOKED_AT)
        if first.startswith(_GZIP):
            with gzip.open(path) as stream:
                first = stream.read(_LOOKED_AT)
    except (OSError, EOFError, zlib.error):
        return ""
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "; it is UTF-16 text: save it as plain text (ASCII or UTF-8)"
    if first.startswith(codecs.BOM_UTF8):
        return "; it begins with a byte order mark: save it as UTF-8 without one"
    if b"\r" in first and b"\n" not in first:
        return r"; its lines end with CR alone: turn each into LF (tr '\r' '\n')"
    return ""


def _check_zeros(path: Path) -> None:
    """Raise ``InputError`` for zero bytes, as a crash leaves them: a sequence would end there."""
    try:
        with path.open("rb") as file:
            if file.peek(2)[:2] == _GZIP:  # which has checksums
                return
            while block := file.read(_BLOCK):
                if b"\0" in block:
                    raise InputError(f"{path} is damaged: it holds zero bytes{strange_text(path)}")
    except OSError:  # which is said when it is read
        return
