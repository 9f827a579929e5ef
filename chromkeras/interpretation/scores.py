"""Everything that was found, scored by what a simulator planted."""

from dataclasses import dataclass

from chrominterpret.pwm import Motif
from chromkeras.interpretation.attributions import Attributed
from chromkeras.interpretation.filters import FilterReading
from chromkeras.interpretation.patterns import PatternReading, pattern_motif
from chromkeras.interpretation.truth import (
    PositionRow,
    RecoveryRow,
    score_motifs,
    score_positions,
)


@dataclass(frozen=True)
class TruthScores:
    """Scores against the planted truth.

    Attributes
    ----------
    positions
        Of each attribution method and task, and the mean over tasks.
    motifs
        Of the filters' motifs, and of TF-MoDISco's patterns where there are any.
    """

    positions: list[PositionRow]
    motifs: list[RecoveryRow]


def score_all(
    attributed: Attributed,
    filters: FilterReading,
    patterns: PatternReading | None,
    database: list[Motif],
) -> TruthScores:
    """Score attributions, filters and patterns."""
    question = attributed.question
    positions = [
        row
        for name, result in attributed.results.items()
        for row in score_positions(
            result, question.dataset, question.rows, seconds=attributed.seconds[name]
        )
    ]
    found = {"filters": (filters.motifs, question.dataset.tasks)}
    if patterns is not None:
        made = [pattern_motif(each.task, p) for each in patterns.tasks for p in each.found.patterns]
        found["TF-MoDISco"] = (made, question.tasks)
    motifs = [
        score_motifs(source, made, question.dataset, tasks, decoys=database)
        for source, (made, tasks) in found.items()
    ]
    return TruthScores(positions, motifs)
