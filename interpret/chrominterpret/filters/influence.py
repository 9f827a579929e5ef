"""Influence of first-layer filters on the predictions, by mean ablation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from chrominterpret.engine.batches import Progress, weighted
from chrominterpret.engine.graph import output_index, output_shape
from chrominterpret.engine.inputs import input_arrays
from chrominterpret.engine.precision import in_float32
from chrominterpret.errors import InputError
from chrominterpret.filters.ablation import Ablation, Scale
from chrominterpret.filters.first_layer import FirstLayer, Stage, find_first_layer, to_numpy
from chrominterpret.methods.base.targets import resolve_targets
from chrominterpret.motifs.pwm import Floats


@dataclass(frozen=True, eq=False)
class Influence:
    """Change of the predictions when a filter's output is replaced by its mean.

    Attributes
    ----------
    filters : ndarray of shape (F,), int64
        Channels of the first layer.
    mean_difference : ndarray of shape (F, T), float64
        Mean over sequences of (prediction − prediction without the filter): above 0 where the
        filter raises the prediction.
    rms_difference : ndarray of shape (F, T), float64
        Root of the mean square of the same difference.
    """

    filters: NDArray[np.int64]
    mean_difference: Floats
    rms_difference: Floats


def filter_influence(
    model: keras.Model,
    inputs: Any,
    *,
    targets: Any = None,
    task_names: Sequence[str] | None = None,
    head: str | int | None = None,
    filters: Sequence[int] | None = None,
    scale: Scale = "logit",
    blocks: int = 1,
    block_of: Sequence[int] | None = None,
    layer: str | None = None,
    wrt: str | None = None,
    stage: Stage = "activation",
    batch_size: int = 128,
    progress: Progress | None = None,
) -> Influence:
    """Measure how much every prediction depends on every filter of the first convolution.

    A filter's output is replaced by its mean over all sequences and positions (Basset, Kelley et
    al. 2016), and what follows the first layer is run again. Where the model calls the layer more
    than once, as on the reverse complement, it is replaced in every call.

    Parameters
    ----------
    model : keras.Model
        Functional or built ``Sequential``; see `first_layer.find_first_layer`.
    inputs : array of shape (N, L, 4), mapping or sequence of arrays
        Sequences, or arrays of all inputs of the model as {name: array} or in its order.
    targets, task_names, head
        Tasks, contrasts or bins of tracks, names of the outputs, and name or position of the model
        output, as the attribution methods take them. None for all means every number of every
        output.
    filters : sequence of int or None
        Channels, or with ``blocks`` channels of one block; None means all.
    scale : "logit" or "output"
        "logit" leaves out a sigmoid or softmax that ends the model, as the attribution methods do;
        "output" compares outputs as they are.
    blocks : int
        Number of equal, independent blocks of channels, block-major, each of which feeds outputs
        of its own: a stack of networks. One pass then replaces the same filter in every block;
        the influence on other blocks' outputs is 0. That the blocks are independent is checked
        on a few sequences.
    block_of : sequence of int or None
        Block that feeds each output, shape (T,). None means that block t feeds output t.
    layer, wrt, stage
        Name of the convolution, name of the input that it reads, and whether before or after its
        activation; see `first_layer.find_first_layer`.
    batch_size : int
        Number of sequences at a time.
    progress : callable or None
        Function called with numbers of filters (done, in all).

    Returns
    -------
    Influence
        ``filters`` holds the channels; with ``blocks`` block-major, those of block 0 first. T is
        the number of targets, or of outputs, several output tensors side by side.

    Raises
    ------
    InputError
        If the shapes do not fit, a filter does not exist or the blocks are not independent.

    Notes
    -----
    Costs one pass of what follows the first layer per filter, less its first convolution where
    `ablation.Ablation` can update that by the change of one channel.
    """
    first = find_first_layer(model, layer=layer, wrt=wrt, stage=stage)
    arrays = [np.asarray(array, np.float32) for array in input_arrays(model, inputs)]
    index = None if targets is None and head is None else output_index(model, head)
    ablation = Ablation(model, first, scale, index)
    chosen = _checked_filters(filters, first.n_filters, blocks)
    wanted = None
    if targets is None:
        own = _own_outputs(blocks, block_of, ablation.n_outputs)
    elif blocks > 1:
        raise InputError("expected targets without blocks, received both")
    else:
        shape = output_shape(model, index or 0, arrays)
        wanted = resolve_targets(targets, shape, task_names=task_names)
        own = np.ones((1, len(wanted)), bool)
    total, squares = np.zeros((2, len(chosen), own.shape[1]))
    with in_float32(model):
        activation_means = _mean_activations(model, first, arrays, batch_size)
        if blocks > 1:
            _check_blocks(model, first, ablation, arrays, activation_means, own)
        batches = -(-len(arrays[0]) // batch_size)
        activate = _head(model, first)
        for batch in range(batches):
            rows = [a[batch * batch_size : (batch + 1) * batch_size] for a in arrays]
            seen = [to_numpy(each) for each in activate(rows)]
            usual, without = ablation.start(seen, rows, activation_means)
            for row, channel in enumerate(chosen):
                every = slice(channel, None, first.n_filters // blocks)
                change = usual - without(every)
                if wanted is not None:
                    change = weighted(wanted.at(usual), change).T
                total[row] += change.sum(axis=0)
                squares[row] += (change**2).sum(axis=0)
                if progress is not None:
                    progress(batch * len(chosen) + row + 1, batches * len(chosen))
    n = len(arrays[0])
    return _by_block(chosen, total / n, np.sqrt(squares / n), first.n_filters, own)


def _checked_filters(filters: Sequence[int] | None, n_filters: int, blocks: int) -> list[int]:
    if blocks < 1 or n_filters % blocks:
        raise InputError(f"expected blocks that divide {n_filters} filters; received {blocks}")
    available = n_filters // blocks
    chosen = list(range(available)) if filters is None else [int(f) for f in filters]
    wrong = [f for f in chosen if not 0 <= f < available]
    if wrong or not chosen:
        raise InputError(f"expected filters from 0 to {available - 1}; received {wrong or 'none'}")
    return chosen


def _head(model: keras.Model, first: FirstLayer) -> Any:
    return keras.Function(list(model.inputs), [first.output, *first.others])


def _mean_activations(
    model: keras.Model, first: FirstLayer, arrays: list[NDArray[np.float32]], batch_size: int
) -> NDArray[np.float32]:
    if batch_size < 1:
        raise InputError(f"expected a batch size of at least 1; received {batch_size}")
    head, total, count = _head(model, first), np.zeros(first.n_filters), 0
    for start in range(0, len(arrays[0]), batch_size):
        for seen in head([array[start : start + batch_size] for array in arrays]):
            values = to_numpy(seen)
            total += values.sum(axis=(0, 1), dtype=np.float64)
            count += values.shape[0] * values.shape[1]
    return (total / count).astype(np.float32)


def _check_blocks(
    model: keras.Model,
    first: FirstLayer,
    ablation: Ablation,
    arrays: list[NDArray[np.float32]],
    means: NDArray[np.float32],
    own: NDArray[np.bool_],
) -> None:
    """Raise InputError unless the first and the last block move no outputs but their own."""
    rows = [array[:4] for array in arrays]
    seen = [to_numpy(each) for each in _head(model, first)(rows)]
    usual, without = ablation.start(seen, rows, means)
    blocks = len(own)
    size = first.n_filters // blocks
    for block in (0, blocks - 1):
        channels = slice(block * size, (block + 1) * size)
        change = np.abs(usual - without(channels))
        others = change[:, ~own[block]].max(initial=0.0)
        if others > 1e-5 * max(1.0, float(np.abs(usual).max())):
            raise InputError(f"the blocks are not independent: block {block} moves other outputs")


def _own_outputs(blocks: int, block_of: Sequence[int] | None, n_outputs: int) -> NDArray[np.bool_]:
    """Return which outputs each block feeds, shape (blocks, T)."""
    if blocks == 1:
        return np.ones((1, n_outputs), bool)
    if block_of is None and n_outputs != blocks:
        raise InputError(f"expected one output a block; received {n_outputs} and {blocks}")
    feeds = np.arange(blocks) if block_of is None else np.asarray(block_of)
    if feeds.shape != (n_outputs,) or not ((feeds >= 0) & (feeds < blocks)).all():
        raise InputError(
            f"expected block_of with {n_outputs} blocks from 0 to {blocks - 1}; received {block_of}"
        )
    return np.arange(blocks)[:, None] == feeds


def _by_block(
    chosen: list[int], mean: Floats, rms: Floats, n_filters: int, own_outputs: NDArray[np.bool_]
) -> Influence:
    blocks, n_outputs = own_outputs.shape
    size = n_filters // blocks
    own = own_outputs[:, None, :]
    channels = np.arange(blocks)[:, None] * size + np.array(chosen)
    return Influence(
        channels.ravel(),
        (own * mean[None]).reshape(-1, n_outputs),
        (own * rms[None]).reshape(-1, n_outputs),
    )
