"""Pictures of what a model reads in inputs other than single sequences."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from chromkeras.files import file_names
from chromkeras.model_report.binned import BinnedAttributions
from chromkeras.model_report.dna_gradients import DnaGradients
from chromkeras.model_report.features import FeatureScores
from chromkeras.model_report.input_shares import InputShares
from chromkeras.model_report.row_names import row_name
from chromkeras.plots.channel_maps import ChannelMap, channel_maps
from chromkeras.plots.input_shares import input_share_bars
from chromkeras.plots.nucleotides import NucleotideLines, densest, nucleotide_lines, smoothing
from chromkeras.plots.ranked_scores import ranked_scores

WINDOW = 120  # bases of the closest view of the gradients
MOST_ROWS = 20  # bars of single rows
SCORE_TITLES = {"gradient_x_input": "gradient × input", "deep_lift_shap": "DeepLIFT"}

Named = Iterator[tuple[str, int, Figure]]
"""Pictures: the stem of the file, the place of the target, the figure."""


def binned_figures(found: BinnedAttributions) -> Named:
    """Yield a figure a target: input and attributions, their mean over rows and one row."""
    targets = found.request.targets
    names = file_names([target.name for target in targets])
    for k, (target, name) in enumerate(zip(targets, names, strict=True)):
        row = found.strongest(k)
        title = row_name(found.request.dataset, int(found.request.rows[row]))
        mean = f"mean of {len(found.values)} rows"
        maps = [
            [
                ChannelMap(
                    f"{found.name}, {mean}", found.values.mean(axis=0), "value of the input"
                ),
                ChannelMap(f"{found.name}, {title}", found.values[row], "value of the input"),
            ]
        ]
        for method, result in found.results.items():
            own, said = result.attributions[k], SCORE_TITLES[method]
            label = "change of output"
            maps.append(
                [
                    ChannelMap(f"{said}, {mean}", own.mean(axis=0), label),
                    ChannelMap(f"{said}, {target.name}", own[row], label),
                ]
            )
        figure = channel_maps(maps, found.channels, x_label="bins from the middle")
        yield f"{found.name}_{name}", k, figure


def feature_figures(found: FeatureScores, known_as: dict[str, str]) -> Named:
    """Yield a histogram of Σ|score| a target, the ten largest named."""
    labels = [known_as.get(name, name) for name in found.channels]
    for k, name in enumerate(file_names(list(found.targets))):
        figure = ranked_scores(
            found.total[k],
            labels,
            x_label=f"Σ |DeepLIFT score| over {found.rows:,} rows (unit of the output)",
            things=found.name,
        )
        yield f"{found.name}_{name}", k, figure


def gradient_figures(found: DnaGradients) -> Iterator[tuple[str, int, str, Figure]]:
    """Yield a figure for each target and set of rows: stem, target, set of rows, figure."""
    targets = file_names(list(found.targets))
    sets = dict(zip(found.gradients, file_names(list(found.gradients)), strict=True))
    for k, target in enumerate(targets):
        for over, stem in sets.items():
            yield f"dna_gradients_{target}_{stem}", k, over, _gradients(found, over, k)


def share_figures(found: InputShares) -> Named:
    """Yield bars of the share of each input a target: all rows, then single rows."""
    request = found.request
    single = len(request.rows) - found.spread
    names = file_names([target.name for target in request.targets])
    for k, name in enumerate(names):
        first = np.argsort(-found.share[k, :single, 0], kind="stable")
        first = first[np.linspace(0, single - 1, min(single, MOST_ROWS)).astype(int)]
        shares = np.concatenate([found.overall[k][None], found.share[k, first]])
        rows = [f"{found.spread} rows of the split together"]
        rows += [row_name(request.dataset, int(request.rows[i])) for i in first]
        figure = input_share_bars(shares, rows, found.names, x_label="share of Σ |DeepLIFT score|")
        yield f"inputs_{name}", k, figure


def _gradients(found: DnaGradients, over: str, target: int) -> Figure:
    lines = found.lines(over, target)
    strongest = int(np.abs(found.times_input(over, target)).sum(axis=(1, 2)).argmax())
    own, smooth = lines[strongest], smoothing(lines.shape[1])
    said = f", running mean of {smooth} bp" if smooth > 1 else ""
    pairs = int(found.rows[over][strongest])
    title = (
        f"{found.names[strongest]}, mean of {pairs} rows" if pairs > 1 else found.names[strongest]
    )
    panels = [
        NucleotideLines(f"mean of {len(lines)} sequences{said}", lines.mean(axis=0), 0, smooth),
        NucleotideLines(f"{title}{said}", own, 0, smooth),
    ]
    if lines.shape[1] > WINDOW:
        start = densest(own, WINDOW)
        panels.append(NucleotideLines(f"{title}, closer", own[start : start + WINDOW], start))
    direction = ", in the direction of the gene" if found.stranded else ""
    return nucleotide_lines(
        panels,
        x_label=f"position in the sequence (bp{direction})",
        y_label="gradient (change of output a base)",
    )
