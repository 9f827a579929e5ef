"""The page and the pictures of explained variants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chrominterpret.motifs.letters import save_figure
from chrominterpret.page.blocks import Cell, Number, Picture, Section, Table, Track, Tracks
from chrominterpret.page.render import write_page
from chrominterpret.tracks.tracks import draw_track
from chromkeras.plots.style import svg_text
from chromkeras.tables import write_tsv
from chromkeras.variant_effects.motif_changes import MotifChange

# Bases on either side of the change in the pictures.
AROUND = 40
# Changed motifs of a variant that are drawn, and that the page lists.
DRAWN, LISTED = 3, 6
_BROKEN, _MADE = "#b2182b", "#2166ac"


@dataclass(frozen=True, eq=False)
class Explained:
    """A variant with the contributions of both alleles.

    Attributes
    ----------
    name
        Such as "chrX:1234 A>G rs1".
    target
        Task or contrast with the largest score.
    figures
        Score and, where there is a null, percentile and p.
    ref, alt
        Contributions to the target, (L, 4), 0 but at the base that is there. Where the alleles
        differ in length, the left flanks are in the same place.
    place
        First base of the change in the window.
    lengths
        Bases of the reference and of the alternate allele there.
    start
        First base of the window on the chromosome, from 0.
    changes
        Motifs that the change breaks or makes.
    """

    name: str
    target: str
    figures: Mapping[str, float]
    ref: np.ndarray
    alt: np.ndarray
    place: int
    lengths: tuple[int, int]
    start: int
    changes: tuple[MotifChange, ...]


def write_explained(explained: Sequence[Explained], folder: Path, *, source: str) -> None:
    """Write ``report.html``, ``motif_changes.tsv`` and a picture of each variant."""
    figures = [draw_variant(one) for one in explained]
    for number, figure in enumerate(figures, 1):
        save_figure(figure, folder / f"variant_{number}.png")
    write_tsv(folder / "motif_changes.tsv", _rows(explained))
    pictures = [
        Picture(svg_text(figure, f"variant{number}"), f"{number}. {one.name}: {_said(one)}")
        for number, (one, figure) in enumerate(zip(explained, figures, strict=True), 1)
    ]
    sections = [
        Section("Variants", [_variant_table(explained)]),
        Section(
            "Both alleles",
            pictures,
            "Contributions by DeepLIFT around the change, on one scale: above the reference, below "
            "the alternate allele. Bars mark motif sites that the change breaks (red, above) or "
            "makes (blue, below).",
        ),
        Section("Motifs", [_motif_table(explained)]),
        Section("Whole windows", [_tracks(explained)]),
    ]
    write_page(
        folder / "report.html",
        title="Variants explained",
        subtitle=f"the {len(explained)} strongest of {source}",
        sections=sections,
    )


def draw_variant(one: Explained) -> Figure:
    """Draw the contributions of both alleles around a change, on one scale."""
    first = max(0, one.place - AROUND)
    last = min(len(one.ref), one.place + max(one.lengths) + AROUND)
    figure = Figure(figsize=(min(max(6.0, 0.11 * (last - first)), 16.0), 3.6), layout="constrained")
    above, below = figure.subplots(2, 1, sharey=True)
    panels = ((above, one.ref, one.lengths[0]), (below, one.alt, one.lengths[1]))
    for allele, (axes, scores, length) in zip(("reference", "alternate"), panels, strict=True):
        draw_track(axes, scores[first:last], start=one.start + first + 1, title=allele)
        at = one.start + one.place + 1
        axes.axvspan(at - 0.5 - 0.15 * (not length), at + max(length, 0.15) - 0.5,
                     color="#fee391", zorder=0)  # fmt: skip
        axes.ticklabel_format(axis="x", useOffset=False, style="plain")
    shown = np.concatenate([one.ref[first:last], one.alt[first:last]])
    room = 0.05 * float(np.ptp(shown)) or 1.0
    low, high = float(shown.min()) - room, float(shown.max()) + room
    step = 0.16 * (high - low)
    drawn = {made: _drawn(one, made) for made in (False, True)}
    for axes, made in ((above, False), (below, True)):
        for level, change in enumerate(drawn[made]):
            _draw_site(axes, change, one.start + 1, high + (level + 0.3) * step)
    rows = max(len(each) for each in drawn.values())
    above.set_ylim(low, high + (rows + 0.4) * step if rows else high)
    above.set_xticklabels([])
    same = one.lengths[0] == one.lengths[1]
    end = "" if same else ", of the alternate allele up to the change"
    below.set_xlabel(f"position on the chromosome (bp){end}", fontsize=8)
    figure.supylabel(f"contribution to {one.target}", fontsize=8)
    figure.suptitle(f"{one.name}: {_said(one)}", fontsize=9)
    return figure


def _drawn(one: Explained, made: bool) -> list[MotifChange]:
    return [change for change in one.changes if change.made == made][:DRAWN]


def _draw_site(axes: Axes, change: MotifChange, start: int, level: float) -> None:
    colour = _MADE if change.made else _BROKEN
    left, right = start + change.start - 0.5, start + change.stop - 0.5
    axes.plot([left, right], [level, level], color=colour, linewidth=3, solid_capstyle="butt")
    axes.text(right + 0.5, level, f"{change.motif} ({change.strand})", fontsize=6, va="center",
              color=colour, clip_on=True)  # fmt: skip


def _said(one: Explained) -> str:
    figures = one.figures
    text = f"{one.target} {figures['score']:+.3g}"
    return text + (f", p = {figures['p']:.2g}" if np.isfinite(figures.get("p", np.nan)) else "")


def _variant_table(explained: Sequence[Explained]) -> Table:
    keys = [key for key in ("score", "percentile", "p", "q") if explained and
            np.isfinite(explained[0].figures.get(key, np.nan))]  # fmt: skip
    rows: list[list[Cell]] = []
    for number, one in enumerate(explained, 1):
        names = [", ".join(change.motif for change in _drawn(one, made)) for made in (False, True)]
        figures: list[Cell] = [Number.of(one.figures[key]) for key in keys]
        rows.append([Number.of(number, "d"), one.name, one.target, *figures, *names])
    columns = ["", "variant", "task", *keys, "breaks", "makes"]
    caption = (
        "Those with the smallest p in any task, or else the largest scores, and the task where "
        "that is so. Score: alternate less reference. Motifs: at most "
        f"{DRAWN}, those whose sites contribute most."
    )
    return Table(columns, rows, caption)


def _motif_table(explained: Sequence[Explained]) -> Table:
    rows: list[list[Cell]] = []
    for number, one in enumerate(explained, 1):
        for change in one.changes[:LISTED]:
            rows.append(
                [
                    Number.of(number, "d"), one.name, "made" if change.made else "broken",
                    change.motif, change.strand,
                    Number.of(one.start + change.start + 1, "d"),
                    Number.of(change.score, ".1f"), Number.of(change.other, ".1f"),
                    Number.of(change.contribution, "+.3f"),
                ]
            )  # fmt: skip
    columns = ["", "variant", "site", "motif", "strand", "position", "bits", "bits without",
               "contribution"]  # fmt: skip
    caption = (
        "Motifs with a site at the change in one allele, as rare as one word of six letters, and "
        f"none in the other; at most {LISTED} a variant, all are in motif_changes.tsv. Bits: score "
        "of the site, and of the best place at the change in the other allele. Contribution: sum "
        "over the site in the allele that has it."
    )
    return Table(columns, rows, caption)


def _tracks(explained: Sequence[Explained]) -> Tracks:
    tracks = []
    for number, one in enumerate(explained, 1):
        for allele, scores in (("reference", one.ref), ("alternate", one.alt)):
            title = f"{one.name}, {allele} allele, {one.target}; change at {one.place + 1}"
            tracks.append(Track(title, scores, (f"{number}. {one.name}",)))
    return Tracks(tracks, ("variant",), "Contributions over the whole window, each on its scale.")


def _rows(explained: Sequence[Explained]) -> list[dict[str, object]]:
    return [
        {
            "number": number, "variant": one.name, "target": one.target,
            "site": "made" if change.made else "broken", "motif": change.motif,
            "strand": change.strand, "position": one.start + change.start + 1,
            "width": change.stop - change.start, "bits": change.score,
            "bits_without": change.other, "contribution": change.contribution,
        }
        for number, one in enumerate(explained, 1)
        for change in one.changes
    ]  # fmt: skip
