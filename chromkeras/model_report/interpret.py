"""Interpretation of a model: the tables, pictures and page of `chromkeras interpret`."""

import os
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from chrominterpret.filters.rules import RULES, Rule
from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.motifs.pwm import Motif
from chrominterpret.registry import METHODS
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import match_tasks
from chromkeras.evaluation.predict import predict_logits
from chromkeras.files import write_json
from chromkeras.model_file.card import require_one_network
from chromkeras.model_file.open_model import open_model
from chromkeras.model_report.attributions import Request, attribute, write_attributions
from chromkeras.model_report.choices import DEFAULT_METHODS, REFERENCE_KINDS, ReferenceKind
from chromkeras.model_report.choose import attributed_rows, element_rows, scanned_rows
from chromkeras.model_report.contrasts import choose_targets
from chromkeras.model_report.explained import explained_network
from chromkeras.model_report.filters import interpret_filters, write_filters
from chromkeras.model_report.patterns import (
    REFERENCES,
    PatternReading,
    find_patterns,
    write_patterns,
)
from chromkeras.model_report.references import check_references
from chromkeras.model_report.report import Findings, write_report
from chromkeras.model_report.scores import score_all
from chromkeras.model_report.truth import check_planted, write_truth_table
from chromkeras.names import check_unique, unknown
from chromkeras.tables import plain

MOST_REFERENCES = 1000
PACKAGES = ("chromkeras", "keras", "tensorflow", "numpy", "modisco-lite", "memelite", "pyjaspar")


@dataclass(frozen=True)
class InterpretOptions:
    """What to interpret and how.

    Attributes
    ----------
    tasks
        Tasks to attribute; none means all, or none where there are contrasts.
    contrasts
        Differences between tasks to attribute, as ``contrasts.parse_contrast`` reads them.
    split
        Name of the split that sequences are taken from.
    sequences
        How many sequences are attributed.
    scan
        How many sequences the filters scan.
    methods
        Attribution methods, names of ``chrominterpret.methods.registry``.
    references
        How many references a sequence has (shuffles or genomic sequences), for the methods that
        compare with them.
    reference_kind
        Kind of reference, in ``choices.REFERENCE_KINDS``.
    modisco
        Most elements of each task for TF-MoDISco; 0 leaves it out.
    truth
        Whether to score everything by what a simulator planted.
    motifs
        Database for TomTom, as ``chrominterpret.motifs.jaspar.load_motifs`` reads it.
    rule
        Rule by which filters become motifs, in ``chrominterpret.filters.rules.RULES``.
    seed
        Seed of every random choice.
    """

    tasks: tuple[str, ...] = ()
    contrasts: tuple[str, ...] = ()
    split: str = "valid"
    sequences: int = 48
    scan: int = 1000
    methods: tuple[str, ...] = DEFAULT_METHODS
    references: int = 20
    reference_kind: ReferenceKind = "shuffle"
    modisco: int = 500
    truth: bool = False
    motifs: str = "jaspar"
    rule: Rule = "threshold"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("sequences", "scan", "references"):
            if getattr(self, name) < 1:
                raise InputError(f"`{name}`: expected at least 1, received {getattr(self, name)}")
        if self.modisco < 0:
            raise InputError(f"`modisco`: expected at least 0, received {self.modisco}")
        for method in self.methods:
            if method not in METHODS.names():
                raise unknown("method", method, METHODS.names())
        check_unique("`methods` name", self.methods)
        if self.references > MOST_REFERENCES:
            raise InputError(
                f"`references`: expected at most {MOST_REFERENCES}, received {self.references}"
            )
        check_unique("`tasks` name", self.tasks)
        if self.reference_kind not in REFERENCE_KINDS:
            raise unknown("reference kind", self.reference_kind, REFERENCE_KINDS)
        if self.truth and self.contrasts:
            raise InputError("`truth`: expected no `contrasts`, as tasks are scored; received some")
        if self.rule not in RULES:
            raise unknown("rule", self.rule, RULES)


DEFAULT = InterpretOptions()


def interpret(
    model_path: str | os.PathLike[str],
    dataset: Dataset,
    out: str | os.PathLike[str],
    options: InterpretOptions = DEFAULT,
) -> dict[str, Any]:
    """Write attributions, filters and their matches of a model to a folder.

    Parameters
    ----------
    model_path
        A .keras file of ours; of an ensemble one of its members.
    dataset
        With all tasks of the model.
    out
        The folder; made when missing.
    options
        What and how.

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Raises
    ------
    InputError
        The model is not ours, tasks or lengths do not fit, or an option is wrong; then nothing
        has been written.
    """
    opened = open_model(model_path)
    require_one_network(model_path, opened.card)
    model, card = opened.network, opened.card
    data = match_tasks(dataset, card.tasks)
    targets = choose_targets(options.tasks, options.contrasts, card.tasks)
    wanted = max(options.references, REFERENCES if options.modisco else 0)
    check_references(options.reference_kind, data, wanted)
    database = load_motifs(options.motifs)
    scanned = scanned_rows(data, options.split, options.scan, options.seed)
    link = opened.link
    outputs = predict_logits(model, data, scanned)
    rows = attributed_rows(data, scanned, outputs, targets, options.sequences, link=link)
    names = [target.name for target in targets]
    if len(rows) == 0:
        raise InputError(f"no row of the {options.split} split is open in {', '.join(names)}")
    if options.truth:
        check_planted(data, names)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    request = Request(
        model=explained_network(model),
        dataset=data,
        rows=rows,
        targets=targets,
        methods=options.methods,
        references=options.references,
        reference_kind=options.reference_kind,
        seed=options.seed,
    )
    attributed = attribute(request)
    write_attributions(attributed, folder)
    filters = interpret_filters(
        request.model, data, scanned, database=database, rule=options.rule, seed=options.seed
    )
    write_filters(filters, folder)
    patterns = (
        _patterns(request, model, link, filters.targets, options) if options.modisco else None
    )
    if patterns is not None:
        write_patterns(patterns, data, folder / "modisco")
    summary = {
        "model": str(model_path),
        "fingerprint": {"model": card.fingerprint, "data": dataset.fingerprint},
        "options": asdict(options)
        | {"tasks": [target.name for target in targets if not target.lowered]},
        "attributed sequences": len(rows),
        "attributions": attributed.facts(),
        "filters": filters.facts,
        "versions": {name: version(name) for name in PACKAGES},
    }
    if patterns is not None:
        summary["patterns"] = patterns.facts()
    scores = score_all(attributed, filters, patterns) if options.truth else None
    if scores is not None:
        write_truth_table([*scores.positions, *scores.motifs], folder / "truth.tsv")
    name = Path(model_path).name
    plan = str(card.recipe["plan"])
    findings = Findings(name, plan, attributed, filters, patterns, scores, summary)
    write_report(folder / "report.html", findings)
    write_json(folder / "summary.json", plain(summary))
    return summary


def _patterns(
    request: Request, network: keras.Model, link: str, known: list[Motif], options: InterpretOptions
) -> PatternReading:
    """Search what all elements of the split contribute, not only those that are attributed."""
    data = request.dataset
    candidates = element_rows(data, options.split)
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
