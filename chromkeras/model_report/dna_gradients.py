"""Gradients of the four nucleotides along DNA, averaged over all rows that share it.

Where rows are pairs of a gene and a condition, the mean over a gene's pairs is what the model reads
in its DNA whatever the condition; that over the pairs of one condition is what it reads there.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from chrominterpret.engine.backend import compile_gradient
from chrominterpret.files import replacing
from chrominterpret.report.choose import spread_out
from chromkeras.data.dataset import Dataset
from chromkeras.model_report.attributions import Request
from chromkeras.model_report.network_inputs import DNA, Inputs
from chromkeras.model_report.row_names import dna_name
from chromkeras.progress import progress
from chromkeras.sharing.parted_model import part_model

MOST_ROWS = 256  # of each DNA


@dataclass(frozen=True, eq=False)
class DnaGradients:
    """Mean gradients at G sequences of length L, for K targets.

    Attributes
    ----------
    targets
        Names of the targets.
    names
        What the sequences are called, G of them.
    onehot
        float32 (G, L, 4).
    stranded
        Whether sequences read in the direction of a gene.
    gradients
        By the name of the rows that were averaged over, float32 (K, G, L, 4) in A C G T.
    rows
        By the same names, how many rows each mean is of, int64 (G,).
    """

    targets: tuple[str, ...]
    names: tuple[str, ...]
    onehot: np.ndarray
    stranded: bool
    gradients: dict[str, np.ndarray]
    rows: dict[str, np.ndarray]

    def lines(self, over: str, target: int) -> np.ndarray:
        """Return gradients (G, L, 4) less the mean of the four at each position.

        What all four have in common changes nothing that a sequence can do (Majdandzic et al.
        2023, doi:10.1186/s13059-023-02956-3).
        """
        values = self.gradients[over][target]
        return values - values.mean(axis=-1, keepdims=True)

    def times_input(self, over: str, target: int) -> np.ndarray:
        """Return gradient × input (G, L, 4)."""
        return self.gradients[over][target] * self.onehot


def average_gradients(request: Request, rows: dict[str, np.ndarray]) -> DnaGradients:
    """Average the gradient at the DNA of the attributed rows over all rows with that DNA.

    Parameters
    ----------
    request
        Whose rows have the DNA.
    rows
        By name, rows to average over, such as those of a split and those of one condition.
    """
    dataset = request.dataset
    table = dataset.table_rows(DNA, request.rows)
    _, first = np.unique(table, return_index=True)
    chosen = request.rows[np.sort(first)]
    places = dataset.table_rows(DNA, chosen)
    gradient = _Gradient(request)
    onehot = dataset.one_hot(chosen)
    found, counts = {}, {}
    for name, some in rows.items():
        groups = _by_place(dataset, some, places)
        width = max(len(group) for group in groups)
        with progress(f"gradients of the DNA, {name}") as report:
            each = []
            for done, (x, group) in enumerate(zip(onehot, groups, strict=True)):
                each.append(gradient.mean(x, group, width))
                report(done + 1, len(groups))
        found[name] = np.stack(each, axis=1)
        counts[name] = np.array([len(group) for group in groups])
    return DnaGradients(
        tuple(target.name for target in request.targets),
        tuple(dna_name(dataset, row) for row in chosen),
        onehot,
        dataset.dna.stranded,
        found,
        counts,
    )


def write_gradients(found: DnaGradients, out: Path) -> None:
    """Write ``dna_gradients.npz``: names, one-hot DNA and, by rows averaged over, gradients."""
    arrays: dict[str, Any] = {
        "targets": np.array(found.targets),
        "names": np.array(found.names),
        "onehot": found.onehot.astype(np.uint8),
    }
    arrays |= {f"gradient, {name}": values for name, values in found.gradients.items()}
    arrays |= {f"rows, {name}": values for name, values in found.rows.items()}
    with replacing(out / "dna_gradients.npz") as beside, beside.open("wb") as file:
        np.savez(file, **arrays)


class _Gradient:
    """The mean over rows of the gradient at the DNA that they share."""

    def __init__(self, request: Request) -> None:
        self.dataset = request.dataset
        tasks = {task: i for i, task in enumerate(request.dataset.tasks)}
        self.weights = np.zeros((len(request.targets), len(tasks)), np.float32)
        for row, target in zip(self.weights, request.targets, strict=True):
            for task, weight in target.weights.items():
                row[tasks[task]] = weight
        names = [tensor.name for tensor in request.model.inputs]
        self.others = tuple(name for name in names if name != DNA)
        self.compiled = compile_gradient(
            _outputs(request.model, self.others), request.model.variables
        )

    def mean(self, x: np.ndarray, rows: np.ndarray, width: int) -> np.ndarray:
        """Return the mean gradient (K, L, 4) at DNA x (L, 4) over at most ``width`` rows."""
        if not len(rows):
            return np.zeros((len(self.weights), *x.shape), np.float32)
        width = width if self.others else 1
        some = rows[:width]
        share = np.zeros((width, 1), np.float32)
        share[: len(some)] = 1 / len(some)
        filled = np.concatenate([some, np.repeat(some[-1:], width - len(some))])
        inputs: Inputs = self.dataset.batch(filled, self.others) if self.others else {}
        others = [inputs[name] for name in self.others]
        return np.asarray(self.compiled(x[None], self.weights, share, *others)[2][:, 0])


def _outputs(model: keras.Model, others: tuple[str, ...]) -> Any:
    """Return a function of one DNA (1, L, 4), shares of rows and their other inputs."""
    parted = part_model(model, DNA) if others else None

    def function(x: Any, share: Any, *inputs: Any) -> tuple[Any, Any]:
        if parted is None:
            outputs = model(x, training=False)
        else:
            once = parted.named(parted.first(x, training=False))
            n = share.shape[0]
            shared = {name: ops.repeat(each, n, axis=0) for name, each in once.items()}
            outputs = parted.rest(shared | dict(zip(others, inputs, strict=True)), training=False)
        return outputs * share, share

    return function


def _by_place(dataset: Dataset, rows: np.ndarray, places: np.ndarray) -> list[np.ndarray]:
    """Return those of the rows (n,) that have each DNA, spread out where they are too many."""
    table = dataset.table_rows(DNA, rows)
    found = []
    for place in places:
        mine = rows[table == place]
        found.append(mine[spread_out(len(mine), MOST_ROWS)] if len(mine) else mine)
    return found
