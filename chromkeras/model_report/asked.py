"""What an interpretation is of: a model, its data and options, checked, and the rows chosen."""

import os
from dataclasses import dataclass, replace

import numpy as np

from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.motifs.pwm import Motif
from chrominterpret.report.pattern_reading import REFERENCES
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import match_tasks
from chromkeras.evaluation.predict import predict_logits
from chromkeras.layers.gapped_kmer_scores import GappedKmerScores
from chromkeras.model_file.card import require_one_network
from chromkeras.model_file.open_model import OpenModel, open_model
from chromkeras.model_report.attributions import Request
from chromkeras.model_report.choose import (
    attributed_rows,
    distinct_dna,
    element_rows,
    scanned_rows,
    split_rows,
)
from chromkeras.model_report.explained import explained_network
from chromkeras.model_report.features import feature_inputs
from chromkeras.model_report.known_targets import KnownTargets
from chromkeras.model_report.network_inputs import DNA
from chromkeras.model_report.options import InterpretOptions
from chromkeras.model_report.other_inputs import check_known_targets
from chromkeras.model_report.patterns import pattern_rows
from chromkeras.model_report.references import check_references
from chromkeras.model_report.row_names import gene_names
from chromkeras.model_report.truth import check_planted
from chromkeras.scoring.contrasts import choose_targets


@dataclass(frozen=True, eq=False)
class Chosen:
    """Rows of a data set that an interpretation looks at.

    Attributes
    ----------
    attributed
        Rows to attribute, shape (n,).
    searched
        Rows that TF-MoDISco searches for each target, shape (m,); none where it is left out.
    """

    attributed: np.ndarray
    searched: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, eq=False)
class Asked:
    """What is interpreted, and how.

    Attributes
    ----------
    model_path
        As it was given.
    opened
        The model.
    dataset
        The data set, as it was given.
    options
        Options.
    request
        Request for attributions: the rows of ``chosen``, and targets.
    chosen
        Rows that are looked at.
    scanned
        Rows that the filters scan, shape (s,).
    level_rows
        Rows of the split, or of the level that was asked for, shape (r,).
    known
        Known targets of regulators, or None.
    database
        Known motifs; none where the model reads no DNA.
    """

    model_path: str | os.PathLike[str]
    opened: OpenModel
    dataset: Dataset
    options: InterpretOptions
    request: Request
    chosen: Chosen
    scanned: np.ndarray
    level_rows: np.ndarray
    known: KnownTargets | None
    database: list[Motif]

    @property
    def reads_dna(self) -> bool:
        """Whether the model reads DNA."""
        return _reads_dna(self.request)


def ask(
    model_path: str | os.PathLike[str],
    dataset: Dataset,
    options: InterpretOptions,
    chosen: Chosen | None = None,
) -> Asked:
    """Check what is to be interpreted, and choose the rows.

    Parameters
    ----------
    model_path, dataset, options
        As for ``interpret``.
    chosen
        Rows, where they were chosen before.

    Raises
    ------
    InputError
        The model is not ours, tasks or lengths do not fit, or an option is wrong.
    """
    if options.head is not None:
        raise InputError(f"`head`: expected none, as {model_path} has a run card")
    opened = open_model(model_path)
    require_one_network(model_path, opened.card)
    _check_baseline(opened, options)
    data = match_tasks(dataset, opened.card.tasks)
    request = Request(
        model=explained_network(opened.network),
        dataset=data,
        rows=np.zeros(0, np.int64),
        targets=choose_targets(options.tasks, options.contrasts, opened.card.tasks),
        methods=options.methods,
        references=options.references,
        reference_kind=options.reference_kind,
        seed=options.seed,
    )
    if _reads_dna(request):
        wanted = max(options.references, REFERENCES if options.modisco else 0)
        check_references(options.reference_kind, data, wanted)
    known = check_known_targets(options.targets, feature_inputs(request.model), gene_names(data))
    database = load_motifs(options.motifs) if _reads_dna(request) else []
    level_rows = split_rows(data, options.split, options.level)
    scanned = scanned_rows(data, options.split, options.scan, options.seed, level=options.level)
    chosen = chosen or Chosen(
        _attributed(opened, request, scanned, options), _searched(opened, request, options)
    )
    if options.truth:
        check_planted(data, [target.name for target in request.targets])
    return Asked(
        model_path=model_path,
        opened=opened,
        dataset=dataset,
        options=options,
        request=replace(request, rows=chosen.attributed),
        chosen=chosen,
        scanned=scanned,
        level_rows=level_rows,
        known=known,
        database=database,
    )


def _reads_dna(request: Request) -> bool:
    return DNA in [tensor.name for tensor in request.model.inputs]


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


def _attributed(
    opened: OpenModel, request: Request, scanned: np.ndarray, options: InterpretOptions
) -> np.ndarray:
    """Return the rows to attribute; ``InputError`` where none stands out."""
    data, targets = request.dataset, request.targets
    outputs = predict_logits(opened.network, data, scanned)
    rows = attributed_rows(data, scanned, outputs, targets, options.sequences, link=opened.link)
    if len(rows) == 0:
        names = ", ".join(target.name for target in targets)
        raise InputError(f"no row of the {options.split} split is open in {names}")
    return rows


def _searched(
    opened: OpenModel, request: Request, options: InterpretOptions
) -> tuple[np.ndarray, ...]:
    """Return rows that TF-MoDISco searches: of all the split, not only what is attributed."""
    if not options.modisco or not _reads_dna(request):
        return ()
    data, random = request.dataset, np.random.default_rng(options.seed)
    elements = element_rows(data, options.split, level=options.level)
    candidates = distinct_dna(data, elements, random)
    outputs = predict_logits(opened.network, data, candidates)
    return pattern_rows(
        data,
        candidates,
        outputs,
        targets=request.targets,
        count=options.modisco,
        link=opened.link,
    )
