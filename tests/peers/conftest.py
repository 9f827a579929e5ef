"""A Basset in Keras, its weights in torch, and sequences with references for both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from chrominterpret.sequences import one_hot

BLOCKS = ((8, 9, 3), (7, 5, 2), (6, 3, 2))  # filters, width, pool
LENGTH, TASKS = 96, 3


@dataclass(frozen=True, eq=False)
class Twins:
    """One network in two frameworks."""

    keras: Any
    torch: Any


def keras_backbone(activation: str) -> keras.Model:
    """Return blocks of convolution, batch norm, activation and pool, and dense layers."""
    x = h = keras.Input((LENGTH, 4))
    for filters, width, pool in BLOCKS:
        h = layers.Conv1D(filters, width, padding="valid")(h)
        h = layers.BatchNormalization(epsilon=1e-3)(h)
        h = layers.MaxPooling1D(pool)(layers.Activation(activation)(h))
    h = layers.Dense(12, activation=activation)(layers.Flatten()(h))
    return keras.Model(x, layers.Dense(TASKS)(h))


def torch_backbone(torch: Any, activation: str) -> Any:
    """Return the same network, channels first."""
    nn, parts, channels, length = torch.nn, [], 4, LENGTH
    kinds = {"relu": nn.ReLU, "elu": nn.ELU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
    for filters, width, pool in BLOCKS:
        norm = nn.BatchNorm1d(filters, eps=1e-3)
        parts += [
            nn.Conv1d(channels, filters, width),
            norm,
            kinds[activation](),
            nn.MaxPool1d(pool),
        ]
        channels, length = filters, (length - width + 1) // pool
    dense = nn.Linear(channels * length, 12)
    return nn.Sequential(*parts, nn.Flatten(), dense, kinds[activation](), nn.Linear(12, TASKS))


def copy_weights(torch: Any, source: keras.Model, target: Any) -> None:
    """Give the torch network the Keras network's weights."""
    holders = [layer for layer in source.layers if layer.weights]
    modules = [module for module in target if list(module.parameters())]
    for layer, module in zip(holders, modules, strict=True):
        arrays = [torch.from_numpy(array) for array in as_torch(layer)]
        names = ("weight", "bias", "running_mean", "running_var")
        for name, array in zip(names, arrays, strict=False):
            getattr(module, name).data.copy_(array)


def as_torch(layer: layers.Layer) -> list[np.ndarray]:
    """Return a layer's weights in torch's order of axes."""
    arrays = [np.array(array) for array in layer.get_weights()]
    if isinstance(layer, layers.Conv1D):
        arrays[0] = arrays[0].transpose(2, 1, 0)
    if isinstance(layer, layers.Dense):
        arrays[0] = channels_first(arrays[0]).T
    return [np.ascontiguousarray(array) for array in arrays]


def channels_first(kernel: np.ndarray) -> np.ndarray:
    """Reorder the first dense layer's inputs: Keras flattens positions first, torch channels."""
    if kernel.shape[0] % BLOCKS[-1][0] or kernel.shape[0] == 12:
        return kernel
    apart = kernel.reshape(-1, BLOCKS[-1][0], kernel.shape[1])
    return apart.transpose(1, 0, 2).reshape(kernel.shape)


def randomised(model: keras.Model) -> keras.Model:
    """Give batch norm statistics as after training, and no bias that is 0."""
    rng = np.random.default_rng(1)
    for variable in model.weights:
        if "variance" in variable.path or "gamma" in variable.path:
            variable.assign(rng.uniform(0.5, 2, variable.shape))
        elif "kernel" not in variable.path:
            variable.assign(rng.normal(0, 0.3, variable.shape))
    return model


@pytest.fixture
def twins() -> Callable[[str], Twins]:
    """Return a function that makes equal networks with an activation; skips without torch."""
    torch = pytest.importorskip("torch", reason="torch is not installed (extra: peers)")

    def make(activation: str) -> Twins:
        keras.utils.set_random_seed(0)
        ours = randomised(keras_backbone(activation))
        theirs = torch_backbone(torch, activation).eval()
        copy_weights(torch, ours, theirs)
        return Twins(ours, theirs)

    return make


@pytest.fixture
def sequences() -> np.ndarray:
    """Return one-hot sequences (3, L, 4)."""
    return one_hot(np.random.default_rng(0).integers(0, 4, (3, LENGTH)))


@pytest.fixture
def references() -> np.ndarray:
    """Return references (3, 4, L, 4), of each sequence its own."""
    return one_hot(np.random.default_rng(1).integers(0, 4, (3, 4, LENGTH)))
