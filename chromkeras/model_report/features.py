"""DeepLIFT with respect to a vector of features, such as regulators, over many rows.

A feature's score on a row is its contribution to the output compared with an input of zeros; the
sum of absolute scores over the rows ranks the features, as in DeepREG (B. Liu 2017).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from chrominterpret.methods.deep_lift_shap import DeepLiftShap
from chrominterpret.report.choose import spread_out
from chromkeras.data.dataset import Dataset
from chromkeras.model_report.network_inputs import DNA, channel_names, feed
from chromkeras.model_report.row_names import GENE
from chromkeras.progress import progress
from chromkeras.scoring.contrasts import Target
from chromkeras.sharing.parted_model import Parted, part_model
from chromkeras.tables import write_tsv

CHUNK = 8192  # rows whose scores are held at once


@dataclass(frozen=True, eq=False)
class FeatureScores:
    """Scores of the F features of one input, for K targets.

    Attributes
    ----------
    name
        Name of the input.
    channels
        Names of the features.
    targets
        Names of the targets.
    total, mean, mean_size
        Shape (K, F), float64: Σ|score| over the rows, mean score, and mean |score|.
    rows
        Number of rows that were scored.
    rows_in_all
        Number of rows that there were.
    genes
        Names of the G genes of the rows; () where rows have no gene.
    by_gene
        Shape (K, G, F), float64: mean |score| over the rows of each gene.
    largest_delta
        Largest relative difference between the sum of scores and that of outputs.
    """

    name: str
    channels: tuple[str, ...]
    targets: tuple[str, ...]
    total: np.ndarray
    mean: np.ndarray
    mean_size: np.ndarray
    rows: int
    rows_in_all: int
    genes: tuple[str, ...]
    by_gene: np.ndarray
    largest_delta: float

    def ranked(self, target: int = 0) -> np.ndarray:
        """Return features by Σ|score| for a target, the largest first, shape (F,)."""
        return np.argsort(-self.total[target], kind="stable")

    def facts(self) -> dict[str, Any]:
        """Return what was scored, and the ten first features of each target."""
        return {
            "rows scored": self.rows,
            "rows in all": self.rows_in_all,
            "relative convergence delta, largest": self.largest_delta,
            "first ten": {
                target: [self.channels[i] for i in self.ranked(k)[:10]]
                for k, target in enumerate(self.targets)
            },
        }


def feature_inputs(model: keras.Model) -> tuple[str, ...]:
    """Return the inputs of a model that are vectors."""
    return tuple(tensor.name for tensor in model.inputs if len(tensor.shape) == 2)


def score_features(
    model: keras.Model,
    dataset: Dataset,
    name: str,
    rows: np.ndarray,
    targets: tuple[Target, ...],
    *,
    most: int,
) -> FeatureScores:
    """Score the features of an input by DeepLIFT from zeros, over the rows of a data set.

    Parameters
    ----------
    model
        From its inputs to one output a task, as ``explained_network`` makes it.
    dataset
        With the model's tasks in the model's order.
    name
        Input of shape (rows, F).
    rows
        Rows to score, shape (n,).
    targets
        K tasks or contrasts.
    most
        Most rows to score: so many, at even distances, where there are more.
    """
    chosen = rows[spread_out(len(rows), most)]
    level, genes = _levels(dataset, chosen)
    scorer = _Scorer(model, dataset, name, targets)
    shape = (len(targets), scorer.features)
    total, signed = np.zeros(shape), np.zeros(shape)
    by_gene = np.zeros((len(targets), len(genes), scorer.features))
    largest = 0.0
    # rows by gene, so that a chunk has few genes and what they share is computed once
    order = np.argsort(scorer.shared_rows(chosen), kind="stable")
    with progress(f"DeepLIFT of {name}, {len(chosen)} rows") as report:
        for start in range(0, len(order), CHUNK):
            part = order[start : start + CHUNK]
            scores, delta = scorer.scores(chosen[part])
            size = np.abs(scores)
            total += size.sum(axis=1, dtype=np.float64)
            signed += scores.sum(axis=1, dtype=np.float64)
            if genes:
                _add_by_level(by_gene, size, level[part])
            largest = max(largest, delta)
            report(start + len(part), len(order))
    if genes:
        by_gene /= np.bincount(level, minlength=len(genes))[:, None]
    return FeatureScores(
        name=name,
        channels=channel_names(dataset, name),
        targets=tuple(target.name for target in targets),
        total=total,
        mean=signed / len(chosen),
        mean_size=total / len(chosen),
        rows=len(chosen),
        rows_in_all=len(rows),
        genes=genes,
        by_gene=by_gene,
        largest_delta=largest,
    )


def write_features(scores: FeatureScores, out: Path, known_as: dict[str, str]) -> None:
    """Write ``NAME.tsv``: the features of each target by rank.

    Parameters
    ----------
    scores
        Scores of the features.
    out
        Folder to write to.
    known_as
        Another name of some features, such as MSN2 of YMR037C.
    """
    lines = [
        {
            "target": target,
            "rank": rank + 1,
            "name": scores.channels[i],
            "known as": known_as.get(scores.channels[i], ""),
            "sum of |score|": scores.total[k, i],
            "mean score": scores.mean[k, i],
            "mean |score|": scores.mean_size[k, i],
        }
        for k, target in enumerate(scores.targets)
        for rank, i in enumerate(scores.ranked(k))
    ]
    write_tsv(out / f"{scores.name}.tsv", lines)


class _Scorer:
    """DeepLIFT scores of one input, what rows share by their DNA computed once."""

    def __init__(
        self, model: keras.Model, dataset: Dataset, name: str, targets: tuple[Target, ...]
    ) -> None:
        inputs = [tensor.name for tensor in model.inputs]
        self.dataset, self.name = dataset, name
        self.features = dataset.shapes[name][0]
        self.others = tuple(each for each in inputs if each != DNA)
        self.parted: Parted | None = part_model(model, DNA) if DNA in inputs else None
        self.model = model if self.parted is None else self.parted.rest
        self.method = DeepLiftShap(
            targets={target.name: target.weights for target in targets},
            task_names=dataset.tasks,
            wrt=name,
            references="zeros",
            integrate=True,
        )

    def shared_rows(self, rows: np.ndarray) -> np.ndarray:
        """Return which DNA each row has, shape (n,), or its own number."""
        return rows if self.parted is None else self.dataset.table_rows(DNA, rows)

    def scores(self, rows: np.ndarray) -> tuple[np.ndarray, float]:
        """Return scores (K, n, F) and the largest relative delta."""
        inputs = self.dataset.batch(rows, self.others)
        if self.parted is not None:
            _, first, place = np.unique(
                self.shared_rows(rows), return_index=True, return_inverse=True
            )
            once = self.parted.between(self.dataset.one_hot(rows[first]))
            inputs |= {name: values[place] for name, values in once.items()}
        result = self.method(self.model, feed(self.model, inputs))
        delta = result.relative_delta
        return result.attributions, 0.0 if delta is None else float(delta.max())


def _levels(dataset: Dataset, rows: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the gene of each row, shape (n,), among the names of those that rows have."""
    if GENE not in dataset.factors:
        return np.zeros(len(rows), np.int64), ()
    factor = dataset.factors[GENE]
    there, level = np.unique(factor.of[rows], return_inverse=True)
    return level, tuple(factor.names[i] for i in there)


def _add_by_level(total: np.ndarray, values: np.ndarray, level: np.ndarray) -> None:
    """Add values (K, n, F) to the totals (K, G, F) of the levels (n,) that they belong to."""
    order = np.argsort(level, kind="stable")
    starts = np.flatnonzero(np.diff(level[order], prepend=-1))
    sums = np.add.reduceat(values[:, order], starts, axis=1, dtype=np.float64)
    total[:, level[order][starts]] += sums
