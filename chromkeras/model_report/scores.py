"""Scores of attributions, filters and patterns against motifs that a simulator planted."""

from dataclasses import dataclass

from chrominterpret.report.attributed import Attributed
from chrominterpret.report.filter_reading import FilterReading
from chrominterpret.report.pattern_reading import PatternReading
from chromkeras.model_report.attributions import Request
from chromkeras.model_report.truth import (
    PositionRow,
    RecoveryRow,
    score_motifs,
    score_positions,
    score_task_motifs,
)


@dataclass(frozen=True)
class TruthScores:
    """Scores against the planted truth.

    Attributes
    ----------
    positions
        Scores of each attribution method and task, and the mean over tasks.
    motifs
        Scores of the filters' motifs, and of TF-MoDISco's patterns where it was asked for.
    """

    positions: list[PositionRow]
    motifs: list[RecoveryRow]


def score_all(
    request: Request,
    attributed: Attributed,
    filters: FilterReading,
    patterns: PatternReading | None,
) -> TruthScores:
    """Score attributions, filters and patterns.

    Of the patterns count those that raise a task's output, against the motifs that open that task.
    Known motifs that shuffled filters match are no decoys: they would make weak matches pass.
    """
    positions = [
        row
        for name, result in attributed.results.items()
        for row in score_positions(
            result, request.dataset, request.rows, seconds=attributed.seconds[name]
        )
    ]
    data, decoys = request.dataset, filters.targets
    motifs = [score_motifs("filters", filters.motifs, data, data.tasks, decoys=decoys)]
    if patterns is not None:
        raising = {
            each.task: [p.motif() for p in each.found.patterns if p.sign == "pos"]
            for each in patterns.tasks
        }
        motifs.append(score_task_motifs("TF-MoDISco", raising, data, decoys=decoys))
    return TruthScores(positions, motifs)
