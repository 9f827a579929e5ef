"""Labels of several classes that exclude each other."""

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
from scipy.special import logsumexp, softmax

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.problems.problem import Column, FigureTable, Problem, Threshold
from chromkeras.problems.reading import label_table, refuse
from chromkeras.statistics.classification import (
    accuracy,
    cross_entropy_of_classes,
    macro_auroc,
)


class Classes(Problem):
    """Classes 0 to C − 1 with C logits a task; a row stands out that is not of class 0.

    All tasks have the same classes. Class 0 is the one that nothing is said of, such as "closed":
    with two classes the problem then is the binary one.
    """

    name = "classes"
    score = "macro_auroc"
    score_title = "macro AUROC"
    default_loss = "crossentropy"
    two_values = "rows of two classes"
    strata_titles = MappingProxyType({"all": "all rows", "elements": "elements only"})
    counts = frozenset({"known"})
    tables = (
        FigureTable(
            "task",
            (
                Column("known", "known"),
                Column("accuracy", "accuracy"),
                Column("macro AUROC", "macro_auroc"),
                Column("cross-entropy", "cross_entropy"),
            ),
            means=True,
        ),
    )

    def units(self, of: Dataset | Sequence[str]) -> int:
        """Return the number of classes C, for a data set or for the names of its classes."""
        names = of.classes if isinstance(of, Dataset) else of
        if len(names) < 2:
            raise InputError(f"expected the names of at least two classes, received {len(names)}")
        return len(names)

    def read_labels(
        self,
        raw: np.ndarray,
        where: str,
        *,
        known: np.ndarray | None = None,
        classes: Sequence[str] = (),
    ) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """Return whole numbers from 0 and which are known; NaN and −1 are unknown.

        There are as many classes as ``classes`` has names, else as many as the largest label says.
        """
        y, mask = label_table(raw, where, known)
        mask = mask & (y != -1) if y.dtype.kind in "if" else mask
        highest = len(classes) - 1 if classes else np.iinfo(np.int32).max
        strange = mask & ~((y >= 0) & (y <= highest) & (y == np.trunc(y)))
        upto = f"0 to {highest} ({', '.join(classes)})" if classes else "0, 1, 2, ..."
        hint = "; probabilities of classes are not taken" if y.dtype.kind == "f" else ""
        refuse(y, strange, where, f"classes {upto} or -1 (unknown)", hint)
        count = len(classes) or int(y[mask].max(initial=0)) + 1
        if count < 2:
            raise InputError(f"{where}: expected at least two classes, received one")
        narrow = next(t for t in (np.int8, np.int16, np.int32) if count - 1 <= np.iinfo(t).max)
        note = f"labels: {y.dtype} read as {count} classes"
        return np.where(mask, y, 0).astype(narrow), mask, (note,)

    def class_names(
        self, labels: np.ndarray, known: np.ndarray, names: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Return the names as given, or "0", "1", ... up to the largest label."""
        count = int(labels[known].max(initial=0)) + 1
        return tuple(names) or tuple(str(label) for label in range(count))

    def check(
        self,
        labels: np.ndarray,
        known: np.ndarray,
        tasks: Sequence[str],
        classes: Sequence[str] = (),
    ) -> None:
        """Raise ``InputError`` when a known label is none of the classes."""
        legal = (labels >= 0) & (labels < self.units(classes)) & (labels == np.trunc(labels))
        refuse(labels, known & ~legal, "labels", f"0 to {len(classes) - 1} where known")

    def describe(self, values: np.ndarray, classes: Sequence[str] = ()) -> str:
        """Return how many labels are known, and the share of the largest class."""
        known = values[np.isfinite(values)].astype(int)
        if not len(known):
            return "none known"
        sizes = np.bincount(known)
        largest = int(sizes.argmax())
        return f"{len(known):,} ({100 * sizes[largest] / len(known):.1f} % {classes[largest]})"

    def one_value(self, value: float, classes: Sequence[str]) -> str:
        """Say which class is the only one."""
        return f"only class {classes[int(value)]!r}"

    def predictions(self, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return the probability of each class, shape (n, T, C)."""
        found: np.ndarray = softmax(outputs.astype(np.float64), axis=-1)
        return found

    def scores(self, values: np.ndarray, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return the mean AUROC of each class against the rest; NaN where there is one class."""
        return macro_auroc(values, outputs)

    def figures(
        self,
        values: np.ndarray,
        outputs: np.ndarray,
        *,
        link: str = "identity",
        threshold: Threshold | None = None,
    ) -> dict[str, np.ndarray]:
        """Return accuracy, macro AUROC and cross-entropy."""
        return {
            "known": (~np.isnan(values)).sum(axis=0),
            "accuracy": accuracy(values, outputs),
            "macro_auroc": macro_auroc(values, outputs),
            "cross_entropy": cross_entropy_of_classes(values, outputs),
        }

    def positive(self, values: np.ndarray) -> np.ndarray:
        """Return which labels are known and not class 0."""
        return values > 0

    def ranking(self, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return the log-odds of not being of class 0: log (1 − p_0) / p_0."""
        logits = outputs.astype(np.float64)
        found: np.ndarray = logsumexp(logits[..., 1:], axis=-1) - logits[..., 0]
        return found

    def called(self, outputs: np.ndarray, dataset: Dataset, link: str = "identity") -> np.ndarray:
        """Return which rows are more likely not of class 0."""
        return self.ranking(outputs) > 0

    def draw(
        self,
        outputs: np.ndarray,
        dataset: Dataset,
        rows: np.ndarray,
        folder: Path,
        *,
        link: str = "identity",
    ) -> tuple[Path, ...]:
        """Draw which classes are taken for which, for each task."""
        from chromkeras.plots.class_maps import plot_class_maps

        picture = folder / "confusion.png"
        plot_class_maps(dataset.values(rows), outputs, dataset.tasks, dataset.classes, picture)
        return (picture,)


PROBLEM = Classes()
