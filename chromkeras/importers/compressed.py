"""Open a file whether it is gzip or not."""

import csv
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Literal, TextIO, cast

from chromkeras.errors import InputError
from chromkeras.files import require_file

_MAGIC = b"\x1f\x8b"


@contextmanager
def open_maybe_gzip(path: str | os.PathLike[str], what: str) -> Iterator[BinaryIO]:
    """Give the bytes of a file, unzipped when its first bytes say gzip (or bgzip).

    Parameters
    ----------
    path
        The file.
    what
        What it should be, for messages, such as "genome".

    Raises
    ------
    InputError
        The file is missing, empty, cut short, or named ``.gz`` and no gzip file.
    """
    found = require_file(path, what)
    with found.open("rb") as raw:
        zipped = raw.read(2) == _MAGIC
        raw.seek(0)
        if not zipped:
            if found.suffix == ".gz":
                raise InputError(f"{found} is named .gz but is no gzip file; rename or compress it")
            yield raw
            return
        try:
            with gzip.GzipFile(fileobj=raw) as stream:
                yield io.BufferedReader(cast(io.RawIOBase, stream), 1 << 20)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(f"{found} is cut short or damaged: {error}; get it again") from error


@contextmanager
def open_text(
    path: str | os.PathLike[str],
    what: str,
    *,
    errors: Literal["strict", "replace"] = "strict",
) -> Iterator[TextIO]:
    """Give the text of a file, UTF-8, with the ends of lines as they are.

    Parameters
    ----------
    path, what
        As for ``open_maybe_gzip``.
    errors
        What becomes of bytes that are no text: "replace" reads them as characters of their own.

    Raises
    ------
    InputError
        As ``open_maybe_gzip``, or the file is no text, or no table where it is read as one.
    """
    with open_maybe_gzip(path, what) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors=errors, newline="")
        try:
            yield text
        except UnicodeDecodeError as error:
            raise InputError(f"{what} {path}: expected UTF-8 text: {error}") from None
        except csv.Error as error:
            raise InputError(f"{what} {path}: expected a table: {error}") from None
        finally:
            text.close()
