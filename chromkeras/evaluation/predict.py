"""Outputs of a model for rows of a data set."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from chromkeras.backend.devices import shards_rows
from chromkeras.backend.operations import shape_multiple
from chromkeras.cost.memory import SHARED_BATCHES, prediction_batch
from chromkeras.data.dataset import Dataset
from chromkeras.data.sharded import in_equal_shards
from chromkeras.data.tables import feed
from chromkeras.errors import InputError
from chromkeras.layers.other_strand import reads_both_strands
from chromkeras.model_file.open_model import OpenModel
from chromkeras.names import unknown
from chromkeras.sharing.shared_rows import shared_by_model, unshared_inputs, with_shared_rows

CHUNK = 4096
# Such passes between two reports of progress.
CALL = 64


def mean_logits(
    model: OpenModel,
    dataset: Dataset,
    rows: np.ndarray,
    *,
    both_strands: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return a model's logits, of an ensemble the mean of its members' logits.

    With each member's shift to the share of positives (``find_prior``) this is the mean of their
    log-odds, so that a probability is the normalised geometric mean of theirs.

    Parameters
    ----------
    model
        An open model.
    dataset, rows, both_strands, progress
        As for ``predict_logits``.

    Returns
    -------
    np.ndarray
        Shape (n, T) or (n, T, C), float32.
    """
    networks, each = model.networks, []
    predict = partial(predict_logits, dataset=dataset, rows=rows, both_strands=both_strands)
    for place, network in enumerate(networks):
        step = None if progress is None else partial(_part, progress, place, len(networks))
        each.append(predict(network, progress=step))
    return each[0] if len(each) == 1 else np.mean(each, axis=0)


