"""Which input a prediction rests on: one DeepLIFT from the references of all inputs at once.

A network of several inputs is laid behind one long vector that holds them all, so that sequence and
references differ in every input and the contributions of all inputs together sum to the difference
of outputs.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from chrominterpret.engine.graph import run_graph
from chrominterpret.methods.deep_lift_shap import DeepLiftShap
from chrominterpret.report.choose import spread_out
from chrominterpret.sequences import dinucleotide_shuffle, one_hot
from chromkeras.model_report.attributions import Request
from chromkeras.model_report.network_inputs import DNA, Inputs
from chromkeras.model_report.references import make_references
from chromkeras.model_report.row_names import row_columns
from chromkeras.progress import progress
from chromkeras.tables import write_tsv

SPREAD = 128  # rows at even distances
TOGETHER = 1 << 24  # numbers of references made at once


@dataclass(frozen=True, eq=False)
class InputShares:
    """Contributions of each of I inputs to K targets on n rows.

    Attributes
    ----------
    request
        The request, whose last rows are spread over the split.
    names
        Names of the inputs.
    spread
        Number of these last rows, S; the others were chosen.
    size
        Shape (K, n, I): Σ|contribution| over the positions or features of an input; the bases of a
        position of DNA count as one.
    net
        Shape (K, n, I): sum of the contributions. Over the inputs it is the difference between the
        output of the row and the mean output of its references.
    largest_delta
        Largest relative difference between that sum and the difference of outputs.
    """

    request: Request
    names: tuple[str, ...]
    spread: int
    size: np.ndarray
    net: np.ndarray
    largest_delta: float

    @property
    def share(self) -> np.ndarray:
        """Share of each input in Σ|contribution| of a row, shape (K, n, I)."""
        total = self.size.sum(axis=-1, keepdims=True)
        return np.divide(self.size, total, out=np.zeros_like(self.size), where=total > 0)

    @property
    def overall(self) -> np.ndarray:
        """Share of each input in Σ|contribution| over the spread rows, shape (K, I)."""
        total = self.size[:, -self.spread :].sum(axis=1)
        return np.asarray(total / np.maximum(total.sum(axis=-1, keepdims=True), 1e-30))

    @property
    def variance(self) -> np.ndarray:
        """Share of each input in the variance of the net contributions, shape (K, I).

        The covariance of an input's net contribution with the sum over inputs, relative to the
        variance of the sum: what tells the spread rows apart. Shares sum to 1; one may lie
        below 0.
        """
        net = self.net[:, -self.spread :]
        apart = net - net.mean(axis=1, keepdims=True)
        whole = apart.sum(axis=-1, keepdims=True)
        variance = (whole**2).sum(axis=1)
        found = (apart * whole).sum(axis=1)
        return np.divide(found, variance, out=np.full_like(found, np.nan), where=variance > 0)

    def facts(self) -> dict[str, Any]:
        """Return the shares of each target, and how complete the contributions are."""
        named = [target.name for target in self.request.targets]
        return {
            "rows": len(self.request.rows),
            "of them spread over the split": self.spread,
            "relative convergence delta, largest": self.largest_delta,
            "share of sum of |score|": _by_input(named, self.names, self.overall),
            "share of variance": _by_input(named, self.names, self.variance),
        }


def joined_network(network: keras.Model) -> keras.Model:
    """Return a network that reads all inputs of another as one vector.

    Parameters
    ----------
    network
        Functional model with several inputs of known shape.

    Returns
    -------
    keras.Model
        From (batch, D), the flattened inputs side by side in the network's order, to the same
        output, of the same layers.

    Examples
    --------
    >>> a, b = keras.Input((2, 3), name="a"), keras.Input((4,), name="b")
    >>> both = keras.layers.Concatenate()([keras.layers.Flatten()(a), b])
    >>> joined_network(keras.Model([a, b], keras.layers.Dense(1)(both))).input_shape
    (None, 10)
    """
    shapes = [tuple(tensor.shape[1:]) for tensor in network.inputs]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes]).tolist()
    vector = keras.Input((ends[-1],), name="all_inputs")
    parts = [
        keras.layers.Reshape(shape)(vector[:, start:end])
        for shape, start, end in zip(shapes, [0, *ends], ends, strict=False)
    ]
    outputs = run_graph(network, parts, lambda step, a, k: step.operation(*a, **k))
    return keras.Model(vector, outputs[0])


def share_inputs(request: Request, rows: np.ndarray) -> InputShares:
    """Attribute rows to all inputs at once, DNA compared as asked for and others with zeros.

    Parameters
    ----------
    request
        Rows and targets, and the references of DNA.
    rows
        Rows (n,) of which some at even distances are attributed too.
    """
    spread = rows[spread_out(len(rows), SPREAD)]
    request = replace(request, rows=np.concatenate([request.rows, spread]))
    network, dataset = request.model, request.dataset
    names = tuple(tensor.name for tensor in network.inputs)
    joined = joined_network(network)
    shape = (len(request.targets), len(request.rows), len(names))
    size, net, largest = np.zeros(shape), np.zeros(shape), 0.0
    with progress(f"DeepLIFT of {' and '.join(names)} together") as report:
        step = max(1, TOGETHER // (request.references * int(joined.input_shape[1])))
        for start in range(0, len(request.rows), step):
            part = slice(start, start + step)
            inputs = dataset.batch(request.rows[part], names)
            result = DeepLiftShap(
                targets={target.name: target.weights for target in request.targets},
                task_names=dataset.tasks,
                references=_references(request, inputs, names),
                integrate=True,
            )(joined, _flat(inputs, names))
            size[:, part], net[:, part] = _by_shape(result.attributions, inputs, names)
            if result.relative_delta is not None:
                largest = max(largest, float(result.relative_delta.max()))
            report(min(start + step, len(request.rows)), len(request.rows))
    return InputShares(request, names, len(spread), size, net, largest)


def write_shares(shares: InputShares, out: Path) -> None:
    """Write ``inputs.tsv``, a line for each target and row."""
    request = shares.request
    about = row_columns(request.dataset, request.rows)
    lines = []
    for k, target in enumerate(request.targets):
        for i in range(len(request.rows)):
            line: dict[str, Any] = {"target": target.name}
            line |= {name: values[i] for name, values in about.items()}
            line["chosen as"] = "attributed" if i < len(request.rows) - shares.spread else "spread"
            for column, name in enumerate(shares.names):
                line[f"share of {name}"] = shares.share[k, i, column]
                line[f"sum of |score| of {name}"] = shares.size[k, i, column]
                line[f"net score of {name}"] = shares.net[k, i, column]
            lines.append(line)
    write_tsv(out / "inputs.tsv", lines)


def _flat(inputs: Inputs, names: tuple[str, ...]) -> np.ndarray:
    return np.concatenate([inputs[name].reshape(len(inputs[name]), -1) for name in names], axis=1)


def _references(request: Request, inputs: Inputs, names: tuple[str, ...]) -> np.ndarray:
    """Return references of all inputs together, float32 (n, R, D)."""
    made = {
        name: _dna_references(request, x) if name == DNA else np.zeros_like(x)[:, None]
        for name, x in inputs.items()
    }
    each = max(values.shape[1] for values in made.values())
    parts = []
    for name in names:
        n, r = made[name].shape[:2]
        flat = made[name].reshape(n, r, -1)
        parts.append(np.broadcast_to(flat, (n, each, flat.shape[2])) if r == 1 else flat)
    return np.concatenate(parts, axis=2, dtype=np.float32)


def _dna_references(request: Request, x: np.ndarray) -> np.ndarray:
    """Return references of one-hot DNA (n, L, 4), float32 (n, R, L, 4)."""
    kind = request.reference_kind
    if kind == "shuffle":
        return one_hot(dinucleotide_shuffle(x, n=request.references, seed=request.seed))
    if kind == "genomic":
        made = make_references(
            kind, request.dataset, request.rows, request.references, request.seed
        )
        return np.broadcast_to(np.asarray(made), (len(x), *np.shape(made)))
    base = {
        "background": x.mean(axis=(0, 1)),
        "uniform": np.full(4, 0.25),
        "zeros": np.zeros(4),
    }[kind]
    return np.broadcast_to(base.astype(np.float32), x.shape)[:, None]


def _by_shape(
    contributions: np.ndarray, inputs: Inputs, names: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return Σ|contribution| and the sum of each input, (K, n, I), from contributions (K, n, D)."""
    size, net, start = [], [], 0
    for name in names:
        shape = inputs[name].shape[1:]
        end = start + int(np.prod(shape))
        own = contributions[:, :, start:end].astype(np.float64)
        net.append(own.sum(axis=-1))
        if name == DNA:  # a base gained and the one lost are one change
            own = own.reshape(*own.shape[:2], *shape).sum(axis=-1)
        size.append(np.abs(own).sum(axis=-1))
        start = end
    return np.stack(size, axis=-1), np.stack(net, axis=-1)


def _by_input(
    targets: list[str], names: tuple[str, ...], values: np.ndarray
) -> dict[str, dict[str, float]]:
    return {
        target: dict(zip(names, map(float, row), strict=True))
        for target, row in zip(targets, values, strict=True)
    }
