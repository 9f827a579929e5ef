"""What a model reads in inputs other than DNA, and in DNA that rows share: tables and pictures."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from chrominterpret.motifs.letters import save_figure
from chromkeras.errors import InputError
from chromkeras.model_report.attributions import Request
from chromkeras.model_report.binned import (
    BinnedAttributions,
    attribute_binned,
    binned_inputs,
    write_binned,
)
from chromkeras.model_report.dna_gradients import DnaGradients, average_gradients, write_gradients
from chromkeras.model_report.features import (
    FeatureScores,
    feature_inputs,
    score_features,
    write_features,
)
from chromkeras.model_report.input_figures import (
    binned_figures,
    feature_figures,
    gradient_figures,
    share_figures,
)
from chromkeras.model_report.input_shares import InputShares, share_inputs, write_shares
from chromkeras.model_report.known_targets import (
    KnownTargets,
    TargetTests,
    check_targets,
    compare_targets,
    read_targets,
    write_target_tests,
)
from chromkeras.model_report.network_inputs import DNA
from chromkeras.model_report.row_names import GENE

ALL_ROWS = "all rows of the split"
FOLDER = "inputs"  # of pictures


@dataclass(frozen=True, eq=False)
class InputFindings:
    """What was found of a model's inputs.

    Attributes
    ----------
    binned
        Attributions of inputs in bins.
    features
        Scores of features, such as regulators.
    tests
        Tests of known targets, of each input of features and each target.
    gradients
        Gradients of the DNA, where rows are pairs; None elsewhere.
    shares
        Which input predictions rest on; None with one input.
    known_as
        Other names of features.
    """

    binned: tuple[BinnedAttributions, ...] = ()
    features: tuple[FeatureScores, ...] = ()
    tests: tuple[TargetTests, ...] = ()
    gradients: DnaGradients | None = None
    shares: InputShares | None = None
    known_as: dict[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """Return what ``summary.json`` holds of each input."""
        found: dict[str, Any] = {each.name: each.facts() for each in self.binned}
        found |= {each.name: each.facts() for each in self.features}
        if self.tests:
            found["targets"] = [
                {"input": tests.source, "task": tests.task} | tests.facts for tests in self.tests
            ]
        if self.gradients is not None:
            rows = {name: int(n.sum()) for name, n in self.gradients.rows.items()}
            found["dna gradients"] = {"sequences": len(self.gradients.names), "rows": rows}
        if self.shares is not None:
            found["shares"] = self.shares.facts()
        return found


def check_known_targets(
    path: str | os.PathLike[str] | None, request_inputs: tuple[str, ...], genes: tuple[str, ...]
) -> KnownTargets | None:
    """Return the known targets of regulators that a file lists; None for no file.

    Parameters
    ----------
    path
        The file, as ``known_targets.read_targets`` reads it.
    request_inputs
        Inputs of the model that hold features.
    genes
        Genes of the data set.

    Raises
    ------
    InputError
        The model has no features, the file cannot be read, or it shares no gene with the data set.
    """
    if path is None:
        return None
    if not request_inputs:
        raise InputError(
            "`targets`: expected a model with an input of features, such as regulators; received "
            "one without"
        )
    known = read_targets(path)
    check_targets(known, genes)
    return known


def interpret_inputs(
    request: Request,
    rows: np.ndarray,
    *,
    level: str,
    level_rows: np.ndarray,
    most: int,
    known: KnownTargets | None,
) -> InputFindings:
    """Interpret the inputs of a model other than single sequences.

    Parameters
    ----------
    request
        Rows that are attributed, and targets.
    rows
        All rows of the split, shape (n,).
    level, level_rows
        Level of a factor that was asked for, or "", and its rows among them.
    most
        Most rows whose features are scored.
    known
        Known targets of regulators, or None.
    """
    model, dataset = request.model, request.dataset
    inputs = [tensor.name for tensor in model.inputs]
    binned = tuple(attribute_binned(request, name) for name in binned_inputs(request))
    features = tuple(
        score_features(model, dataset, name, level_rows, request.targets, most=most)
        for name in feature_inputs(model)
    )
    tests = () if known is None else tuple(_tests(features, known))
    gradients = None
    if DNA in inputs and (len(inputs) > 1 or GENE in dataset.factors):
        over = {ALL_ROWS: rows} | ({level: level_rows} if level else {})
        gradients = average_gradients(request, over)
    shares = share_inputs(request, level_rows) if len(inputs) > 1 else None
    known_as = {} if known is None else known.known_as
    return InputFindings(binned, features, tests, gradients, shares, known_as)


def _tests(features: Iterable[FeatureScores], known: KnownTargets) -> Iterator[TargetTests]:
    for scores in features:
        for target in range(len(scores.targets)):
            yield compare_targets(scores, known, target)


def write_inputs(found: InputFindings, out: Path) -> None:
    """Write tables and arrays of the inputs to a folder, and pictures to ``inputs`` in it."""
    for binned in found.binned:
        write_binned(binned, out)
    for features in found.features:
        write_features(features, out, found.known_as)
    if found.tests:
        write_target_tests(found.tests, out)
    if found.gradients is not None:
        write_gradients(found.gradients, out)
    if found.shares is not None:
        write_shares(found.shares, out)
    for stem, figure in _figures(found):
        save_figure(figure, out / FOLDER / f"{stem}.png")


def _figures(found: InputFindings) -> Iterator[tuple[str, Figure]]:
    for binned in found.binned:
        yield from ((stem, figure) for stem, _, figure in binned_figures(binned))
    for features in found.features:
        yield from ((s, figure) for s, _, figure in feature_figures(features, found.known_as))
    if found.gradients is not None:
        yield from ((stem, figure) for stem, _, _, figure in gradient_figures(found.gradients))
    if found.shares is not None:
        yield from ((stem, figure) for stem, _, figure in share_figures(found.shares))
