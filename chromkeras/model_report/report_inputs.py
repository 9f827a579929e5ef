"""The parts of the page about inputs other than single sequences."""

from collections.abc import Sequence

import numpy as np

from chrominterpret.page.blocks import (
    Block,
    Cell,
    Notes,
    Number,
    Picture,
    Section,
    Table,
    Track,
    Tracks,
)
from chromkeras.model_report.binned import BinnedAttributions
from chromkeras.model_report.dna_gradients import DnaGradients
from chromkeras.model_report.features import FeatureScores
from chromkeras.model_report.input_figures import (
    Named,
    binned_figures,
    feature_figures,
    gradient_figures,
    share_figures,
)
from chromkeras.model_report.input_shares import InputShares
from chromkeras.model_report.known_targets import FEWEST, TargetTests
from chromkeras.model_report.other_inputs import InputFindings
from chromkeras.plots.style import svg_text

MOST_TARGETS = 6  # with pictures on the page; all are in the folder
MOST_FEATURES = 50  # rows of the table; all are in the file
SHOWN = 4  # sequences as letters


def input_sections(found: InputFindings) -> list[Section]:
    """Return the sections of what was found of a model's inputs."""
    sections = []
    if found.shares is not None:
        sections.append(shares_section(found.shares))
    sections += [binned_section(each) for each in found.binned]
    for features in found.features:
        sections.append(features_section(features, found.known_as))
        tests = [each for each in found.tests if each.source == features.name]
        if tests:
            sections.append(targets_section(tests, features))
    if found.gradients is not None:
        sections.append(gradients_section(found.gradients))
    return sections


def shares_section(shares: InputShares) -> Section:
    """Return the bars and the table of what predictions rest on."""
    targets = [target.name for target in shares.request.targets]
    rows: list[list[Cell]] = [
        [
            target,
            name,
            Number.of(shares.overall[k, i], ".1%"),
            Number.of(shares.variance[k, i], ".1%"),
        ]
        for k, target in enumerate(targets)
        for i, name in enumerate(shares.names)
    ]
    caption = (
        "Share of Σ |score| over the same rows; share of variance: of what tells the predictions "
        "of these rows apart (the covariance of an input's net score with the sum over inputs). "
        "An input of many positions has a larger share of Σ |score| than of variance where its "
        "scores cancel."
    )
    lead = (
        f"One DeepLIFT of {' and '.join(shares.names)} together, each row against the references "
        "of all its inputs at once (shuffles of its DNA or what was asked for; zeros for other "
        "inputs), so that the scores of all inputs sum to the change of the output: the largest "
        f"relative deviation is {shares.largest_delta:.0e}. The first bar is of {shares.spread} "
        "rows at even distances over the split, the others of rows that are attributed, by share."
    )
    pictures = _pictures(share_figures(shares), "Share of each input in Σ |DeepLIFT score|")
    table = Table(["target", "input", "share of Σ |score|", "share of variance"], rows, caption)
    return Section("What predictions rest on", [*pictures, table], lead)


def binned_section(found: BinnedAttributions) -> Section:
    """Return the heat maps of an input in bins and of its attributions."""
    said = [w for result in found.results.values() for w in result.warnings]
    caption = (
        f"{found.name.capitalize()} of the attributed rows, then gradient × input and DeepLIFT "
        "against no signal (zeros): left the mean over rows, right the row with the largest "
        "Σ |DeepLIFT|. Orange raises the output, purple lowers it; each map has a scale of its own."
    )
    lead = (
        f"What the model reads in {found.name}: {found.values.shape[1]} bins of "
        f"{len(found.channels)} channels. Where the data were prepared around the start of "
        "transcription, the dotted middle is that start."
    )
    blocks: list[Block] = [*_pictures(binned_figures(found), caption), _channels(found)]
    return Section(f"Input: {found.name}", [*blocks, *([Notes(said)] if said else [])], lead)


def features_section(found: FeatureScores, known_as: dict[str, str]) -> Section:
    """Return the histogram and ranking of features."""
    rows: list[list[Cell]] = []
    for k, target in enumerate(found.targets[:MOST_TARGETS]):
        for rank, i in enumerate(found.ranked(k)[:MOST_FEATURES]):
            name = found.channels[i]
            rows.append(
                [
                    target,
                    Number.of(rank + 1, ".0f"),
                    name,
                    known_as.get(name, ""),
                    Number.of(found.total[k, i], ".4g"),
                    Number.of(found.mean[k, i], "+.2g"),
                    Number.of(found.mean_size[k, i], ".2g"),
                ]
            )
    columns = ["target", "rank", "name", "known as", "Σ |score|", "mean score", "mean |score|"]
    every = found.rows == found.rows_in_all
    which = (
        f"all {found.rows:,} rows"
        if every
        else f"{found.rows:,} of {found.rows_in_all:,} rows, at even distances"
    )
    lead = (
        f"DeepLIFT of {len(found.channels)} {found.name} over {which}: each one's contribution to "
        "the output, compared with an input of zeros, the other inputs as they are. A feature "
        "with a large Σ |score| moves predictions much; it need not be a cause of expression."
    )
    pictures = _pictures(
        feature_figures(found, known_as), f"Σ |score| of all {found.name}, the ten largest named"
    )
    shown = min(MOST_FEATURES, len(found.channels))
    table = Table(columns, rows, f"The first {shown}; all are in {found.name}.tsv.")
    return Section(f"Input: {found.name}", [*pictures, table], lead)


