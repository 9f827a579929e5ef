"""Motif files: MEME version 4 (minimal motif format) and JASPAR counts, strictly.

What is repaired, and nothing else:

- rows whose probabilities were rounded (sum within 0.02 of 1) are divided by their sum;
- a MEME matrix without ``w=`` is as wide as it has rows, one without ``nsites=`` has None;
- with ``duplicates="rename"``, a name seen before gets ``_2``, ``_3``, … appended;
- on writing, white space inside an identifier becomes ``_`` (identifiers are one word in both
  formats). The alternate name may have several words and is kept, runs of white space as one blank.

Everything else that is not in the format is an InputError with the file and the line.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import numpy as np

from chrominterpret.errors import InputError
from chrominterpret.files import write_text
from chrominterpret.motifs.pwm import Floats, Motif, motif_from_counts
from chrominterpret.sequences import BASES

PathLike = str | os.PathLike[str]
Duplicates = Literal["error", "rename"]

_ROUNDING: Final = 0.02
_MEME_HEAD: Final = (
    "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"
    "Background letter frequencies\nA 0.25 C 0.25 G 0.25 T 0.25\n"
)


class _Lines:
    """Lines of a file with a pointer, blank ends stripped, and errors that say where."""

    def __init__(self, path: PathLike) -> None:
        self.path = Path(path)
        try:
            text = self.path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{self.path}: expected a text file; {error}") from error
        self.lines = [line.strip() for line in text.splitlines()]
        self.at = 0

    def error(self, message: str, *, line: int | None = None) -> InputError:
        return InputError(f"{self.path}, line {(self.at if line is None else line) + 1}: {message}")

    def peek(self) -> str | None:
        return self.lines[self.at] if self.at < len(self.lines) else None

    def remaining(self) -> Iterator[str]:
        """Yield line after line; ``at`` stands on the yielded line."""
        while self.at < len(self.lines):
            yield self.lines[self.at]
            self.at += 1

    def numbers(self, words: list[str]) -> list[float]:
        try:
            values = [float(word) for word in words]
        except ValueError:
            raise self.error(f"expected numbers; received {' '.join(words)!r}") from None
        if not all(np.isfinite(value) and value >= 0 for value in values):
            raise self.error(f"expected numbers of at least 0; received {' '.join(words)!r}")
        return values


class _Names:
    """Names that must be unique."""

    def __init__(self, duplicates: Duplicates) -> None:
        if duplicates not in ("error", "rename"):
            raise InputError(f"expected duplicates 'error' or 'rename'; received {duplicates!r}")
        self.rename = duplicates == "rename"
        self.seen: set[str] = set()

    def take(self, name: str, lines: _Lines, line: int) -> str:
        if name in self.seen and not self.rename:
            raise lines.error(f"motif name {name!r} occurs twice", line=line)
        unique, copy = name, 2
        while unique in self.seen:
            unique, copy = f"{name}_{copy}", copy + 1
        self.seen.add(unique)
        return unique


def read_motifs(path: PathLike, *, duplicates: Duplicates = "error") -> list[Motif]:
    """Read a MEME or JASPAR file, recognised by its first line.

    Raises
    ------
    InputError
        If the file is neither, or is malformed (see `read_meme` and `read_jaspar`).
    FileNotFoundError
        If there is no such file.
    """
    lines = _Lines(path)
    first = next((line for line in lines.remaining() if line), "")
    if first.startswith(">"):
        return read_jaspar(path, duplicates=duplicates)
    if first.startswith("MEME version"):
        return read_meme(path, duplicates=duplicates)
    raise lines.error(f"expected 'MEME version 4' or a JASPAR '>' line; received {first[:60]!r}")


def read_meme(path: PathLike, *, duplicates: Duplicates = "error") -> list[Motif]:
    """Read motifs in MEME's minimal motif format, version 4 or later.

    Parameters
    ----------
    path : path
        File. Each ``MOTIF identifier [alternate name]`` needs one
        ``letter-probability matrix`` with a row of four probabilities (A C G T) per position.
    duplicates : "error" or "rename"
        Treatment of an identifier that occurred before.

    Returns
    -------
    list of Motif
        In the order of the file.

    Raises
    ------
    InputError
        With file and line, if the file is malformed: no version line, another alphabet, a motif
        without matrix or with two, a row that has not four numbers or does not sum to 1, a number
        of rows other than ``w=``, a repeated identifier.

    Notes
    -----
    https://meme-suite.org/meme/doc/meme-format.html
    """
    lines, names = _Lines(path), _Names(duplicates)
    _read_meme_version(lines)
    motifs: list[Motif] = []
    pending: tuple[str, str, int] | None = None
    for line in lines.remaining():
        if line.startswith("ALPHABET"):
            _check_alphabet(lines, line)
        elif re.match(r"MOTIF\b", line):
            _check_has_matrix(lines, pending)
            pending = _read_meme_name(lines, line, names)
        elif line.startswith("letter-probability matrix:"):
            if pending is None:
                raise lines.error("a matrix without a MOTIF line before it")
            motifs.append(_read_meme_matrix(lines, line, pending))
            pending = None
        elif line.startswith("log-odds matrix:"):
            _skip_numbers(lines)
        elif _is_numeric(line):
            raise lines.error(f"a row of numbers outside a matrix: {line!r}")
    _check_has_matrix(lines, pending)
    return motifs


def _read_meme_version(lines: _Lines) -> None:
    first = next((line for line in lines.remaining() if line), "")
    match = re.match(r"MEME version (\d+)", first)
    if match is None or int(match[1]) < 4:
        raise lines.error(f"expected 'MEME version 4' or later; received {first[:60]!r}")
    lines.at += 1


def _check_alphabet(lines: _Lines, line: str) -> None:
    if not re.fullmatch(r"ALPHABET\s*=\s*ACGT", line):
        raise lines.error(f"expected 'ALPHABET= ACGT'; received {line!r}")


def _check_has_matrix(lines: _Lines, pending: tuple[str, str, int] | None) -> None:
    if pending is not None:
        raise lines.error(f"motif {pending[0]!r} has no matrix", line=pending[2])


def _read_meme_name(lines: _Lines, line: str, names: _Names) -> tuple[str, str, int]:
    words = line.split()[1:]
    if not words:
        raise lines.error("expected 'MOTIF identifier [alternate name]'; received no identifier")
    return names.take(words[0], lines, lines.at), " ".join(words[1:]), lines.at


def _read_meme_matrix(lines: _Lines, line: str, pending: tuple[str, str, int]) -> Motif:
    started = lines.at
    options = _read_options(lines, line)
    if options.get("alength", 4) != 4:
        raise lines.error(f"expected alength= 4; received {options['alength']:g}")
    lines.at += 1
    rows = []
    while (row := lines.peek()) is not None and _is_numeric(row):
        rows.append(_read_row(lines, row))
        lines.at += 1
    lines.at -= 1
    width = options.get("w", len(rows))
    if not rows or len(rows) != width:
        raise lines.error(f"expected {width:g} rows (w=); received {len(rows)}", line=started)
    name, alt_name, _ = pending
    return Motif(name, np.array(rows), alt_name=alt_name, nsites=options.get("nsites") or None)


def _read_options(lines: _Lines, line: str) -> dict[str, float]:
    found = re.findall(r"\b(alength|w|nsites)\s*=\s*(\S*)", line)
    return {key: lines.numbers([value])[0] for key, value in found}


def _is_numeric(line: str) -> bool:
    return re.match(r"[-+.]?\d|[-+]?\.\d|[-+]?(nan|inf)\b", line, flags=re.IGNORECASE) is not None


def _skip_numbers(lines: _Lines) -> None:
    while lines.at + 1 < len(lines.lines) and _is_numeric(lines.lines[lines.at + 1]):
        lines.at += 1


def _read_row(lines: _Lines, row: str) -> Floats:
    values = np.array(lines.numbers(row.split()))
    if len(values) != 4:
        raise lines.error(f"expected four probabilities (A C G T); received {row!r}")
    total = values.sum()
    if abs(total - 1) > _ROUNDING:
        raise lines.error(f"expected probabilities that sum to 1; {row!r} sums to {total:.6g}")
    return values / total


def write_meme(path: PathLike, motifs: Sequence[Motif]) -> None:
    """Write motifs in MEME version 4's minimal motif format, eight decimals, atomically.

    Raises
    ------
    InputError
        If two motifs have the same identifier, white space replaced by ``_``.
    """
    parts = [_MEME_HEAD]
    for motif, name in zip(motifs, _identifiers(motifs), strict=True):
        sites = "" if motif.nsites is None else f" nsites= {motif.nsites:.10g}"
        rows = "".join(" ".join(f" {p:.8f}" for p in row) + "\n" for row in motif.ppm)
        title = f"{name} {_one_line(motif.alt_name)}".strip()
        head = f"letter-probability matrix: alength= 4 w= {len(motif)}{sites}"
        parts.append(f"\nMOTIF {title}\n{head}\n{rows}")
    write_text(path, "".join(parts))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _identifiers(motifs: Sequence[Motif]) -> list[str]:
    names = ["_".join(motif.name.split()) for motif in motifs]
    seen: set[str] = set()
    for name in names:
        if not name:
            raise InputError("expected motifs with a name; received an empty one")
        if name in seen:
            raise InputError(f"expected unique motif names; received {name!r} twice")
        seen.add(name)
    return names


def read_jaspar(path: PathLike, *, duplicates: Duplicates = "error") -> list[Motif]:
    """Read motifs in JASPAR's format: ``>identifier [name]`` and four rows of counts.

    Parameters
    ----------
    path : path
        File. Rows are ``A [ 1 2 3 ]`` in any order, or four rows of bare numbers in the order
        A C G T (JASPAR's .pfm).
    duplicates : "error" or "rename"
        Treatment of an identifier that occurred before.

    Returns
    -------
    list of Motif
        ``nsites`` is the largest column sum, or None where the columns are frequencies (sum to 1).

    Raises
    ------
    InputError
        With file and line, if the file is malformed.
    """
    lines, names = _Lines(path), _Names(duplicates)
    motifs = []
    for line in lines.remaining():
        if line.startswith(">"):
            motifs.append(_read_jaspar_motif(lines, line, names))
        elif line:
            raise lines.error(f"expected '>identifier name'; received {line[:60]!r}")
    if not motifs:
        raise lines.error("expected '>identifier name'; received no motif", line=0)
    return motifs


def _read_jaspar_motif(lines: _Lines, line: str, names: _Names) -> Motif:
    started, words = lines.at, line[1:].split()
    if not words:
        raise lines.error("expected '>identifier name'; received no identifier")
    name = names.take(words[0], lines, started)
    rows: dict[str, list[float]] = {}
    while len(rows) < 4:
        lines.at += 1
        row = lines.peek()
        if row is None or row.startswith(">"):
            raise lines.error(f"motif {name!r} has {len(rows)} rows; expected 4", line=started)
        if row:
            _read_counts(lines, row, rows)
    if len({len(row) for row in rows.values()}) != 1:
        raise lines.error(f"motif {name!r} has rows of different lengths", line=started)
    return _from_columns(lines, started, name, " ".join(words[1:]), rows)


def _read_counts(lines: _Lines, row: str, rows: dict[str, list[float]]) -> None:
    match = re.fullmatch(r"([A-Za-z]?)\s*\[?([^\[\]]*)\]?", row)
    if match is None or not match[2].split():
        raise lines.error(f"expected a row such as 'A [ 1 2 3 ]'; received {row[:60]!r}")
    base = match[1].upper() or BASES[len(rows)]
    if base not in BASES or base in rows:
        raise lines.error(f"expected one row each for A, C, G, T; received {row[:60]!r}")
    rows[base] = lines.numbers(match[2].split())


def _from_columns(
    lines: _Lines, started: int, name: str, alt_name: str, rows: dict[str, list[float]]
) -> Motif:
    counts = np.array([rows[base] for base in BASES]).T
    totals = counts.sum(axis=1)
    if not (totals > 0).all():
        column = int(totals.argmin()) + 1
        raise lines.error(f"motif {name!r} has no counts in column {column}", line=started)
    if (np.abs(totals - 1) <= _ROUNDING).all():
        return Motif(name, counts / totals[:, None], alt_name=alt_name)
    if totals.max() < 2 and np.ptp(totals) > _ROUNDING:
        column = int(np.abs(totals - 1).argmax())
        raise lines.error(
            f"motif {name!r} has frequencies that do not sum to 1: {totals[column]:.6g} in "
            f"column {column + 1}",
            line=started,
        )
    return motif_from_counts(name, counts, alt_name=alt_name)


def write_jaspar(path: PathLike, motifs: Sequence[Motif]) -> None:
    """Write motifs in JASPAR's format, atomically.

    Entries are probability × ``nsites`` (up to eight decimals), or plain frequencies where
    ``nsites`` is None.

    Raises
    ------
    InputError
        If two motifs have the same identifier, white space replaced by ``_``.
    """
    parts = []
    for motif, name in zip(motifs, _identifiers(motifs), strict=True):
        counts = motif.ppm * (motif.nsites or 1.0)
        parts.append(f">{name} {_one_line(motif.alt_name)}".rstrip() + "\n")
        for base, row in zip(BASES, counts.T, strict=True):
            numbers = " ".join(f"{round(value, 8):.12g}" for value in row)
            parts.append(f"{base} [ {numbers} ]\n")
    write_text(path, "".join(parts))
