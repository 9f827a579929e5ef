"""Motif files: any is recognised and read; MEME version 4 and JASPAR counts are written.

What is repaired, and nothing else:

- rows whose probabilities were rounded (sum within 0.02 of 1) are divided by their sum;
- a MEME matrix without ``w=`` is as wide as it has rows, one without ``nsites=`` has None;
- with ``duplicates="rename"``, a name seen before gets ``_2``, ``_3``, … appended;
- on writing, white space inside an identifier becomes ``_`` (identifiers are one word in both
  formats). The alternate name may have several words and is kept, runs of white space as one blank.

Everything else that is not in the format is an InputError with the file and the line.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from chrominterpret.errors import InputError
from chrominterpret.files import write_text
from chrominterpret.motifs.matrix_files import (
    is_homer,
    read_cisbp,
    read_columns,
    read_homer,
    read_transfac,
    stands_by_position,
)
from chrominterpret.motifs.motif_lines import (
    ROUNDING,
    Duplicates,
    Lines,
    Names,
    PathLike,
    is_comment,
    motif_from_columns,
)
from chrominterpret.motifs.pwm import Floats, Motif
from chrominterpret.sequences import BASES

_MEME_HEAD: Final = (
    "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"
    "Background letter frequencies\nA 0.25 C 0.25 G 0.25 T 0.25\n"
)


FORMATS: Final[tuple[str, ...]] = ("meme", "jaspar", "columns", "homer", "transfac", "cisbp")
"""Formats that `read_motifs` knows; "columns" is that of Cluster-Buster and of HOCOMOCO."""


def read_motifs(
    path: PathLike, *, format: str | None = None, duplicates: Duplicates = "error"
) -> list[Motif]:
    r"""Read a motif file of any of the usual formats.

    Parameters
    ----------
    path : path
        File in the format of MEME (also what the programs MEME, STREME and DREME write), JASPAR,
        Cluster-Buster, HOCOMOCO (.pcm, .pfm, .pwm), HOMER, TRANSFAC or CIS-BP; UTF-8.
    format : str or None
        Format, one of `FORMATS`, or None to have it recognised.
    duplicates : "error" or "rename"
        Treatment of an identifier that occurred before.

    Raises
    ------
    InputError
        With file and line, if the file is in none of the formats, or is malformed; see the
        functions of the formats, such as `read_meme`.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "two.homer"
    >>> _ = file.write_text(">TGA\tAP-1\t5.2\n.1 .1 .1 .7\n.1 .1 .7 .1\n.7 .1 .1 .1\n")
    >>> [(motif.name, motif.alt_name, len(motif)) for motif in read_motifs(file)]
    [('AP-1', 'TGA', 3)]
    """
    readers = {
        "meme": read_meme,
        "jaspar": read_jaspar,
        "columns": read_columns,
        "homer": read_homer,
        "transfac": read_transfac,
        "cisbp": read_cisbp,
    }
    if format is not None and format not in FORMATS:
        raise InputError(f"expected format= of {FORMATS} or None; received {format!r}")
    return readers[format or _recognised(Lines(path))](path, duplicates=duplicates)


def _recognised(lines: Lines) -> str:
    """Return the format of a file, by its first line and, behind ``>``, by its matrices."""
    first = lines.first()
    if first.startswith(">"):
        if is_homer(first):
            return "homer"
        return "columns" if stands_by_position(lines) else "jaspar"
    if first.startswith(("MEME version", "****")):
        return "meme"
    if re.match(r"(VV|XX|AC|ID|NA|DE|BF|TY|P0|PO)\b", first):
        return "transfac"
    if re.match(r"(TF|TF Name|Gene|Motif|Family|Species)\t|Pos\s+A\s", first):
        return "cisbp"
    raise lines.error(
        "expected 'MEME version 4', a '>' line of JASPAR, HOMER, Cluster-Buster or HOCOMOCO, "
        f"TRANSFAC or CIS-BP; received {first[:60]!r}"
    )


def read_meme(path: PathLike, *, duplicates: Duplicates = "error") -> list[Motif]:
    """Read motifs in MEME's format, version 4 or later: minimal, or what its programs write.

    Of the reports of MEME, STREME and DREME the probability matrices are read.

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
    lines, names = Lines(path), Names(duplicates)
    is_report = _read_meme_version(lines)
    motifs: list[Motif] = []
    pending: tuple[str, str, int] | None = None
    for line in lines.remaining():
        if line.startswith("ALPHABET"):
            _read_alphabet(lines, line)
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
        elif _is_numeric(line) and not is_report:
            raise lines.error(f"a row of numbers outside a matrix: {line!r}")
    _check_has_matrix(lines, pending)
    return motifs


