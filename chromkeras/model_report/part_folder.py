"""A part of an interpretation: a folder with the attributions of some of its rows."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.hdf5 import read_hdf5, write_hdf5
from chrominterpret.methods.base.joined import joined
from chrominterpret.methods.registry import find_method
from chrominterpret.report.attributed import Attributed
from chromkeras.errors import InputError
from chromkeras.files import filling, locked, require_file, sha256_of, write_json
from chromkeras.model_file.facts import as_int, as_list, as_number, as_table, as_text, read_json
from chromkeras.model_report.asked import Asked, Chosen
from chromkeras.model_report.attributions import Request, attribute, with_rows
from chromkeras.model_report.options import InterpretOptions
from chromkeras.model_report.patterns import contributions_of
from chromkeras.names import unknown
from chromkeras.scoring.parts import Part, parse_part

FACTS, SEARCHED = "part.json", "patterns.h5"
MOST_ROWS = 10_000_000  # numbers of chosen rows, for all targets
FORMAT = "chromkeras part of an interpretation"
_KEYS = ("format", "version", "model", "data", "options", "chosen", "part", "rows", "seconds")


@dataclass(frozen=True, eq=False)
class PartFolder:
    """A folder that `write_part` wrote.

    Attributes
    ----------
    path
        The folder.
    facts
        What was done: model, data, options, rows.
    options
        Options of the interpretation.
    chosen
        All rows that it looks at, those of other parts too.
    """

    path: Path
    facts: dict[str, Any]
    options: InterpretOptions
    chosen: Chosen

    @property
    def part(self) -> Part:
        """Which part it is."""
        return parse_part(self.facts["part"])

    def contributions(self, target: int) -> np.ndarray:
        """Return the hypothetical contributions to a target, by its place, (m, length, 4)."""
        with read_hdf5(require_file(self.path / SEARCHED, "contributions")) as file:
            if str(target) not in file:
                raise InputError(f"{self.path / SEARCHED}: expected contributions to each target")
            return np.asarray(file[str(target)][()])


def write_part(
    asked: Asked, part: Part, out: str | os.PathLike[str], data_path: str | os.PathLike[str] | None
) -> dict[str, Any]:
    """Write a part of the attributions to a folder, and return what ``part.json`` holds.

    Parameters
    ----------
    asked
        Model, data, options and rows.
    part
        Which part.
    out
        The folder; ``part.json`` says what was done, ``METHOD.h5`` holds the attributions of the
        part's rows, ``patterns.h5`` the contributions that TF-MoDISco searches.
    data_path
        File of the data set, if it has one.

    Raises
    ------
    InputError
        The model reads no DNA.
    """
    if not asked.reads_dna:
        raise InputError(
            f"`part`: expected a model that reads DNA, whose attributions take the time; "
            f"{asked.model_path} reads none"
        )
    rows = part.rows(len(asked.request.rows))
    with locked(Path(out) / FACTS), filling(out) as folder:
        seconds = {}
        if rows:
            attributed = attribute(asked.request, part)
            seconds = attributed.seconds
            for name, result in attributed.results.items():
                result.save(folder / f"{name}.h5")
        if asked.options.modisco:
            with write_hdf5(folder / SEARCHED) as file:
                found = contributions_of(asked.request, asked.chosen.searched, part)
                for place, array in enumerate(found):
                    file.create_dataset(str(place), data=array)
        facts = _facts(asked, data_path) | {
            "part": str(part),
            "rows": [rows.start, rows.stop],
            "seconds": seconds,
        }
        write_json(folder / FACTS, facts)
    return facts


def _facts(asked: Asked, data_path: str | os.PathLike[str] | None) -> dict[str, Any]:
    model, chosen = asked.opened.path, asked.chosen
    return {
        "format": FORMAT,
        "version": version("chromkeras"),
        "model": {"file": str(model.resolve()), "sha256": sha256_of(model)},
        "data": {
            "file": None if data_path is None else str(Path(data_path).resolve()),
            "fingerprint": asked.dataset.fingerprint,
        },
        "options": asdict(asked.options) | _files(asked.options),
        "chosen": {
            "attributed": chosen.attributed.tolist(),
            "searched": [rows.tolist() for rows in chosen.searched],
        },
    }


def _files(options: InterpretOptions) -> dict[str, str]:
    """Return the options that are files by their whole paths, as parts may be joined elsewhere."""
    given = {"motifs": options.motifs, "targets": options.targets}
    return {k: str(Path(v).resolve()) for k, v in given.items() if v and Path(v).is_file()}


def open_part(path: str | os.PathLike[str]) -> PartFolder:
    """Open a folder that `write_part` wrote, for what stands in ``part.json``.

    Raises
    ------
    InputError
        It is none, or damaged.
    """
    folder = Path(path)
    if not (folder / FACTS).is_file():
        raise InputError(f"{folder}: expected a part of an interpretation, with {FACTS} in it")
    try:
        facts = as_table(
            read_json((folder / FACTS).read_bytes(), FACTS, most=MOST_ROWS), FACTS, needed=_KEYS
        )
        parse_part(as_text(facts["part"], "part"))
        for row in as_list(facts["rows"], "rows", least=2, most=2):
            as_int(row, "rows")
        for seconds in as_table(facts["seconds"], "seconds").values():
            as_number(seconds, "seconds")
        for key, inner in (("model", "sha256"), ("data", "fingerprint")):
            table = as_table(facts[key], key, needed=("file", inner))
            as_text(table[inner], inner)
        as_text(facts["model"]["file"], "model")
        if facts["data"]["file"] is not None:
            as_text(facts["data"]["file"], "data")
        return PartFolder(folder, facts, _options(facts["options"]), _chosen(facts["chosen"]))
    except (InputError, TypeError) as error:
        raise InputError(f"{folder / FACTS}: expected what chromkeras wrote: {error}") from error


def _options(values: Any) -> InterpretOptions:
    known = [field.name for field in fields(InterpretOptions)]
    for name in as_table(values, "options", needed=known):
        if name not in known:
            raise unknown("option", name, known)
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return InterpretOptions(**given)


def _chosen(values: Any) -> Chosen:
    table = as_table(values, "chosen", needed=("attributed", "searched"))
    searched = as_list(table["searched"], "searched")
    return Chosen(_rows(table["attributed"]), tuple(_rows(rows) for rows in searched))


def _rows(values: Any) -> np.ndarray:
    return np.array([as_int(row, "chosen") for row in as_list(values, "chosen")], np.int64)


def joined_attributions(request: Request, parts: Sequence[PartFolder]) -> Attributed:
    """Return the attributions of all rows from those of the parts, in order.

    Raises
    ------
    InputError
        A file of a part is missing, damaged or of other rows than its ``part.json`` says.
    """
    some = [part for part in parts if part.part.rows(len(request.rows))]
    results = {
        name: joined(find_method(name)(), [_attribution(part, name, request) for part in some])
        for name in request.methods
    }
    seconds = {
        name: sum(float(part.facts["seconds"].get(name, 0)) for part in some) for name in results
    }
    return with_rows(request, results, seconds)


def _attribution(part: PartFolder, method: str, request: Request) -> Attribution:
    path = require_file(part.path / f"{method}.h5", "attributions")
    found = Attribution.load(path)
    rows = len(part.part.rows(len(request.rows)))
    shape = (len(request.targets), rows, *request.dataset.one_hot(request.rows[:1]).shape[1:])
    if found.attributions.shape != shape:
        raise InputError(
            f"{path}: expected attributions {shape}, received {found.attributions.shape}"
        )
    return found


def joined_contributions(
    chosen: Chosen, length: int, parts: Sequence[PartFolder]
) -> Iterator[np.ndarray]:
    """Yield the contributions that TF-MoDISco searches for each target, (m, length, 4).

    Raises
    ------
    InputError
        A file of a part is missing, damaged or of other rows.
    """
    for target, rows in enumerate(chosen.searched):
        found = np.concatenate([part.contributions(target) for part in parts])
        if found.shape != (len(rows), length, 4):
            raise InputError(
                f"{parts[0].path / SEARCHED} and the other parts: expected contributions "
                f"{(len(rows), length, 4)}, received {found.shape}"
            )
        yield found
