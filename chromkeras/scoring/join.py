"""Files of scores of the parts of a run put together."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chromkeras.errors import InputError
from chromkeras.files import locked, replacing, write_json
from chromkeras.progress import progress
from chromkeras.scoring.layout import Layout
from chromkeras.scoring.parts import in_order
from chromkeras.scoring.q_values import q_values
from chromkeras.scoring.tables import (
    FORMATS,
    TEXT,
    ScoreFile,
    facts_path,
    one_of,
    open_scores,
    suffix_of,
    whole_facts,
    written_text,
)
from chromkeras.scoring.vcf import join_vcf

VCF = ".vcf.gz"
# Tables that may lie beside a part, by what is added to its name.
BESIDE = (".rejected.tsv",)


@dataclass(frozen=True)
class Joined:
    """What was put together.

    Attributes
    ----------
    out
        Files: one, but for formats that have one for each column; of an interpretation its folder.
    parts
        The parts, in order.
    rows
        Number of rows.
    """

    out: tuple[Path, ...]
    parts: tuple[Path, ...]
    rows: int


def join_scores(parts: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]) -> Joined:
    """Put the files of parts together; see ``chromkeras.join``."""
    target = Path(out)
    files = _ordered([open_scores(path) for path in parts])
    suffix = suffix_of(target, (*FORMATS, VCF))
    text = [file for file in files if file.path.suffix != ".h5"]
    _check_formats(files, text, suffix)
    facts = whole_facts(files[0].facts, files[-1].facts)
    rows = sum(file.rows for file in files)
    layout = files[0].layout
    written: tuple[Path, ...] = (target,)
    with locked(target), progress("joining") as report:
        if suffix == VCF:
            join_vcf([file.path for file in files], target, layout)
            write_json(facts_path(target), {**facts, "layout": layout.to_json()})
        elif text:
            q = _whole_q(files, _text_p)
            with written_text(target, layout, facts) as file:
                row = 0
                for done, each in enumerate(files, 1):
                    for line in each.lines():
                        file.write(line if q is None else _with_q(line, layout, q[row]))
                        row += 1
                    report(done, len(files))
        else:
            q = _whole_q(files, _h5_p)
            written = FORMATS[suffix](target, layout, lambda: _pieces(files, q), facts)
        written += _join_beside(files, target)
    return Joined(written, tuple(file.path for file in files), rows)


def _ordered(files: Sequence[ScoreFile]) -> list[ScoreFile]:
    facts = [(file.path, file.facts | {"layout": file.layout.to_json()}) for file in files]
    return [files[place] for place in in_order(facts)]


def _check_formats(files: Sequence[ScoreFile], text: Sequence[ScoreFile], suffix: str) -> None:
    """Raise ``InputError`` unless parts are of one format, which can become the wanted one."""
    vcf = [file for file in files if file.path.name.endswith(VCF)]
    if len(vcf) not in (0, len(files)) or bool(vcf) != (suffix == VCF):
        raise InputError(
            f"expected parts of one format, all {VCF} for {VCF} and none of them for another; "
            f"received {files[0].path.name} for {suffix}"
        )
    if text and not vcf and (suffix not in TEXT or len(text) < len(files)):
        raise InputError(
            f"expected parts of one format, all .h5 for {suffix}; received {text[0].path.name}; "
            f"parts of text can become {one_of(TEXT)}"
        )


def _whole_q(
    files: Sequence[ScoreFile], read: Callable[[ScoreFile], Iterator[np.ndarray]]
) -> np.ndarray | None:
    """Return q of all rows, (n, K), where there are p and q: those of a part are not all."""
    if len(files) == 1 or not {"p", "q"} <= set(files[0].layout.matrices):
        return None
    width = len(files[0].layout.matrices["p"])
    p = [np.zeros((0, width)), *(each for file in files for each in read(file))]
    return q_values(np.concatenate(p))


def _h5_p(file: ScoreFile) -> Iterator[np.ndarray]:
    for piece in file.pieces():
        yield piece["p"]


def _text_p(file: ScoreFile) -> Iterator[np.ndarray]:
    places = [file.layout.headings.index(heading) for heading in file.layout.matrices["p"]]
    for line in file.lines():
        cells = line.rstrip(b"\n").split(b"\t")
        yield np.array([[float(cells[place] or b"nan") for place in places]])


def _with_q(line: bytes, layout: Layout, q: np.ndarray) -> bytes:
    cells = line.rstrip(b"\n").split(b"\t")
    for heading, value in zip(layout.matrices["q"], q.tolist(), strict=True):
        text = b"" if value != value else b"%.6g" % value
        cells[layout.headings.index(heading)] = text
    return b"\t".join(cells) + b"\n"


def _join_beside(files: Sequence[ScoreFile], target: Path) -> tuple[Path, ...]:
    """Put together the tables that lie beside the parts, such as of what was rejected."""
    written = []
    for ending in BESIDE:
        tables = [file.path.with_name(file.path.name + ending) for file in files]
        if not all(table.is_file() for table in tables):
            continue
        written.append(target.with_name(target.name + ending))
        with replacing(written[-1]) as beside, beside.open("wb") as out:
            for place, table in enumerate(tables):
                with table.open("rb") as lines:
                    heading = next(lines, b"")
                    out.write(heading if place == 0 else b"")
                    out.writelines(lines)
    return tuple(written)


def _pieces(
    files: Sequence[ScoreFile], q: np.ndarray | None = None
) -> Iterator[dict[str, np.ndarray]]:
    row = 0
    for file in files:
        for piece in file.pieces():
            if q is not None:
                piece["q"] = q[row : row + len(piece["q"])]
                row += len(piece["q"])
            yield piece