def targets_section(found: Sequence[TargetTests], features: FeatureScores) -> Section:
    """Return the table of the tests of known targets, by the scores of one input."""
    rows: list[list[Cell]] = [
        [
            tests.task,
            test.regulator,
            tests.known.known_as.get(test.regulator, ""),
            Number.of(test.targets, ",.0f"),
            Number.of(test.others, ",.0f"),
            Number.of(test.at_targets, ".3g"),
            Number.of(test.at_others, ".3g"),
            Number.of(test.auc, ".3f"),
            Number.of(test.p, ".1e"),
            Number.of(test.q, ".1e"),
            Number.of(test.higher, ".0%"),
        ]
        for tests in found
        for test in tests.tests
    ]
    columns = [
        "task", "regulator", "known as", "targets", "other genes", "mean |score| at targets",
        "at others", "AUC", "p", "q", "others with a higher AUC",
    ]  # fmt: skip
    lead = (
        "Whether a regulator's mean |score| at each of its known targets is higher than at other "
        f"genes: a one-sided Mann-Whitney test of each regulator with at least {FEWEST} of both "
        f"among the {len(features.genes):,} genes scored."
    )
    caption = (
        "AUC: U / (n m), the chance that a target scores higher than another gene; 0.5 is chance. "
        "q: Benjamini-Hochberg over the regulators tested. Last column: the share of the model's "
        "other regulators that tell the same genes apart better by their own scores; where it is "
        "large, these genes merely respond to much."
    )
    counts = [
        f"{tests.task}: " + "; ".join(f"{name}: {value:,}" for name, value in tests.facts.items())
        for tests in found
    ]
    return Section("Known targets", [Table(columns, rows, caption), Notes(counts)], lead)


def gradients_section(found: DnaGradients) -> Section:
    """Return the lines of the four nucleotides, and gradient × input as letters."""
    pictures: list[Block] = []
    for stem, k, over, figure in gradient_figures(found):
        if k < MOST_TARGETS:
            caption = (
                f"Gradients of the four nucleotides for {found.targets[k]}, over {over}, less the "
                "mean of the four at each position: the mean over sequences, the sequence with "
                "the largest Σ |gradient × input|, and its strongest stretch."
            )
            pictures.append(Picture(svg_text(figure, stem), caption))
    tracks = []
    for k, target in enumerate(found.targets[:MOST_TARGETS]):
        for over in found.gradients:
            own = found.times_input(over, k)
            for i in np.argsort(-np.abs(own).sum(axis=(1, 2)), kind="stable")[:SHOWN]:
                title = f"{found.names[i]}, {found.rows[over][i]:,} rows"
                tracks.append(Track(title, own[i], (target, over)))
    letters = Tracks(
        tracks,
        ("target", "rows"),
        "Gradient × input of each base, the mean over the rows that share the sequence.",
    )
    lead = (
        f"What the model reads in the DNA of {len(found.names)} of the attributed genes, whatever "
        "the condition: the gradient averaged over all rows of a gene, and over those of one level "
        "where one was asked for."
    )
    return Section("DNA over conditions", [*pictures, letters], lead)


def _channels(found: BinnedAttributions) -> Table:
    """Return the table of the size of each channel's scores."""
    rows: list[list[Cell]] = []
    for k, target in enumerate(found.request.targets):
        scores = found.results["deep_lift_shap"].attributions[k]
        size, net = np.abs(scores).sum(axis=(0, 1)), scores.sum(axis=1).mean(axis=0)
        for i, name in enumerate(found.channels):
            share = float(size[i] / max(size.sum(), 1e-30))
            rows.append([target.name, name, Number.of(share, ".1%"), Number.of(net[i], "+.3g")])
    caption = "DeepLIFT over all bins: share of Σ |score|, and the mean over rows of the sum."
    return Table(["target", "channel", "share of Σ |score|", "net score"], rows, caption)


def _pictures(figures: Named, caption: str) -> list[Block]:
    return [
        Picture(svg_text(figure, stem), caption) for stem, k, figure in figures if k < MOST_TARGETS
    ]
