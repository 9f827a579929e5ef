"""Binary labels: open or closed, bound or not."""

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.names import unknown
from chromkeras.problems.problem import Column, FigureTable, Problem, Threshold
from chromkeras.problems.reading import label_table, refuse
from chromkeras.statistics.calibration import probability
from chromkeras.statistics.confusion import confusion
from chromkeras.statistics.metrics import auprc, auroc, best_f1_thresholds, cross_entropy

DEFAULT_THRESHOLD = 0.5


class Binary(Problem):
    """Labels 1 and 0 with one logit a task; positive is 1."""

    name = "binary"
    described = "positives of"
    score = "auroc"
    score_title = "AUROC"
    default_loss = "rebalanced"
    logits = True
    two_values = "both open and closed rows"
    strata_titles = MappingProxyType(
        {
            "all": "all rows",
            "elements": "elements only",
            "specific": "specific elements",
        }
    )
    specific = "are open in fewer than half of the tasks where they are known"
    counts = frozenset({"known", "positives", "tp", "fp", "tn", "fn"})
    tables = (
        FigureTable(
            "task",
            (
                Column("known", "known"),
                Column("positive", "positives"),
                Column("AUROC", "auroc"),
                Column("AUPRC", "auprc"),
                Column("loss", "loss"),
                Column("accuracy", "accuracy"),
                Column("precision", "precision"),
                Column("recall", "recall"),
                Column("F1", "f1"),
            ),
            means=True,
        ),
        FigureTable(
            "confusion, all rows",
            (
                Column("TP", "tp"),
                Column("FP", "fp"),
                Column("TN", "tn"),
                Column("FN", "fn"),
                Column("specificity", "specificity"),
                Column("NPV", "negative_predictive_value"),
                Column("FPR", "false_positive_rate"),
                Column("FNR", "false_negative_rate"),
                Column("FDR", "false_discovery_rate"),
                Column("FOR", "false_omission_rate"),
                Column("MCC", "matthews_correlation"),
            ),
            threshold=True,
        ),
    )

    def read_labels(
        self,
        raw: np.ndarray,
        where: str,
        *,
        known: np.ndarray | None = None,
        classes: Sequence[str] = (),
    ) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """Return int8 labels 1 and 0 and which are known; NaN and −1 are unknown.

        Any number type is taken as long as it holds nothing else; fractions between 0 and 1 are
        refused, as no threshold is better than another without knowing what they mean.
        """
        y, mask = label_table(raw, where, known)
        mask = mask & (y != -1) if y.dtype.kind in "if" else mask
        strange = mask & (y != 0) & (y != 1)
        hint = _soft_hint(y[strange])
        refuse(y, strange, where, "labels 1, 0 or -1 (unknown)", hint)
        notes = () if y.dtype == np.int8 else (f"labels: {y.dtype} read as 1, 0 and unknown",)
        return np.where(mask, y, 0).astype(np.int8), mask, notes

    def describe(self, values: np.ndarray, classes: Sequence[str] = ()) -> str:
        """Return how many labels are 1, and their share of the known ones."""
        known, positive = np.isfinite(values).sum(), (values == 1).sum()
        return f"{positive:,} ({100 * positive / known:.1f} %)" if known else "none known"

    def one_value(self, value: float, classes: Sequence[str]) -> str:
        """Say which class is the only one."""
        return "only positives" if value else "only negatives"

    def predictions(self, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return the probability of the positive class."""
        return probability(outputs)

    def scores(self, values: np.ndarray, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return the AUROC; NaN where the known labels are of one class."""
        return auroc(values, outputs)

    def figures(
        self,
        values: np.ndarray,
        outputs: np.ndarray,
        *,
        link: str = "identity",
        threshold: Threshold | None = None,
    ) -> dict[str, np.ndarray]:
        """Return counts, AUROC, AUPRC, cross-entropy, and the rates of the confusion table."""
        cut = 0.0 if threshold is None else threshold.output
        # A float32 logit chosen as threshold must equal itself, hence float64 on both sides.
        table = confusion(values, outputs.astype(np.float64), cut)
        return {
            "known": (~np.isnan(values)).sum(axis=0),
            "positives": (values == 1).sum(axis=0),
            "auroc": auroc(values, outputs),
            "auprc": auprc(values, outputs),
            "loss": cross_entropy(values, outputs),
            **table.rates(),
            **table.counts(),
        }

    def thresholds(
        self, rule: float | str | None, dataset: Dataset, valid_outputs: np.ndarray | None = None
    ) -> Threshold:
        """Return the thresholds as log-odds and as probabilities.

        Parameters
        ----------
        rule
            A probability, 0.5 by default, or "f1": for each task the threshold with the best F1 on
            the validation split (0.5 where that split has no positive).
        dataset, valid_outputs
            The data set, and the logits of its validation split (n, T); needed for "f1" only.
        """
        rule = DEFAULT_THRESHOLD if rule is None else rule
        if rule == "f1":
            cut = _best_f1(dataset, valid_outputs)
        elif isinstance(rule, str):
            raise unknown("threshold", rule, ("f1", "a probability such as 0.5"))
        elif not 0 < rule < 1:
            raise InputError(
                f"expected a threshold strictly between 0 and 1, or f1; received {rule}"
            )
        else:
            cut = np.full(len(dataset.tasks), np.log(rule) - np.log1p(-rule))
        return Threshold(str(rule), cut, 1 / (1 + np.exp(-cut)))

    def needs_validation(self, rule: float | str | None) -> bool:
        """Return whether the rule is "f1"."""
        return rule == "f1"

    def strata(self, dataset: Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return all rows; elements; and specific elements.

        The last are those with fewer than half of their known labels positive.
        """
        values = dataset.values(rows)
        known, positive = (~np.isnan(values)).sum(axis=1), (values == 1).sum(axis=1)
        specific = dataset.elements[rows] & (2 * positive < known)
        return super().strata(dataset, rows) | {"specific": specific}

    def positive(self, values: np.ndarray) -> np.ndarray:
        """Return which labels are 1."""
        return values == 1

    def ranking(self, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return the logits."""
        return outputs

    def called(self, outputs: np.ndarray, dataset: Dataset, link: str = "identity") -> np.ndarray:
        """Return which logits are above 0."""
        return outputs > 0

    def draw(
        self,
        outputs: np.ndarray,
        dataset: Dataset,
        rows: np.ndarray,
        folder: Path,
        *,
        link: str = "identity",
    ) -> tuple[Path, ...]:
        """Draw ROC and precision-recall curves, of all rows and of elements."""
        from chromkeras.plots.curves import plot_precision_recall, plot_roc

        values, elements = dataset.values(rows), dataset.elements[rows]
        panels = {"all rows": elements | True}
        if not elements.all():
            panels["elements only"] = elements
        pictures = folder / "roc.png", folder / "pr.png"
        for plot, picture in zip((plot_roc, plot_precision_recall), pictures, strict=True):
            plot(values, outputs, dataset.tasks, picture, panels=panels)
        return pictures


def _soft_hint(strange: np.ndarray) -> str:
    if not len(strange):
        return ""
    if strange.dtype.kind == "u" and (strange == np.iinfo(strange.dtype).max).any():
        return f"; in {strange.dtype} a -1 looks so, save the labels as int8"
    if ((strange > 0) & (strange < 1)).all():
        return "; cut fractions at a threshold of your own, or take problem regression"
    return "; other values are for problem regression or classes"


def _best_f1(dataset: Dataset, valid_logits: np.ndarray | None) -> np.ndarray:
    values = dataset.values(dataset.rows("valid"))
    if len(values) == 0:
        raise InputError("threshold f1 is chosen on the validation split, which has no rows")
    if valid_logits is None:
        raise InputError("threshold f1 is chosen on the validation split: expected its logits")
    if valid_logits.shape != values.shape or not np.isfinite(valid_logits).all():
        raise InputError(
            f"expected finite logits of shape {values.shape} (validation rows, tasks), "
            f"received {valid_logits.shape}"
        )
    best = best_f1_thresholds(values, valid_logits).astype(np.float64)
    return np.where(np.isnan(best), 0.0, best)


PROBLEM = Binary()
