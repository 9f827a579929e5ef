"""Figures of a problem that the part "predictions" shows."""

from dataclasses import dataclass

from chromkeras.problems.problem import Problem


@dataclass(frozen=True)
class Shown:
    """Figures that tables and the page show, by their keys.

    Attributes
    ----------
    score, title
        Key of the score that is compared, and its title for people.
    figures
        Figures of ``models.tsv``, ``recipes.tsv`` and ``tasks.tsv``.
    changes
        Figures whose differences ``differences.tsv`` holds, besides the score.
    columns
        Figures of the page's tables by their headings, the score first.
    counts
        Counts of ``tasks.tsv`` and of the page, by their headings there.
    test
        Name of the test that p is of: "delong" or "bootstrap".
    ranking
        Name of what the correlation of two models is of: "logit" or "output".
    """

    score: str
    title: str
    figures: tuple[str, ...]
    changes: tuple[str, ...]
    columns: dict[str, str]
    counts: dict[str, str]
    test: str = "bootstrap"
    ranking: str = "output"


BINARY = Shown(
    score="auroc",
    title="AUROC",
    figures=("auroc", "auprc", "accuracy", "precision", "recall", "loss"),
    changes=("auprc", "accuracy", "recall", "loss"),
    columns={
        "AUROC": "auroc",
        "AUPRC": "auprc",
        "accuracy": "accuracy",
        "recall": "recall",
        "loss": "loss",
    },
    counts={"known": "known", "positives": "positive"},
    test="delong",
    ranking="logit",
)


def shown_figures(problem: Problem) -> Shown:
    """Return what is shown of a problem: of one with logits, ``BINARY``; else its first table.

    Examples
    --------
    >>> from chromkeras.problems.registry import find_problem
    >>> shown_figures(find_problem("regression")).figures
    ('pearson', 'spearman', 'r_squared', 'mae', 'mse')
    """
    if problem.logits:
        return BINARY
    table = problem.tables[0].columns
    columns = {c.heading: c.figure for c in table if c.figure not in problem.counts}
    columns = {problem.score_title: problem.score} | columns
    figures = tuple(dict.fromkeys(columns.values()))
    return Shown(
        score=problem.score,
        title=problem.score_title,
        figures=figures,
        changes=tuple(figure for figure in figures if figure != problem.score),
        columns=columns,
        counts={c.figure: c.heading for c in table if c.figure in problem.counts},
    )
