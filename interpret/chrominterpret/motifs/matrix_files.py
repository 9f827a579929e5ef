"""Motif files of HOMER, Cluster-Buster, HOCOMOCO, TRANSFAC and CIS-BP, strictly.

All have a row of four numbers (A C G T) for each position. What each says besides, such as
thresholds, gaps, families and sites, is left out.
"""

import re
from typing import Final

import numpy as np

from chrominterpret.motifs.motif_lines import (
    ROUNDING,
    Duplicates,
    Lines,
    Names,
    PathLike,
    is_comment,
    motif_from_columns,
)
from chrominterpret.motifs.pwm import Motif

_HEADER: Final = ["A", "C", "G", "T"]


def read_columns(path: PathLike, *, duplicates: Duplicates = "error") -> list[Motif]:
    """Read motifs of ``>identifier`` and a row of four numbers for each position.

    That is Cluster-Buster's format and HOCOMOCO's for single matrices: counts (``.pcm``),
    frequencies (``.pfm``) or weights (``.pwm``), which are log(p / 0.25) to base 2 or e.

    Parameters
    ----------
    path : path
        File.
    duplicates : "error" or "rename"
        Treatment of an identifier that occurred before.

    Raises
    ------
    InputError
        With file and line, if the file is malformed.

    Notes
    -----
    Frith, Li and Weng 2003 (doi:10.1093/nar/gkg540); Vorontsov et al. 2024
    (doi:10.1093/nar/gkad1077).
    """
    lines, names = Lines(path), Names(duplicates)
    motifs = []
    for line in lines.remaining():
        if line.startswith(">"):
            started, words = lines.at, line[1:].split()
            name = names.take(_named(lines, words), lines, started)
            rows = _rows(lines, signed=True)
            motifs.append(_from_rows(lines, started, name, " ".join(words[1:]), rows))
        elif not is_comment(line):
            raise lines.error(f"expected '>identifier'; received {line[:60]!r}")
    return _some(lines, motifs)


def read_homer(path: PathLike, *, duplicates: Duplicates = "error") -> list[Motif]:
    """Read motifs in HOMER's format: ``>consensus``, name and threshold, parted by tabs; rows.

    The name becomes the identifier, up to ``,BestGuess``, and the consensus the second name.

    Parameters
    ----------
    path, duplicates
        As for `read_columns`.

    Raises
    ------
    InputError
        With file and line, if the file is malformed.

    Notes
    -----
    http://homer.ucsd.edu/homer/motif/creatingCustomMotifs.html
    """
    lines, names = Lines(path), Names(duplicates)
    motifs = []
    for line in lines.remaining():
        if line.startswith(">"):
            motifs.append(_homer_motif(lines, line, names))
        elif not is_comment(line):
            raise lines.error(f"expected '>consensus', a tab and a name; received {line[:60]!r}")
    return _some(lines, motifs)


def is_homer(line: str) -> bool:
    """Return whether a line begins a motif of HOMER: consensus, name and threshold."""
    return re.match(r">[ACGTRYSWKMBDHVN]+\t[^\t]*\t", line, flags=re.IGNORECASE) is not None


def _homer_motif(lines: Lines, line: str, names: Names) -> Motif:
    started, (consensus, *fields) = lines.at, line[1:].split("\t")
    if len(fields) < 2:
        raise lines.error("expected '>consensus', name and threshold, parted by tabs")
    lines.numbers([fields[1]], signed=True)
    own = fields[0].partition(",BestGuess")[0].strip() or consensus.strip()
    name = names.take(_named(lines, [own] if own else []), lines, started)
    return motif_from_columns(lines, started, name, consensus.strip(), _rows(lines))


