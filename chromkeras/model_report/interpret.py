"""Interpretation of a model: the tables, pictures and page of `chromkeras interpret`."""

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.report.attributed import Attributed
from chrominterpret.report.filter_reading import FilterReading, write_filters
from chrominterpret.report.pattern_reading import PatternReading, write_patterns
from chrominterpret.report.summary_sections import versions
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.files import filling, locked, write_json
from chromkeras.model_file.foreign import has_card
from chromkeras.model_report.any_model import interpret_any
from chromkeras.model_report.asked import Asked, ask
from chromkeras.model_report.attributions import attribute, write_rows
from chromkeras.model_report.filters import interpret_filters
from chromkeras.model_report.options import InterpretOptions
from chromkeras.model_report.other_inputs import interpret_inputs, write_inputs
from chromkeras.model_report.part_folder import write_part
from chromkeras.model_report.patterns import contributions_of, find_patterns
from chromkeras.model_report.report import Findings, write_report
from chromkeras.model_report.row_names import has_places, places_of
from chromkeras.model_report.scores import score_all
from chromkeras.model_report.truth import write_truth_table
from chromkeras.scoring.parts import parse_part
from chromkeras.tables import plain

DEFAULT = InterpretOptions()
SUMMARY = "summary.json"


def interpret(
    model_path: str | os.PathLike[str],
    dataset: Dataset | str | os.PathLike[str],
    out: str | os.PathLike[str],
    options: InterpretOptions = DEFAULT,
    *,
    part: str = "1/1",
    data_path: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """Write attributions, filters and their matches of a model to a folder.

    Parameters
    ----------
    model_path
        A .keras file of ours, of an ensemble one of its members; or any Keras file, which is
        explained on sequences alone (`chromkeras.model_report.any_model.interpret_any`).
    dataset
        With all tasks of the model; or the path of a FASTA file.
    out
        The folder; made when missing. Its files appear together at the end.
    options
        What and how.
    part
        Part K/N of the rows, for an array of jobs: only their attributions are written, and
        ``chromkeras.join`` makes the rest of the parts' folders.
    data_path
        File of the data set, where ``chromkeras.join`` is to find it.

    Returns
    -------
    dict
        What ``summary.json`` holds; of a part, what its ``part.json`` does.

    Raises
    ------
    InputError
        Model, tasks or lengths do not fit, or an option is wrong; then nothing has been written.
        Parts are of a model with a run card, which reads DNA, on a data set.
    """
    own = parse_part(part)
    if isinstance(dataset, str | os.PathLike) or not has_card(model_path):
        if own.count > 1:
            raise InputError(
                f"`part`: expected a model with a run card and a data set; of {model_path} on "
                f"sequences alone there are no parts"
            )
        return interpret_any(model_path, dataset, out, options)
    asked = ask(model_path, dataset, options)
    if own.count > 1:
        return write_part(asked, own, out, data_path)
    return write_interpretation(asked, out)


@dataclass(frozen=True, eq=False)
class Ready:
    """What takes the time of an interpretation, made already.

    Attributes
    ----------
    attributed
        Attributions of the chosen rows.
    contributions
        Hypothetical contributions that TF-MoDISco searches, (m, length, 4) for each target.
    """

    attributed: Attributed
    contributions: Iterable[np.ndarray]


def write_interpretation(
    asked: Asked, out: str | os.PathLike[str], ready: Ready | None = None
) -> dict[str, Any]:
    """Write what was asked for to a folder, and return what ``summary.json`` holds.

    Parameters
    ----------
    asked
        Model, data, options and rows.
    out
        The folder.
    ready
        Attributions; None makes them.
    """
    options, data = asked.options, asked.request.dataset
    with locked(Path(out) / SUMMARY), filling(out) as folder:
        read = _read_dna(asked, folder, ready) if asked.reads_dna else DnaFindings()
        write_rows(asked.request, folder / "sequences.tsv")
        inputs = interpret_inputs(
            asked.request,
            data.rows(options.split),
            level=options.level,
            level_rows=asked.level_rows,
            most=options.pairs,
            known=asked.known,
        )
        write_inputs(inputs, folder)
        summary = _summary(asked) | read.facts()
        if found := inputs.facts():
            summary["inputs"] = found
        scores = None
        if options.truth and read.attributed is not None and read.filters is not None:
            scores = score_all(asked.request, read.attributed, read.filters, read.patterns)
            write_truth_table([*scores.positions, *scores.motifs], folder / "truth.tsv")
        findings = Findings(
            Path(asked.model_path).name,
            asked.opened.card.plan,
            data.tasks,
            read.attributed,
            read.filters,
            inputs,
            read.patterns,
            scores,
            summary,
        )
        write_report(folder / "report.html", findings)
        write_json(folder / SUMMARY, plain(summary))
    return summary


@dataclass(frozen=True, eq=False)
class DnaFindings:
    """What was found of the DNA of a model; nothing where it reads none."""

    attributed: Attributed | None = None
    filters: FilterReading | None = None
    patterns: PatternReading | None = None

    def facts(self) -> dict[str, Any]:
        """Return what ``summary.json`` holds of it."""
        found: dict[str, Any] = {
            "attributions": {} if self.attributed is None else self.attributed.facts()
        }
        if self.filters is not None:
            found["filters"] = self.filters.facts
        if self.patterns is not None:
            found["patterns"] = self.patterns.facts()
        return found


def _read_dna(asked: Asked, folder: Path, ready: Ready | None) -> DnaFindings:
    """Attribute DNA, read the filters, search patterns, and write all of it."""
    request, options = asked.request, asked.options
    attributed = attribute(request) if ready is None else ready.attributed
    attributed.write(folder)
    filters = None
    if not asked.opened.card.is_baseline:  # whose filters, if any, were not learned
        filters = interpret_filters(
            request.model,
            request.dataset,
            asked.scanned,
            database=asked.database,
            rule=options.rule,
            seed=options.seed,
        )
        write_filters(filters, folder)
    if not options.modisco:
        return DnaFindings(attributed, filters)
    searched, targets = asked.chosen.searched, request.targets
    contributions = None if ready is None else ready.contributions
    patterns = find_patterns(
        request.dataset,
        searched,
        contributions_of(request, searched) if contributions is None else contributions,
        targets=targets,
        known=asked.database if filters is None else filters.targets,
    )
    data = request.dataset
    places = places_of(data, np.arange(len(data.split))) if has_places(data) else None
    write_patterns(patterns, folder / "modisco", places)
    return DnaFindings(attributed, filters, patterns)


def _summary(asked: Asked) -> dict[str, Any]:
    """Return what was interpreted and how."""
    card, request = asked.opened.card, asked.request
    return {
        "model": str(asked.model_path),
        "fingerprint": {"model": card.fingerprint, "data": asked.dataset.fingerprint},
        "options": asdict(asked.options)
        | {"tasks": [target.name for target in request.targets if not target.lowered]},
        "attributed sequences": len(request.rows),
        "versions": versions("chromkeras"),
    }
