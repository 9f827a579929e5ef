"""Interpretation of a model: the tables, pictures and page of `chromkeras interpret`."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.motifs.pwm import Motif
from chrominterpret.report.attributed import Attributed
from chrominterpret.report.filter_reading import FilterReading, write_filters
from chrominterpret.report.pattern_reading import REFERENCES, PatternReading, write_patterns
from chrominterpret.report.summary_sections import versions
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import match_tasks
from chromkeras.evaluation.predict import predict_logits
from chromkeras.files import filling, locked, write_json
from chromkeras.layers.gapped_kmer_scores import GappedKmerScores
from chromkeras.model_file.card import require_one_network
from chromkeras.model_file.foreign import has_card
from chromkeras.model_file.open_model import OpenModel, open_model
from chromkeras.model_report.any_model import interpret_any
from chromkeras.model_report.attributions import Request, attribute, write_rows
from chromkeras.model_report.choose import (
    attributed_rows,
    distinct_dna,
    element_rows,
    scanned_rows,
    split_rows,
)
from chromkeras.model_report.explained import explained_network
from chromkeras.model_report.features import feature_inputs
from chromkeras.model_report.filters import interpret_filters
from chromkeras.model_report.network_inputs import DNA
from chromkeras.model_report.options import InterpretOptions
from chromkeras.model_report.other_inputs import (
    check_known_targets,
    interpret_inputs,
    write_inputs,
)
from chromkeras.model_report.patterns import find_patterns
from chromkeras.model_report.references import check_references
from chromkeras.model_report.report import Findings, write_report
from chromkeras.model_report.row_names import gene_names, has_places, places_of
from chromkeras.model_report.scores import score_all
from chromkeras.model_report.truth import check_planted, write_truth_table
from chromkeras.scoring.contrasts import Target, choose_targets
from chromkeras.tables import plain

DEFAULT = InterpretOptions()
SUMMARY = "summary.json"


def interpret(
    model_path: str | os.PathLike[str],
    dataset: Dataset | str | os.PathLike[str],
    out: str | os.PathLike[str],
    options: InterpretOptions = DEFAULT,
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

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Raises
    ------
    InputError
        Model, tasks or lengths do not fit, or an option is wrong; then nothing has been written.
    """
    if isinstance(dataset, str | os.PathLike) or not has_card(model_path):
        return interpret_any(model_path, dataset, out, options)
    if options.head is not None:
        raise InputError(f"`head`: expected none, as {model_path} has a run card")
    opened = open_model(model_path)
    require_one_network(model_path, opened.card)
    _check_baseline(opened, options)
    data = match_tasks(dataset, opened.card.tasks)
    model = explained_network(opened.network)
    reads_dna = DNA in [tensor.name for tensor in model.inputs]
    targets = choose_targets(options.tasks, options.contrasts, opened.card.tasks)
    if reads_dna:
        wanted = max(options.references, REFERENCES if options.modisco else 0)
        check_references(options.reference_kind, data, wanted)
    known = check_known_targets(options.targets, feature_inputs(model), gene_names(data))
    database = load_motifs(options.motifs) if reads_dna else []
    rows = split_rows(data, options.split, options.level)
    scanned = scanned_rows(data, options.split, options.scan, options.seed, level=options.level)
    request = Request(
        model=model,
        dataset=data,
        rows=_attributed(opened, data, scanned, targets, options),
        targets=targets,
        methods=options.methods,
        references=options.references,
        reference_kind=options.reference_kind,
        seed=options.seed,
    )
    if options.truth:
        check_planted(data, [target.name for target in targets])
    with locked(Path(out) / SUMMARY), filling(out) as folder:
        read = (
            _read_dna(request, opened, scanned, database, options, folder)
            if reads_dna
            else DnaFindings()
        )
        write_rows(request, folder / "sequences.tsv")
        inputs = interpret_inputs(
            request,
            data.rows(options.split),
            level=options.level,
            level_rows=rows,
            most=options.pairs,
            known=known,
        )
        write_inputs(inputs, folder)
        summary = _summary(model_path, opened, dataset, request, options) | read.facts()
        if found := inputs.facts():
            summary["inputs"] = found
        scores = None
        if options.truth and read.attributed is not None and read.filters is not None:
            scores = score_all(request, read.attributed, read.filters, read.patterns)
            write_truth_table([*scores.positions, *scores.motifs], folder / "truth.tsv")
        findings = Findings(
            Path(model_path).name,
            opened.card.plan,
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


def _check_baseline(opened: OpenModel, options: InterpretOptions) -> None:
    """Raise ``InputError`` for methods that need a rule where a model looks words up."""
    looks_up = any(isinstance(layer, GappedKmerScores) for layer in opened.network.layers)
    wanted = ("in_silico_mutagenesis",)
    if looks_up and (options.methods != wanted or options.modisco):
        raise InputError(
            f"model {opened.path} looks words up, which no rule of DeepLIFT and no path of inputs "
            f"goes through: expected `methods` {wanted[0]} and `modisco` 0, received "
            f"{', '.join(options.methods)} and {options.modisco}"
        )


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


def _attributed(
    opened: OpenModel,
    data: Dataset,
    scanned: np.ndarray,
    targets: tuple[Target, ...],
    options: InterpretOptions,
) -> np.ndarray:
    """Return the rows to attribute; ``InputError`` where none stands out."""
    outputs = predict_logits(opened.network, data, scanned)
    rows = attributed_rows(data, scanned, outputs, targets, options.sequences, link=opened.link)
    if len(rows) == 0:
        names = ", ".join(target.name for target in targets)
        raise InputError(f"no row of the {options.split} split is open in {names}")
    return rows


def _read_dna(
    request: Request,
    opened: OpenModel,
    scanned: np.ndarray,
    database: list[Motif],
    options: InterpretOptions,
    folder: Path,
) -> DnaFindings:
    """Attribute DNA, read the filters, search patterns, and write all of it."""
    attributed = attribute(request)
    attributed.write(folder)
    filters = None
    if not opened.card.is_baseline:  # whose filters, if any, were not learned
        filters = interpret_filters(
            request.model,
            request.dataset,
            scanned,
            database=database,
            rule=options.rule,
            seed=options.seed,
        )
        write_filters(filters, folder)
    if not options.modisco:
        return DnaFindings(attributed, filters)
    known = database if filters is None else filters.targets
    patterns = _patterns(request, opened.network, opened.link, known, options)
    data = request.dataset
    places = places_of(data, np.arange(len(data.split))) if has_places(data) else None
    write_patterns(patterns, folder / "modisco", places)
    return DnaFindings(attributed, filters, patterns)


def _patterns(
    request: Request, network: keras.Model, link: str, known: list[Motif], options: InterpretOptions
) -> PatternReading:
    """Search what all elements of the split contribute, not only those that are attributed."""
    data = request.dataset
    random = np.random.default_rng(options.seed)
    elements = element_rows(data, options.split, level=options.level)
    candidates = distinct_dna(data, elements, random)
    return find_patterns(
        request.model,
        data,
        candidates,
        predict_logits(network, data, candidates),
        link=link,
        targets=request.targets,
        count=options.modisco,
        known=known,
        reference_kind=options.reference_kind,
        seed=options.seed,
    )


def _summary(
    model_path: str | os.PathLike[str],
    opened: OpenModel,
    dataset: Dataset,
    request: Request,
    options: InterpretOptions,
) -> dict[str, Any]:
    """Return what was interpreted and how."""
    card = opened.card
    return {
        "model": str(model_path),
        "fingerprint": {"model": card.fingerprint, "data": dataset.fingerprint},
        "options": asdict(options)
        | {"tasks": [target.name for target in request.targets if not target.lowered]},
        "attributed sequences": len(request.rows),
        "versions": versions("chromkeras"),
    }