def read_transfac(path: PathLike, *, duplicates: Duplicates = "error") -> list[Motif]:
    """Read motifs in TRANSFAC's format: fields of two letters, ``P0 A C G T``, rows, ``//``.

    The accession (AC) is the identifier, where there is none the ID or the name (NA); the first of
    the others is the second name.

    Parameters
    ----------
    path, duplicates
        As for `read_columns`.

    Raises
    ------
    InputError
        With file and line, if the file is malformed.
    """
    lines, names = Lines(path), Names(duplicates)
    motifs: list[Motif] = []
    fields: dict[str, str] = {}
    matrix: list[list[float]] | None = None
    started = 0
    for line in lines.remaining():
        if line == "//":
            if matrix is not None:
                motifs.append(_titled(lines, started, names, ("AC", "ID", "NA"), fields, matrix))
            fields, matrix = {}, None
        elif line.split()[:1] in (["P0"], ["PO"]):
            if matrix is not None:
                raise lines.error("expected '//' between two matrices")
            _check_header(lines, line.split()[1:])
            started, matrix = lines.at, _numbered_rows(lines)
        elif re.match(r"[A-Z]{2}\s", line):
            fields.setdefault(line[:2], line[2:].strip())
        elif line and line != "XX" and not re.fullmatch(r"[A-Z]{2}", line):
            raise lines.error(f"expected a field of two letters; received {line[:60]!r}")
    if matrix is not None:
        motifs.append(_titled(lines, started, names, ("AC", "ID", "NA"), fields, matrix))
    return _some(lines, motifs)


def read_cisbp(path: PathLike, *, duplicates: Duplicates = "error") -> list[Motif]:
    """Read motifs of CIS-BP: fields parted by tabs, ``Pos A C G T`` and numbered rows.

    The motif's identifier (``Motif``) names it, in files of one bare matrix the file; the second
    name is ``TF Name``.

    Parameters
    ----------
    path, duplicates
        As for `read_columns`.

    Raises
    ------
    InputError
        With file and line, if the file is malformed, or a matrix has no rows, as those of CIS-BP
        have that may not be given away.

    Notes
    -----
    Weirauch et al. 2014 (doi:10.1016/j.cell.2014.08.009).
    """
    lines, names = Lines(path), Names(duplicates)
    motifs: list[Motif] = []
    fields: dict[str, str] = {}
    for line in lines.remaining():
        key, _, value = line.partition("\t")
        if line.split()[:1] == ["Pos"]:
            _check_header(lines, line.split()[1:])
            started, rows = lines.at, _numbered_rows(lines)
            fields.setdefault("Motif", lines.path.stem)
            motifs.append(_titled(lines, started, names, ("Motif", "TF Name"), fields, rows))
            fields = {}
        elif line and not value:
            raise lines.error(f"expected a field and its value; received {line[:60]!r}")
        elif line:
            fields[key.strip()] = value.strip()
    if fields:
        raise lines.error("expected 'Pos A C G T' and rows; received the end of the file")
    return _some(lines, motifs)


def _rows(lines: Lines, *, signed: bool = False) -> list[list[float]]:
    """Read rows of four numbers, comments left out, up to the next ``>`` or the end."""
    started = lines.at
    rows: list[list[float]] = []
    while lines.at + 1 < len(lines.lines) and not lines.lines[lines.at + 1].startswith(">"):
        lines.at += 1
        line = lines.lines[lines.at]
        if not is_comment(line):
            rows.append(_four(lines, line.split(), signed=signed))
    if not rows:
        raise lines.error("expected rows of four numbers; received none", line=started)
    return rows


def _numbered_rows(lines: Lines) -> list[list[float]]:
    """Read rows of a position, four numbers and maybe a letter, while there are such."""
    started = lines.at
    rows: list[list[float]] = []
    while lines.at + 1 < len(lines.lines) and lines.lines[lines.at + 1][:1].isdigit():
        lines.at += 1
        position, *words = lines.lines[lines.at].split()
        if position.lstrip("0") != str(len(rows) + 1):
            raise lines.error(f"expected position {len(rows) + 1}; received {position!r}")
        if len(words) == 5 and words[4].isalpha():
            words.pop()
        rows.append(_four(lines, words))
    if not rows:
        raise lines.error("expected rows of four numbers; received none", line=started)
    return rows


def _four(lines: Lines, words: list[str], *, signed: bool = False) -> list[float]:
    values = lines.numbers(words, signed=signed)
    if len(values) != 4:
        raise lines.error(f"expected four numbers (A C G T); received {' '.join(words)!r}")
    return values


