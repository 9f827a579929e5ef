"""Sequences of a FASTA file."""

import os
from collections.abc import Iterator
from pathlib import Path

import pysam

from chrominterpret.errors import InputError
from chrominterpret.sequences import decode, encode


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
    # The C library's own messages are kept from the terminal.
    verbosity = pysam.set_verbosity(0)
    try:
        with pysam.FastxFile(str(path)) as records:
            for record in records:
                if not record.name or not record.sequence or record.quality is not None:
                    raise InputError(f"{path}: expected records of a name and a sequence")
                yield record.name, record.sequence
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected FASTA, plain or gzipped: {error}") from error
    except ValueError as error:  # pysam's word for what it cannot read further
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is damaged or cut off: {error}") from error
    finally:
        pysam.set_verbosity(verbosity)
