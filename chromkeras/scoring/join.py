"""Parts of a long run put together."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from chromkeras.errors import InputError
from chromkeras.progress import progress
from chromkeras.scoring.parts import parse_part
from chromkeras.scoring.tables import (
    FORMATS,
    TEXT,
    ScoreFile,
    one_of,
    open_scores,
    suffix_of,
    whole_facts,
    written_text,
)

# What parts of one run do not have in common.
_OWN = ("part", "rows")


@dataclass(frozen=True)
class Joined:
    """What was put together.

    Attributes
    ----------
    out
        Files: one, but for formats that have one for each column.
    parts
        The parts, in order.
    rows
        Number of rows.
    """

    out: tuple[Path, ...]
    parts: tuple[Path, ...]
    rows: int


def join(parts: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]) -> Joined:
    r"""Put the parts of a run together, as if it had not been divided.

    Parameters
    ----------
    parts
        Files that ``predict`` or another command wrote with ``part``, in any order.
    out
        File to write. Parts of .tsv and .tsv.gz give either; parts of .h5 give any format.

    Returns
    -------
    Joined
        The file, the parts in order and the number of rows.

    Raises
    ------
    InputError
        A part is missing, given twice, or of other models, data or options; nothing is written
        then.

    Examples
    --------
    >>> import tempfile, chromkeras
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "two.fa").write_text(">a\nACGT\n>b\nTTTT\n")
    >>> made = [folder / f"{k}.tsv" for k in (1, 2)]
    >>> for number, path in enumerate(made, 1):
    ...     _ = chromkeras.predict("worm_hard", fasta=folder / "two.fa", out=path,
    ...                            part=f"{number}/2")
    >>> chromkeras.join(made, folder / "all.tsv").rows
    2
    """
    target = Path(out)
    files = ordered([open_scores(path) for path in parts])
    suffix = suffix_of(target)
    text = [file for file in files if file.path.suffix != ".h5"]
    if text and (suffix not in TEXT or len(text) < len(files)):
        raise InputError(
            f"expected parts of one format, all .h5 for {suffix}; received {text[0].path.name}; "
            f"parts of text can become {one_of(TEXT)}"
        )
    facts = whole_facts(files[0].facts, files[-1].facts)
    rows = sum(file.rows for file in files)
    layout = files[0].layout
    written: tuple[Path, ...] = (target,)
    with progress("joining") as report:
        if text:
            with written_text(target, layout, facts) as file:
                for done, each in enumerate(files, 1):
                    file.writelines(each.lines())
                    report(done, len(files))
        else:
            written = FORMATS[suffix](target, layout, lambda: _pieces(files), facts)
    return Joined(written, tuple(file.path for file in files), rows)


def ordered(files: Sequence[ScoreFile]) -> list[ScoreFile]:
    """Return the parts of one run in order.

    Raises
    ------
    InputError
        They are no parts of one run, or not all of them.
    """
    if not files:
        raise InputError("expected parts to join, received none")
    first = files[0]
    found: dict[int, ScoreFile] = {}
    for file in files:
        _check_alike(file, first)
        part = parse_part(str(file.facts.get("part", "1/1")))
        if part.count != parse_part(str(first.facts.get("part", "1/1"))).count:
            raise InputError(
                f"expected parts of one division; {file.path} is part {part}, {first.path} is part "
                f"{first.facts.get('part')}"
            )
        if part.number in found:
            other = found[part.number].path
            raise InputError(f"part {part} is given twice: {other} and {file.path}")
        found[part.number] = file
    missing = [str(k) for k in range(1, part.count + 1) if k not in found]
    if missing:
        raise InputError(
            f"expected all {part.count} parts, received {len(found)}; missing: "
            f"{', '.join(missing[:10])}{', …' if len(missing) > 10 else ''}"
        )
    parts = [found[k] for k in sorted(found)]
    for before, after in pairwise(parts):
        if before.facts["rows"][1] != after.facts["rows"][0]:
            raise InputError(f"{after.path} and {before.path} do not follow each other")
    return parts


def _check_alike(file: ScoreFile, first: ScoreFile) -> None:
    own, other = (
        {k: v for k, v in each.facts.items() if k not in _OWN} | {"layout": each.layout.to_json()}
        for each in (file, first)
    )
    for key in dict.fromkeys([*own, *other]):
        if own.get(key) != other.get(key):
            raise InputError(
                f"expected parts of one run; {file.path} has other {key} than {first.path}"
            )


def _pieces(files: Sequence[ScoreFile]) -> Iterator[dict[str, np.ndarray]]:
    for file in files:
        yield from file.pieces()