def _from_rows(
    lines: Lines, started: int, name: str, alt_name: str, rows: list[list[float]]
) -> Motif:
    values = np.array(rows)
    if (values >= 0).all():
        return motif_from_columns(lines, started, name, alt_name, values)
    for base in (np.e, 2.0):
        p = 0.25 * base**values
        if (np.abs(p.sum(1) - 1) <= ROUNDING).all():
            return Motif(name, p / p.sum(1, keepdims=True), alt_name=alt_name)
    raise lines.error(
        f"motif {name!r} has negative numbers that are no weights log(p / 0.25)", line=started
    )


def _titled(
    lines: Lines,
    started: int,
    names: Names,
    keys: tuple[str, ...],
    fields: dict[str, str],
    rows: list[list[float]],
) -> Motif:
    """Return the motif of a matrix, named by the fields of the keys in their order."""
    titles = list(dict.fromkeys(fields[key] for key in keys if fields.get(key)))
    if not titles:
        raise lines.error(f"expected one of {', '.join(keys)} before the matrix", line=started)
    name = names.take(titles[0], lines, started)
    return motif_from_columns(lines, started, name, (titles[1:] or [""])[0], rows)


def _check_header(lines: Lines, words: list[str]) -> None:
    if words[:4] != _HEADER:
        raise lines.error(f"expected the columns A C G T; received {' '.join(words)!r}")


def _named(lines: Lines, words: list[str]) -> str:
    if not words:
        raise lines.error("expected '>identifier'; received no identifier")
    return words[0]


def _some(lines: Lines, motifs: list[Motif]) -> list[Motif]:
    if not motifs:
        raise lines.error("expected at least one motif; received none", line=0)
    return motifs


def stands_by_position(lines: Lines) -> bool:
    """Return whether the matrices behind ``>`` have a row a position, and not a row a base.

    A matrix of other than four rows tells; where all have four rows of four numbers, the sums do:
    a position's numbers have the same sum in each.

    Raises
    ------
    InputError
        If nothing tells.
    """
    blocks = _blocks(lines)
    if any(not re.match(r"[-+.\d]", row[0]) for _, block in blocks for row in block):
        return False  # rows with their letter, or in brackets
    shapes = {(len(block), *{len(row) for row in block}) for _, block in blocks}
    by_position = any(len(shape) == 2 and shape[0] != 4 and shape[1] == 4 for shape in shapes)
    by_base = any(shape[0] == 4 and shape[1:] != (4,) for shape in shapes)
    if by_position != by_base:
        return by_position
    if by_base or not blocks:  # malformed either way: the reader says where
        return False
    along = [_spread(block) for _, block in blocks]
    position, base = (max(spread[axis] for spread in along) for axis in (0, 1))
    if (position <= ROUNDING) == (base <= ROUNDING):
        raise lines.error(
            "expected matrices whose rows are told from their columns, received only four by four; "
            "name the format by format='jaspar' (a row a base) or 'columns' (a row a position)",
            line=blocks[0][0],
        )
    return position <= ROUNDING


def _blocks(lines: Lines) -> list[tuple[int, list[list[str]]]]:
    """Return the line of each ``>`` and the words of the rows below it."""
    blocks: list[tuple[int, list[list[str]]]] = []
    for place, line in enumerate(lines.lines):
        if line.startswith(">"):
            blocks.append((place, []))
        elif blocks and not is_comment(line):
            blocks[-1][1].append(line.split())
    return blocks


def _spread(block: list[list[str]]) -> tuple[float, float]:
    """Return by how much the sums of rows differ, and those of columns, relative to the largest."""
    try:
        values = np.array(block, dtype=np.float64)
    except ValueError:
        return np.inf, np.inf
    of_weights = [np.exp(values), np.exp2(values)] if (values < 0).any() else [values]
    spreads = [
        [float(np.ptp(s) / max(s.max(), 1e-12)) for s in (each.sum(1), each.sum(0))]
        for each in of_weights
    ]
    rows, columns = (min(each) for each in zip(*spreads, strict=True))
    return rows, columns
