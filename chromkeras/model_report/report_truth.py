"""The part of the page about what a simulator planted."""

from chrominterpret.page.blocks import Cell, Number, Section, Table
from chromkeras.model_report.scores import TruthScores
from chromkeras.model_report.truth import MEAN


def truth_section(scores: TruthScores) -> Section:
    """Return the scores against what a simulator planted."""
    positions: list[list[Cell]] = [
        [row.method, *(Number.of(v, ".3f") for v in (row.auroc, row.auprc, row.chance))]
        for row in scores.positions
        if row.task == MEAN
    ]
    motifs: list[list[Cell]] = [
        [row.source, f"{row.found} of {row.planted}", f"{row.false} of {row.discovered}",
         str(row.elsewhere), row.found_motifs, row.missed_motifs]
        for row in scores.motifs
    ]  # fmt: skip
    lead = "The data are simulated, so what opens each element is known."
    caption = (
        "Planted positions against the others of the same sequence, by the size of the "
        "contribution: mean over sequences and tasks. Chance is the AUPRC of random scores."
    )
    return Section(
        "Against the truth",
        [
            Table(["method", "AUROC", "AUPRC", "chance"], positions, caption),
            Table(
                ["motifs by", "planted found", "false", "of other tasks", "found", "missed"],
                motifs,
                "A planted motif is found when a motif matches it at q < 0.05, one of "
                "TF-MoDISco's in a task that it opens; a false motif matches none of the planted; "
                "one of other tasks matches what opens them, and means nothing where it was found.",
            ),
        ],
        lead,
    )
