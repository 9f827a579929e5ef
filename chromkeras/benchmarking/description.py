"""What a table says of a model beside its figures: publication, kind, inputs, framework."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from chromkeras.model_file.open_model import OpenModel

UNKNOWN = "–"
_RECURRENT = (keras.layers.RNN, keras.layers.Bidirectional)


def publication(module: Any) -> str:
    """Return the paper of a model, as authors and year; "–" where its module names none."""
    return str(getattr(module, "PUBLICATION", UNKNOWN))


def published_length(module: Any) -> int | None:
    """Return the bases that a model reads in its paper; None where its module does not say."""
    return getattr(module, "LENGTH", None)


def kind(network: keras.Model) -> str:
    """Return what kind of network a model is, by its layers.

    Examples
    --------
    >>> from keras import layers
    >>> kind(keras.Sequential([keras.Input((9, 4)), layers.Conv1D(2, 3), layers.LSTM(2)]))
    'convolutional and recurrent neural network'
    """
    layers = list(_layers(network))
    convolutions = [layer for layer in layers if hasattr(layer, "dilation_rate")]
    words = []
    if convolutions:
        dilated = any(np.max(layer.dilation_rate) > 1 for layer in convolutions)
        words.append("dilated convolutional" if dilated else "convolutional")
    if any(isinstance(layer, _RECURRENT) for layer in layers):
        words.append("recurrent")
    return f"{' and '.join(words)} neural network" if words else "neural network"


def _layers(network: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def inputs(model: OpenModel) -> str:
    """Return the inputs of a model by name."""
    names = ("DNA" if name == "dna" else name for name in model.card.inputs)
    return " + ".join(names)


def input_length(model: OpenModel) -> int | None:
    """Return the bases that a model reads; None where it reads no DNA."""
    shape = model.card.inputs.get("dna")
    return None if shape is None else shape[0]


def framework() -> str:
    """Return framework and backend, such as "Keras 3.15.0 (tensorflow)"."""
    return f"Keras {keras.__version__} ({keras.backend.backend()})"
