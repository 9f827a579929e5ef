"""Inputs of rows by name, and how a network is fed with them."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from chromkeras.data import tables
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.sharing.layer_table import CONVOLUTION
from chromkeras.sharing.model_layers import layer_table

DNA = "dna"
Inputs = Mapping[str, np.ndarray]


def some_rows(inputs: Inputs, rows: Any) -> dict[str, np.ndarray]:
    """Return rows of all inputs, by an index of any kind."""
    return {name: values[rows] for name, values in inputs.items()}


def feed(network: keras.Model, inputs: Inputs) -> Any:
    """Return what a network is called with: one array, or a dictionary in the network's order."""
    return tables.feed([tensor.name for tensor in network.inputs], inputs)


def attributed_input(network: keras.Model) -> str | None:
    """Return what attributions are of: the DNA of several inputs; None for the only input."""
    return DNA if len(network.inputs) > 1 else None


def in_order(network: keras.Model, inputs: Inputs) -> list[np.ndarray]:
    """Return the arrays of a network's inputs in its order."""
    return [inputs[tensor.name] for tensor in network.inputs]


def check_inputs(network: keras.Model, inputs: Inputs, title: str) -> None:
    """Raise ``InputError`` unless there are inputs of the shapes that a network reads.

    Parameters
    ----------
    network
        Any.
    inputs
        By name, (n, ...); there may be more than the network reads.
    title
        Name of the model for messages.
    """
    for tensor in network.inputs:
        shape = tuple(tensor.shape[1:])
        given = inputs[tensor.name].shape if tensor.name in inputs else None
        if given is None or given[1:] != shape or not given[0]:
            expected = ", ".join(map(str, shape))
            raise InputError(
                f"model {title}: expected {tensor.name} of shape (n, {expected}), received "
                f"{'none' if given is None else given}"
            )


def dna_convolution(network: keras.Model) -> str | None:
    """Return the name of the first convolution that reads the DNA; None where there is none."""
    for entry in layer_table(network):
        if entry.role == CONVOLUTION and entry.reads == DNA:
            name: str = entry.name
            return name
    return None


def channel_names(dataset: Dataset, name: str) -> tuple[str, ...]:
    """Return names of the last axis of an input: its own, or numbers from 1."""
    table = dataset.inputs[name]
    given: tuple[str, ...] = getattr(table, "channels", ())
    return given or tuple(f"{name} {i + 1}" for i in range(table.shape[-1]))
