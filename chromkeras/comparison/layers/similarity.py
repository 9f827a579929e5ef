"""Similarity of the layers of two models on the same sequences: linear CKA and SVCCA.

A layer that holds several networks side by side is read as each task sees it: the similarity of
two layers for a task is that of the network of the task in the one and in the other, and over
tasks it is averaged. So the one backbone of a hard-shared model is compared with the backbone of
every single network, and what two tasks' networks have in common is not counted as a likeness.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import keras
import numpy as np

from chrominterpret.layers.cka import SMALLEST_BATCH, centred_gram
from chromkeras.comparison.core.comparison import ComparedModel
from chromkeras.comparison.core.controls import (
    UNTRAINED,
    check_models,
    relation,
    tasks_of_both,
    untrained_copy,
)
from chromkeras.cost.memory import prediction_batch
from chromkeras.errors import InputError
from chromkeras.model_report.network_inputs import Inputs, in_order
from chromkeras.statistics.means import mean_defined
from chromkeras.statistics.svcca import leading_directions, mean_correlation

BATCH = 64
KEPT = 0.99


@dataclass(frozen=True, eq=False)
class Layers:
    """Which layers of a model are compared, and whose networks they hold.

    Attributes
    ----------
    tasks
        T names.
    names
        L names, in the order of the architecture.
    row_of
        The network of each task in each layer, shape (L, T).
    """

    tasks: tuple[str, ...]
    names: tuple[str, ...]
    row_of: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Representation:
    """A model's layers on n sequences, as far as comparing them needs.

    Attributes
    ----------
    layers
        Which they are.
    sizes
        Sequences in each minibatch.
    grams
        Centred kernels of each layer's R networks, shape (R, Σ b²), float32, of all
        minibatches, of length 1, so that products are CKA; 0 for a network that does not vary.
    directions
        Orthonormal basis of each layer's networks, shape (n, d), float32.
    """

    layers: Layers
    sizes: tuple[int, ...]
    grams: tuple[np.ndarray, ...]
    directions: tuple[tuple[np.ndarray, ...], ...]


@dataclass(frozen=True, eq=False)
class LayerSimilarity:
    """Every layer of one model against every layer of another.

    Attributes
    ----------
    first, second
        Names of the models.
    kind
        "models", "two seeds" or "untrained".
    tasks
        K tasks in common.
    layers
        Names of the layers of both, L and M of them.
    cka, svcca
        Shape (K, L, M), float64: by task. CKA is the unbiased estimate, 1 for equal layers and
        near 0 for unrelated ones; SVCCA has no such zero. NaN where a layer does not vary.
    """

    first: str
    second: str
    kind: str
    tasks: tuple[str, ...]
    layers: tuple[tuple[str, ...], tuple[str, ...]]
    cka: np.ndarray
    svcca: np.ndarray

    @property
    def mean_cka(self) -> np.ndarray:
        """Mean over the tasks where defined, shape (L, M)."""
        return mean_defined(self.cka, axis=0)

    @property
    def mean_svcca(self) -> np.ndarray:
        """Mean over the tasks where defined, shape (L, M)."""
        return mean_defined(self.svcca, axis=0)


def represent(
    batches: Iterable[Sequence[np.ndarray]], layers: Layers, *, kept: float = KEPT
) -> Representation:
    """Take in the activations of a model's layers, minibatch after minibatch.

    Parameters
    ----------
    batches
        Activations of every layer for each minibatch: (R, b, P, C) of R networks at P
        positions, or (R, b, U); float. b is at least 4.
    layers
        Which layers they are.
    kept
        Share of the variance that SVCCA keeps.

    Notes
    -----
    CKA compares activations with their positions; SVCCA, which needs more sequences than
    features, their means over positions. With N sequences in minibatches of b, kernels take
    4 N b bytes and bases at most 4 N C for each network of each layer.
    """
    sizes: list[int] = []
    grams: list[list[np.ndarray]] = [[] for _ in layers.names]
    pooled: list[list[np.ndarray]] = [[] for _ in layers.names]
    for batch in batches:
        sizes.append(batch[0].shape[1])
        for place, activation in enumerate(batch):
            grams[place].append(np.stack([centred_gram(a) for a in activation]))
            means = activation.mean(axis=2) if activation.ndim == 4 else activation
            pooled[place].append(np.asarray(means, np.float32))
    return Representation(
        layers,
        tuple(sizes),
        tuple(_of_length_one(np.concatenate(parts, axis=1)) for parts in grams),
        tuple(_bases(np.concatenate(parts, axis=1), kept) for parts in pooled),
    )


def layer_similarity(
    first: Representation, second: Representation, *, names: tuple[str, str], kind: str
) -> LayerSimilarity:
    """Compare every layer of two models for the tasks they have in common.

    Parameters
    ----------
    first, second
        Layers read from the same sequences in the same minibatches.
    names, kind
        As in `LayerSimilarity`.

    Raises
    ------
    InputError
        No task is in common, or the minibatches differ.
    """
    if first.sizes != second.sizes:
        raise InputError(
            f"expected representations of the same sequences, received {sum(first.sizes)} in "
            f"{len(first.sizes)} batches and {sum(second.sizes)} in {len(second.sizes)}"
        )
    sides = (first.layers, second.layers)
    tasks = tasks_of_both(*(side.tasks for side in sides))
    shape = (len(tasks), *(len(side.names) for side in sides))
    cka, cca = np.empty(shape), np.empty(shape)
    for one, own in enumerate(_rows(first.layers, tasks)):
        for other, theirs in enumerate(_rows(second.layers, tasks)):
            cka[:, one, other] = _cka(first.grams[one], second.grams[other])[own, theirs]
            cca[:, one, other] = _svcca(
                first.directions[one], second.directions[other], list(zip(own, theirs, strict=True))
            )
    return LayerSimilarity(*names, kind, tasks, (first.layers.names, second.layers.names), cka, cca)


def layer_similarities(
    models: Sequence[ComparedModel],
    inputs: Inputs,
    *,
    seed: int = 0,
    untrained: bool = True,
    batch_size: int = BATCH,
    kept: float = KEPT,
) -> list[LayerSimilarity]:
    """Compare every pair of models, and each model with an untrained copy of itself.

    Parameters
    ----------
    models
        Trained models.
    inputs
        By name, float32 (n, ...), the same rows for all models.
    seed
        Seed of the weights of the random-weight controls.
    untrained
        Whether to make these copies.
    batch_size
        Least sequences in a minibatch.
    kept
        Share of the variance that SVCCA keeps.

    Returns
    -------
    list of LayerSimilarity
        The pairs of models in order, then models and their untrained copies.

    Raises
    ------
    InputError
        Two models have no task in common, one reads other inputs, or there are too few rows.
    """
    check_models(models, inputs)
    options: dict[str, Any] = {"batch_size": batch_size, "kept": kept}
    read = [read_layers(each, inputs, **options) for each in models]
    found = [
        layer_similarity(
            read[i],
            read[j],
            names=(models[i].name, models[j].name),
            kind=relation(models[i], models[j]),
        )
        for i, j in combinations(range(len(models)), 2)
    ]
    for each, trained in zip(models, read, strict=True):
        if untrained:
            copy = untrained_copy(each, seed=seed)
            fresh = read_layers(copy, inputs, **options)
            pair = (each.name, copy.name)
            found.append(layer_similarity(trained, fresh, names=pair, kind=UNTRAINED))
    return found


def read_layers(
    model: ComparedModel, inputs: Inputs, *, batch_size: int = BATCH, kept: float = KEPT
) -> Representation:
    """Read the comparable layers of a model: each block's pool, the dense layers, the logits.

    Parameters and errors are those of `layer_similarities`.
    """
    check_models([model], inputs)
    arrays = in_order(model.network, inputs)
    if min(batch_size, len(arrays[0])) < SMALLEST_BATCH:
        raise InputError(
            f"expected batches of at least {SMALLEST_BATCH} sequences, received batches of "
            f"{batch_size} and {len(arrays[0])} sequences"
        )
    sources = comparable_layers(model)
    layers = Layers(model.tasks, tuple(s.title for s in sources), tuple(s.row_of for s in sources))
    return represent(_activations(model.network, sources, arrays, batch_size), layers, kept=kept)


@dataclass(frozen=True)
class Source:
    """Where a compared layer's activations come from.

    Attributes
    ----------
    title
        For people, such as "block 1", "dense 10" or "logits".
    layer
        Name of the Keras layer whose output it is.
    networks
        How many lie side by side, R.
    on_channels
        Whether they do so on the channel axis, (b, P, R * C), and not on the first.
    row_of
        The network of each task, shape (T,).
    """

    title: str
    layer: str
    networks: int
    on_channels: bool
    row_of: tuple[int, ...]


def comparable_layers(model: ComparedModel) -> list[Source]:
    """Return the layers of a model that are compared, in the order of its architecture."""
    table = model.layers
    return [
        Source(
            entry.title,
            entry.name,
            len(readers := table.readers(entry.mode)),
            entry.positions,
            tuple(
                next(row for row, some in enumerate(readers) if task in some)
                for task in table.tasks
            ),
        )
        for entry in table.titled
    ]


def _activations(
    network: keras.Model, sources: Sequence[Source], arrays: Sequence[np.ndarray], batch_size: int
) -> Iterator[list[np.ndarray]]:
    """Yield minibatches of ``batch_size`` or somewhat more; the last layers stay in memory."""
    outputs = [network.get_layer(source.layer).output for source in sources]
    # keras.Function, not keras.Model: the latter adds nodes to the caller's layers. It keeps all
    # tensors of a pass, of which there are a few as large as the largest.
    read = keras.Function(network.inputs, outputs)
    at_once = max(prediction_batch(network) // 4, 1)
    count = len(arrays[0])
    for rows in np.array_split(np.arange(count), max(count // batch_size, 1)):
        pieces = [
            [
                _by_network(keras.ops.convert_to_numpy(values), source)
                for values, source in zip(read([x[some] for x in arrays]), sources, strict=True)
            ]
            for some in np.array_split(rows, -(-len(rows) // at_once))
        ]
        yield [np.concatenate(layer, axis=1) for layer in zip(*pieces, strict=True)]


def _by_network(values: np.ndarray, source: Source) -> np.ndarray:
    """Return activations as (R, b, P, C) or (R, b, U)."""
    values = values.astype(np.float32, copy=False)
    if not source.on_channels:
        return values if values.ndim == 3 else values[None]
    batch, positions, channels = values.shape
    shape = (batch, positions, source.networks, channels // source.networks)
    return values.reshape(shape).transpose(2, 0, 1, 3)


def _of_length_one(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return unit.astype(np.float32)


def _bases(pooled: np.ndarray, kept: float) -> tuple[np.ndarray, ...]:
    return tuple(leading_directions(values, kept).astype(np.float32) for values in pooled)


def _rows(layers: Layers, tasks: Sequence[str]) -> list[list[int]]:
    """Return, of every layer, the networks of the given tasks."""
    places = [layers.tasks.index(task) for task in tasks]
    return [[row_of[place] for place in places] for row_of in layers.row_of]


def _cka(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the CKA of all networks of two layers, shape (R, S)."""
    value = (first @ second.T).astype(np.float64)
    value[~first.any(axis=1)] = np.nan
    value[:, ~second.any(axis=1)] = np.nan
    return value


def _svcca(
    first: Sequence[np.ndarray], second: Sequence[np.ndarray], pairs: list[tuple[int, int]]
) -> list[float]:
    """Return the SVCCA of each pair of networks; many tasks may share one pair."""
    known = {(i, j): mean_correlation(first[i], second[j]) for i, j in set(pairs)}
    return [known[pair] for pair in pairs]
