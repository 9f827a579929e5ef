"""Where the outputs of a regression start: at the mean of the training labels."""

from typing import Any

import keras
import numpy as np

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
    rows = dataset.rows("train")
    values = dataset.values(rows).astype(np.float64)
    means = np.nanmean(values, axis=0)
    if link == "exp":
        means = np.log(np.maximum(means, np.finfo(np.float32).tiny))
    for layer in layer_rows(model).values():
        if layer.entry.role == OUTPUT:
            _set_bias(layer.weights["bias"], means)


def _set_bias(bias: Any, means: np.ndarray) -> None:
    bias.assign(means.reshape(bias.shape).astype(np.float32))