def _read_meme_version(lines: Lines) -> bool:
    """Go behind the version; return whether the file is a program's report and not minimal."""
    title = re.compile(r"\*+|(MEME|STREME|DREME) - .*")
    before = [line for line in lines.remaining() if not is_comment(line)]
    lines.at = 0
    place = next((i for i, line in enumerate(before) if not title.fullmatch(line)), 0)
    first = before[place] if before else ""
    while lines.peek() is not None and lines.peek() != first:
        lines.at += 1
    match = re.match(r"MEME version (\d+)", first)
    if match is None or int(match[1]) < 4:
        raise lines.error(f"expected 'MEME version 4' or later; received {first[:60]!r}")
    lines.at += 1
    return place > 0


def _read_alphabet(lines: Lines, line: str) -> None:
    """Check that the letters are A, C, G, T, in one line or a block of definitions."""
    started, letters = lines.at, []
    if re.fullmatch(r"ALPHABET\s*=\s*ACGT", line):
        return
    if not re.fullmatch(r'ALPHABET(\s+"[^"]*")?(\s+\S+-LIKE)?', line):
        raise lines.error(f"expected 'ALPHABET= ACGT' or 'ALPHABET \"DNA\"'; received {line!r}")
    while (own := lines.peek()) is not None and own != "END ALPHABET":
        lines.at += 1
        without_names = re.sub(r'"[^"]*"', "", own)
        if lines.at - 1 > started and "=" not in without_names:
            letters += [part.split()[0] for part in without_names.split("~") if part.split()]
    if lines.peek() is None:
        raise lines.error("an ALPHABET without END ALPHABET", line=started)
    if sorted(letters) != list(BASES):
        raise lines.error(f"expected the letters A C G T; received {letters}", line=started)


def _check_has_matrix(lines: Lines, pending: tuple[str, str, int] | None) -> None:
    if pending is not None:
        raise lines.error(f"motif {pending[0]!r} has no matrix", line=pending[2])


def _read_meme_name(lines: Lines, line: str, names: Names) -> tuple[str, str, int]:
    words = re.sub(r"\s+width\s*=.*", "", line).split()[1:]
    if not words:
        raise lines.error("expected 'MOTIF identifier [alternate name]'; received no identifier")
    return names.take(words[0], lines, lines.at), " ".join(words[1:]), lines.at


def _read_meme_matrix(lines: Lines, line: str, pending: tuple[str, str, int]) -> Motif:
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


def _read_options(lines: Lines, line: str) -> dict[str, float]:
    found = re.findall(r"\b(alength|w|nsites)\s*=\s*(\S*)", line)
    return {key: lines.numbers([value])[0] for key, value in found}


def _is_numeric(line: str) -> bool:
    return re.match(r"[-+.]?\d|[-+]?\.\d|[-+]?(nan|inf)\b", line, flags=re.IGNORECASE) is not None


def _skip_numbers(lines: Lines) -> None:
    while lines.at + 1 < len(lines.lines) and _is_numeric(lines.lines[lines.at + 1]):
        lines.at += 1


def _read_row(lines: Lines, row: str) -> Floats:
    values = np.array(lines.numbers(row.split()))
    if len(values) != 4:
        raise lines.error(f"expected four probabilities (A C G T); received {row!r}")
    total = values.sum()
    if abs(total - 1) > ROUNDING:
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
    lines, names = Lines(path), Names(duplicates)
    motifs = []
    for line in lines.remaining():
        if line.startswith(">"):
            motifs.append(_read_jaspar_motif(lines, line, names))
        elif line:
            raise lines.error(f"expected '>identifier name'; received {line[:60]!r}")
    if not motifs:
        raise lines.error("expected '>identifier name'; received no motif", line=0)
    return motifs


def _read_jaspar_motif(lines: Lines, line: str, names: Names) -> Motif:
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
    columns = np.array([rows[base] for base in BASES]).T
    return motif_from_columns(lines, started, name, " ".join(words[1:]), columns)


def _read_counts(lines: Lines, row: str, rows: dict[str, list[float]]) -> None:
    match = re.fullmatch(r"([A-Za-z]?)\s*\[?([^\[\]]*)\]?", row)
    if match is None or not match[2].split():
        raise lines.error(f"expected a row such as 'A [ 1 2 3 ]'; received {row[:60]!r}")
    base = match[1].upper() or BASES[len(rows)]
    if base not in BASES or base in rows:
        raise lines.error(f"expected one row each for A, C, G, T; received {row[:60]!r}")
    rows[base] = lines.numbers(match[2].split())


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
