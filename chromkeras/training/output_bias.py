"""Where the outputs of a regression start: at the mean of the training labels."""

from typing import Any

import keras
import numpy as np

from chromkeras.data.blocks import row_blocks
from chromkeras.data.dataset import Dataset
from chromkeras.sharing.layer_table import OUTPUT
from chromkeras.sharing.model_layers import layer_rows


def start_at_means(model: keras.Model, dataset: Dataset, link: str) -> None:
    """Set the biases of the outputs to the means of the known training labels of each task.

    Else the first steps only learn how large the labels are, and with few of them nothing more.

    Parameters
    ----------
    model
        Untrained model with one output a task.
    dataset
        Data set of real values, with the tasks of the model.
    link
        What the loss makes of an output: "identity", or "exp" where it is the logarithm of a mean.
    """
    rows, (sums, known) = dataset.rows("train"), np.zeros((2, len(dataset.tasks)))
    for block in row_blocks(dataset.known):
        inside = rows[(rows >= block.start) & (rows < block.stop)]
        # Labels are 0 where unknown.
        sums += dataset.labels[inside].sum(axis=0, dtype=np.float64)
        known += dataset.known[inside].sum(axis=0)
    means = sums / known
    if link == "exp":
        means = np.log(np.maximum(means, np.finfo(np.float32).tiny))
    for layer in layer_rows(model).values():
        if layer.entry.role == OUTPUT:
            _set_bias(layer.weights["bias"], means)


def _set_bias(bias: Any, means: np.ndarray) -> None:
    bias.assign(means.reshape(bias.shape).astype(np.float32))
