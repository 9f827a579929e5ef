"""What every kind of label has to say of itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import held_out_strata
from chromkeras.errors import InputError
from chromkeras.names import unknown

LINKS = ("identity", "exp")


@dataclass(frozen=True)
class Column:
    """A figure in a table for people.

    Attributes
    ----------
    heading
        What stands over it.
    figure
        Its key among the figures.
    format
        How Python writes a value.
    """

    heading: str
    figure: str
    format: str = ".4f"


@dataclass(frozen=True)
class FigureTable:
    """A table with a row for every task.

    Attributes
    ----------
    title
        Heading of the tasks' names.
    columns
        What to show of all rows.
    means
        Whether rows with the means of each stratum follow.
    threshold
        Whether the threshold of each task stands first.
    """

    title: str
    columns: tuple[Column, ...]
    means: bool = False
    threshold: bool = False


@dataclass(frozen=True, eq=False)
class Threshold:
    """From which output on a row is called positive, for problems that call rows.

    Attributes
    ----------
    rule
        What was asked for, as text.
    output, probability
        Shape (T,), float64: on the scale of the outputs, and as a probability.
    """

    rule: str
    output: np.ndarray
    probability: np.ndarray


class Problem(ABC):
    """A kind of label.

    Labels have shape (n, T) for T tasks, float32 with NaN where unknown: what ``Dataset.values``
    gives. Outputs of a model have shape (n, T) where a task has one unit, else (n, T, units).

    Attributes
    ----------
    name
        Name of the module, and of the problem in files.
    described
        What ``describe`` counts, as a heading over the tasks' names.
    stands_out
        Words before the name of a task that a row stands out in.
    score
        Key of the validation score; bigger is better.
    score_title
        The same for people.
    default_loss
        Name of the usual loss.
    two_values
        What a score needs, for messages.
    strata_titles
        Titles of the sets of rows that an evaluation looks at, by name; the first holds all.
    counts
        Keys of the figures that are counts, of which no mean is taken.
    tables
        What an evaluation prints; the first table holds the figures that are compared.
    row_columns
        What an evaluation prints of ``row_figures``; empty where rows have none.
    specific
        What makes a row of the stratum "specific", for people.
    logits
        Whether the outputs are logits of labels 0 and 1, and the score is their AUROC. A
        comparison then tests differences by DeLong's test, measures calibration, and shows the
        figures of the problem "binary".
    """

    name: str
    described: str = "known labels of"
    stands_out: str = "open in"
    score: str
    score_title: str
    default_loss: str
    two_values: str
    strata_titles: Mapping[str, str]
    counts: frozenset[str]
    tables: tuple[FigureTable, ...]
    row_columns: tuple[Column, ...] = ()
    specific: str = ""
    logits: bool = False

    def units(self, of: Dataset | Sequence[str]) -> int:
        """Return the outputs of each task, for a data set or for names of classes."""
        return 1

    @abstractmethod
    def read_labels(
        self,
        raw: np.ndarray,
        where: str,
        *,
        known: np.ndarray | None = None,
        classes: Sequence[str] = (),
    ) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """Return labels as a data set holds them, from what a file holds.

        Parameters
        ----------
        raw
            Shape (N, T) or (N,), of any number type or bool; NaN where unknown.
        where
            Name for messages.
        known
            Shape of ``raw``, bool; None where the file has no such mask.
        classes
            Names of the classes, where the file has them.

        Returns
        -------
        tuple
            Labels (N, T), 0 where unknown; the mask of known labels (N, T), bool; and lines for a
            person that say how the labels were read.

        Raises
        ------
        InputError
            Another shape, or a label that is not legal.
        """

    def class_names(
        self, labels: np.ndarray, known: np.ndarray, names: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Return the names of the classes of labels (N, T); none where there are no classes."""
        return ()

    def check(  # noqa: B027  # a hook: nothing more is asked of most labels
        self,
        labels: np.ndarray,
        known: np.ndarray,
        tasks: Sequence[str],
        classes: Sequence[str] = (),
    ) -> None:
        """Raise ``InputError`` when a known label, shape (N, T), is not legal.

        A data set holds finite labels, and of the problem "binary" 0 and 1 alone; what else a
        problem asks of them stands here.
        """

    def describe(self, values: np.ndarray, classes: Sequence[str] = ()) -> str:
        """Return what a table of a data set says of some labels of one task.

        Parameters
        ----------
        values
            Labels, shape (n,), NaN where unknown.
        classes
            Names of the classes, where there are any.
        """
        return f"{np.isfinite(values).sum():,}"

    @abstractmethod
    def one_value(self, value: float, classes: Sequence[str]) -> str:
        """Say what a task has whose known labels are all of one value, for messages."""

    def check_training(self, dataset: Dataset) -> None:
        """Raise ``InputError`` for an illegal label, or a task with nothing to learn from.

        Parameters
        ----------
        dataset
            Data set of this problem; legal are its known labels of every split, and each task
            needs labels of several values in the training split.
        """
        self.check(dataset.labels, dataset.known, dataset.tasks, dataset.classes)
        rows = dataset.rows("train")
        if len(rows) == 0:
            raise InputError(f"the train split has no rows; {dataset.where_rows_are}")
        for column, task in enumerate(dataset.tasks):
            labels = dataset.labels[rows, column][dataset.known[rows, column]]
            if len(labels) and labels.min() < labels.max():
                continue
            what = self.one_value(labels[0], dataset.classes) if len(labels) else "no known label"
            raise InputError(
                f"task {task!r} has {what} among the {len(rows)} train rows; "
                "leave the task out or change the split"
            )

    def check_validation(self, dataset: Dataset, rows: np.ndarray) -> None:
        """Raise ``InputError`` when no task has a score on validation rows of shape (n,)."""
        if len(rows) == 0:
            raise InputError("the validation split is empty; make the data set with another split")
        if not varying(dataset.values(rows)).any():
            raise InputError(
                f"no task has {self.two_values} among the {len(rows)} validation rows, so no "
                "epoch can be called best; choose another validation split"
            )

    @abstractmethod
    def predictions(self, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return what outputs say for people, float64.

        Parameters
        ----------
        outputs
            Shape (n, T) or (n, T, units).
        link
            What the loss makes of an output: its ``LINK``.
        """

    @abstractmethod
    def scores(self, values: np.ndarray, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return the validation score of each task, shape (T,), NaN where undefined."""

    @abstractmethod
    def figures(
        self,
        values: np.ndarray,
        outputs: np.ndarray,
        *,
        link: str = "identity",
        threshold: Threshold | None = None,
    ) -> dict[str, np.ndarray]:
        """Return every figure of an evaluation by name, each of shape (T,), NaN where undefined.

        Parameters
        ----------
        values, outputs
            Labels (n, T) and outputs of the same rows.
        link
            As for ``predictions``.
        threshold
            What ``thresholds`` gives.
        """

    def row_figures(
        self, values: np.ndarray, outputs: np.ndarray, link: str = "identity"
    ) -> dict[str, np.ndarray]:
        """Return figures of each row across its tasks by name, each of shape (n,), NaN undefined.

        Parameters
        ----------
        values, outputs
            Labels (n, T) and outputs of the same rows.
        link
            As for ``predictions``.
        """
        return {}

    def thresholds(
        self, rule: float | str | None, dataset: Dataset, valid_outputs: np.ndarray | None = None
    ) -> Threshold | None:
        """Return from which output on rows are called positive; None where none are called.

        Parameters
        ----------
        rule
            As asked for; None takes the usual one.
        dataset, valid_outputs
            The data set, and the outputs for its validation split where a rule needs them.

        Raises
        ------
        InputError
            A rule was asked for and there is none in this problem, or not this one.
        """
        if rule is not None:
            raise InputError(
                f"expected no threshold for problem {self.name!r}, which calls no rows positive; "
                f"received {rule}"
            )
        return None

    def needs_validation(self, rule: float | str | None) -> bool:
        """Return whether ``thresholds`` needs outputs of the validation split for a rule."""
        return False

    def strata(self, dataset: Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return which rows each stratum holds, by name, each of shape (n,), bool.

        Beside those of the problem there is one for each combination of levels of the data set's
        factors that training has seen, or not: "seen gene, new condition".
        """
        own = {"all": np.ones(len(rows), bool), "elements": dataset.elements[rows]}
        return own | held_out_strata(dataset.factors, rows)

    def stratum_title(self, name: str) -> str:
        """Return what people call a stratum."""
        return self.strata_titles.get(name, name)

    @abstractmethod
    def positive(self, values: np.ndarray) -> np.ndarray:
        """Return which labels (n, T) stand out in their task, bool; unknown ones do not."""

    def positive_rows(self, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
        """Return which rows stand out in each task of a data set, shape (n, T), bool."""
        return self.positive(dataset.values(rows))

    @abstractmethod
    def ranking(self, outputs: np.ndarray, link: str = "identity") -> np.ndarray:
        """Return a number for each row and task, (n, T): the larger, the more it stands out."""

    @abstractmethod
    def called(self, outputs: np.ndarray, dataset: Dataset, link: str = "identity") -> np.ndarray:
        """Return which rows a model says to stand out, (n, T), bool; as ``positive_rows`` means."""

    @abstractmethod
    def draw(
        self,
        outputs: np.ndarray,
        dataset: Dataset,
        rows: np.ndarray,
        folder: Path,
        *,
        link: str = "identity",
    ) -> tuple[Path, ...]:
        """Draw how outputs fit the labels of some rows, and return the pictures' paths."""


def varying(values: np.ndarray) -> np.ndarray:
    """Return which tasks have two different known labels, shape (T,), of labels (n, T)."""
    known = ~np.isnan(values)
    low = np.where(known, values, np.inf).min(axis=0, initial=np.inf)
    high = np.where(known, values, -np.inf).max(axis=0, initial=-np.inf)
    found: np.ndarray = low < high
    return found


def check_link(link: str) -> None:
    """Raise ``InputError`` for an unknown link."""
    if link not in LINKS:
        raise unknown("link", link, LINKS)