def _part(
    progress: Callable[[int, int], None], place: int, places: int, done: int, rows: int
) -> None:
    progress((place * rows + done) // places, rows)


def predict_logits(
    model: keras.Model,
    dataset: Dataset,
    rows: np.ndarray,
    *,
    batch_size: int | None = None,
    both_strands: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return the model's logits.

    Parameters
    ----------
    model
        From inputs named as those of the data set, or from one-hot DNA (batch, length, 4) alone,
        to outputs (batch, T), or (batch, T, C) for C classes.
    dataset, rows
        Which sequences, rows of shape (n,).
    batch_size
        Sequences in a forward pass; None takes as many as keep its memory small, at most 256.
    both_strands
        Average the logits of the sequence and its reverse complement, unless the sequences read
        in the direction of a gene, or the model reads both strands itself. On worm validation data
        this raises the mean AUROC of a hard-shared model from 0.896 to 0.905.
    progress
        Called with rows done and rows in all.

    Returns
    -------
    np.ndarray
        Shape (n, T) or (n, T, C), float32.

    Raises
    ------
    InputError
        The data set lacks an input, or has it in another shape than the model was built for.
    """
    names = input_names(model, dataset)
    both_strands = both_strands and dataset.has_two_strands(names)
    both_strands = both_strands and not reads_both_strands(model)
    batch_size = batch_size or prediction_batch(model)
    shared = shared_by_model(model) or _worth_sharing(dataset, names, rows)
    if shared:
        return _predict_shared(
            model,
            dataset,
            rows,
            names,
            shared,
            step=SHARED_BATCHES * batch_size,
            both_strands=both_strands,
            progress=progress,
        )
    parts = []
    for start in range(0, len(rows), CHUNK):
        x = dataset.batch(rows[start : start + CHUNK], names)
        logits = _predict(model, feed(names, x), batch_size)
        if both_strands:
            turned = dataset.reverse_complement(x)
            flipped = {name: np.ascontiguousarray(each) for name, each in turned.items()}
            logits = 0.5 * (logits + _predict(model, feed(names, flipped), batch_size))
        parts.append(logits)
        if progress is not None:
            progress(min(start + CHUNK, len(rows)), len(rows))
    return np.concatenate(parts) if parts else np.zeros((0, *model.output_shape[1:]), np.float32)


def _worth_sharing(dataset: Dataset, names: tuple[str, ...], rows: np.ndarray) -> tuple[str, ...]:
    """Return inputs along DNA of which at least two rows share each, on average; else none."""
    shared = dataset.shared_inputs(names) if not shards_rows() and len(names) > 1 else ()
    many = shared and len(rows) >= 2 * len(np.unique(dataset.table_rows(shared[0], rows)))
    return shared if many else ()


def _predict_shared(
    model: keras.Model,
    dataset: Dataset,
    rows: np.ndarray,
    names: tuple[str, ...],
    shared: tuple[str, ...],
    *,
    step: int,
    both_strands: bool,
    progress: Callable[[int, int], None] | None,
) -> np.ndarray:
    """Return logits, computing what rows of one batch share once; rows go by what they share."""
    together = model if shared_by_model(model) else with_shared_rows(model, shared)
    order = np.argsort(dataset.table_rows(shared[0], rows), kind="stable")
    out = np.zeros((len(rows), *model.output_shape[1:]), np.float32)
    for start in range(0, len(rows), CALL * step):
        place = order[start : start + CALL * step]
        some = _SharedRows(dataset, rows[place], names, shared, step)
        out[place] = together.predict(some, verbose=0)
        if both_strands:
            some.turned = True
            out[place] = 0.5 * (out[place] + together.predict(some, verbose=0))
        if progress is not None:
            progress(min(start + len(place), len(rows)), len(rows))
    return out


class _SharedRows(keras.utils.PyDataset):
    """Batches of rows to predict, with what they share given once."""

    def __init__(
        self,
        dataset: Dataset,
        rows: np.ndarray,
        names: tuple[str, ...],
        shared: tuple[str, ...],
        step: int,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.dataset, self.rows, self.names = dataset, rows, names
        self.shared, self.step, self.turned = shared, step, False

    def __len__(self) -> int:
        return -(-len(self.rows) // self.step)

    def __getitem__(self, index: int) -> tuple[Any]:
        rows = self.rows[index * self.step : (index + 1) * self.step]
        x = self.dataset.batch(rows, self.names, shared=self.shared, multiple=shape_multiple())
        if self.turned:
            x |= self.dataset.reverse_complement({name: x[name] for name in self.names})
        return (x,)


def input_names(model: keras.Model, dataset: Dataset) -> tuple[str, ...]:
    """Return the inputs of a data set that a model reads.

    Raises
    ------
    InputError
        The data set lacks an input, or has it in another shape than the model was built for.
    """
    shapes = unshared_inputs(model)
    if len(shapes) == 1 and not set(shapes) <= set(dataset.inputs):
        shapes = {"dna": next(iter(shapes.values()))}
    for name, shape in shapes.items():
        received = dataset.shapes.get(name)
        if received is None:
            raise unknown("input of the model", name, tuple(dataset.inputs))
        if _fits(received, shape):
            continue
        if name == "dna" and len(shape) == 2 and shape[1] == 4:
            raise InputError(
                f"expected sequences of {shape[0]} bases, as the model was trained on, "
                f"received {received[0]}"
            )
        raise InputError(
            f"expected input {name} of shape {shape}, as the model was trained on, "
            f"received {received}"
        )
    return tuple(shapes)


def _fits(received: tuple[int, ...], shape: tuple[int | None, ...]) -> bool:
    """Return whether an input has the shape that a model takes, whose axes may have any length."""
    same_rank = len(received) == len(shape)
    return same_rank and all(b in (None, a) for a, b in zip(received, shape, strict=True))


def _predict(model: keras.Model, x: Any, batch_size: int) -> np.ndarray:
    count = len(keras.tree.flatten(x)[0])
    rows, batch_size = in_equal_shards(x, batch_size)
    logits: np.ndarray = model.predict(rows, batch_size=batch_size, verbose=0)[:count]
    return logits
