"""Attribution benchmark: DeepLIFT beside the plain gradient and other packages; mutagenesis.

python scripts/benchmarks/attribution.py --sequences 16 --references 20

One model, the poster's Basset with one logit, its weights copied to torch for the packages
that need torch; one set of references for all. Calls are whole, compilation included, and taken
in turns: believe the ratios, not the seconds. Packages that are not installed (extra: peers) are
said to be absent. The gradient runs on sequences × references rows, once each, which no way of
comparing every sequence with every reference can do without. KERAS_BACKEND=jax measures JAX,
without shap.
"""

import argparse
import platform
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from typing import Any

import keras
import numpy as np
from keras import layers
from table import markdown_table, time_text
from timing import Times, in_turns

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.methods.gradient import gradient
from chrominterpret.methods.in_silico_mutagenesis import in_silico_mutagenesis
from chrominterpret.sequences import one_hot

BLOCKS = ((300, 19), (200, 11), (200, 7))
POOL, DENSE, LENGTH = 4, (1000, 1000), 600
HEADER = ("call", "median (least - most)", "times ours", "aim", "difference to ours")
Calls = dict[str, Callable[[], np.ndarray]]
AIMS = {"gradient": "≥ 0.67 (ours ≤ 1.5 of it)", "shap": "≥ 1.5", "tangermeme": "≥ 2.5"}


def main() -> None:
    """Time everything and print the tables."""
    options = parse()
    warnings.simplefilter("ignore")
    keras.utils.set_random_seed(0)
    model = backbone()
    rng = np.random.default_rng(0)
    x, references = (
        one_hot(rng.integers(0, 4, (n, LENGTH))) for n in (options.sequences, options.references)
    )
    print(about(options), flush=True)
    calls, absent = deep_lift_calls(model, x, references, options.batch)
    # Apart, since torch's threads and memory slow down what runs next in the same process.
    for group in (("gradient", "shap"), ("tangermeme", "captum")):
        some = {name: call for name, call in calls.items() if name in ("ours", *group)}
        if len(some) > 1:
            print(f"\n{table(some, options.budget)}", flush=True)
    for name in absent:
        print(f"{name}: not measured, as it is not installed or does not work on this backend")
    mutants = mutagenesis_calls(model, x[: options.mutated], options.batch)
    print(f"\n{table(mutants, options.budget, aims={'naive': '≥ 5'})}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=int, default=16)
    parser.add_argument("--references", type=int, default=20)
    parser.add_argument("--mutated", type=int, default=4, help="sequences for mutagenesis")
    parser.add_argument("--batch", type=int, default=256, help="rows at once, of every package")
    parser.add_argument("--budget", type=float, default=60, help="seconds a table, at least")
    return parser.parse_args()


def about(options: argparse.Namespace) -> str:
    names = ("keras", "tensorflow", "shap", "torch", "tangermeme", "captum")
    versions = ", ".join(f"{name} {installed(name)}" for name in names)
    return (
        f"Python {platform.python_version()}, {versions}; backend {keras.backend.backend()}; "
        f"{options.sequences} sequences × {options.references} references of {LENGTH} bp"
    )


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def backbone() -> keras.Model:
    """Return the model, its pools without padding so that torch's are the same."""
    x = h = keras.Input((LENGTH, 4))
    for filters, width in BLOCKS:
        h = layers.Conv1D(filters, width, padding="same", use_bias=False)(h)
        h = layers.Activation("relu")(layers.BatchNormalization(epsilon=1e-5)(h))
        h = layers.MaxPooling1D(POOL)(h)
    h = layers.Flatten()(h)
    for units in DENSE:
        h = layers.Activation("relu")(layers.Dense(units)(h))
    return keras.Model(x, layers.Dense(1)(h))


def deep_lift_calls(
    model: keras.Model, x: np.ndarray, references: np.ndarray, batch: int
) -> tuple[Calls, list[str]]:
    """Return calls that give contributions at the observed bases, (N, L), ours first."""
    rows = np.tile(references, (len(x), 1, 1))

    def ours() -> np.ndarray:
        found = deep_lift_shap(model, x, references=references, batch_size=batch)
        return found.attributions[0].sum(-1)

    def plain() -> np.ndarray:
        return gradient(model, rows, batch_size=batch).attributions

    calls: Calls = {"ours": ours, "gradient": plain}
    makers = {"shap": shap_call, "tangermeme": tangermeme_call, "captum": captum_call}
    absent = []
    for name, make in makers.items():
        if works(name):
            calls[name] = make(model, x, references, batch)
        else:
            absent.append(name)
    return calls, absent


def works(name: str) -> bool:
    """Say whether a package is here and fits the backend that runs."""
    if installed(name) == "absent":
        return False
    if name == "shap":
        return bool(keras.backend.backend() == "tensorflow")
    return installed("torch") != "absent"


def mutagenesis_calls(model: keras.Model, x: np.ndarray, batch: int) -> Calls:
    def call(windowed: bool) -> Callable[[], np.ndarray]:
        options: dict[str, Any] = {"windowed": windowed, "batch_size": batch}
        return lambda: in_silico_mutagenesis(model, x, **options).attributions

    return {"ours": call(True), "naive": call(False)}


def shap_call(
    model: keras.Model, x: np.ndarray, references: np.ndarray, batch: int
) -> Callable[[], np.ndarray]:
    import shap

    def call() -> np.ndarray:
        found = shap.DeepExplainer(model, references).shap_values(x)
        return np.asarray(found).reshape(x.shape).sum(-1)

    return call


def tangermeme_call(
    model: keras.Model, x: np.ndarray, references: np.ndarray, batch: int
) -> Callable[[], np.ndarray]:
    import torch
    from tangermeme.deep_lift_shap import deep_lift_shap as theirs

    network, z, shared = in_torch(model), channels_first(x), channels_first(references)
    each = torch.stack([shared] * len(x))

    def call() -> np.ndarray:
        found = theirs(network, z, references=each, batch_size=batch, device="cpu")
        return found.detach().numpy().sum(1)

    return call


def captum_call(
    model: keras.Model, x: np.ndarray, references: np.ndarray, batch: int
) -> Callable[[], np.ndarray]:
    from captum.attr import DeepLiftShap

    network, z, shared = in_torch(model), channels_first(x), channels_first(references)
    at_once = max(batch // len(references), 1)

    def call() -> np.ndarray:
        method = DeepLiftShap(network)
        parts = [method.attribute(part, shared, target=0) for part in z.split(at_once)]
        return np.concatenate([part.detach().numpy() for part in parts]).sum(1)

    return call


def channels_first(x: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(np.ascontiguousarray(x.swapaxes(1, 2)))


def in_torch(model: keras.Model) -> Any:
    """Return the model in torch with the model's weights."""
    import torch
    from torch import nn

    parts, channels, length = [], 4, LENGTH
    for filters, width in BLOCKS:
        convolution = nn.Conv1d(channels, filters, width, padding="same", bias=False)
        parts += [convolution, nn.BatchNorm1d(filters), nn.ReLU(), nn.MaxPool1d(POOL)]
        channels, length = filters, length // POOL
    parts.append(nn.Flatten())
    units = (channels * length, *DENSE)
    for before, after in pairwise(units):
        parts += [nn.Linear(before, after), nn.ReLU()]
    network = nn.Sequential(*parts, nn.Linear(units[-1], 1)).eval()
    holders = [layer for layer in model.layers if layer.weights]
    modules = [module for module in network if list(module.parameters())]
    for layer, module in zip(holders, modules, strict=True):
        names = ("weight", "bias", "running_mean", "running_var")
        for name, array in zip(names, torch_weights(layer, (length, channels)), strict=False):
            getattr(module, name).data.copy_(torch.from_numpy(array))
    return network


def torch_weights(layer: layers.Layer, flat: tuple[int, int]) -> list[np.ndarray]:
    """Return a layer's weights in torch's order of axes; ``flat`` is what was flattened."""
    arrays = [np.array(array) for array in layer.get_weights()]
    if isinstance(layer, layers.Conv1D):
        arrays[0] = arrays[0].transpose(2, 1, 0)
    if isinstance(layer, layers.Dense):
        kernel = arrays[0]
        if len(kernel) == np.prod(flat):
            kernel = kernel.reshape(*flat, -1).swapaxes(0, 1).reshape(len(kernel), -1)
        arrays[0] = kernel.T
    return [np.ascontiguousarray(array) for array in arrays]


def table(calls: Calls, budget: float, *, aims: dict[str, str] | None = None) -> str:
    """Return the times, and how many times ours each takes, as Markdown."""
    results = {name: call() for name, call in calls.items()}
    times, ratios = in_turns(list(calls.values()), budget=budget)
    rows = [
        [name, span(time), f"{ratio:.2f}", (AIMS if aims is None else aims).get(name, ""),
         difference(results["ours"], results[name])]
        for name, time, ratio in zip(calls, times, ratios, strict=True)
    ]  # fmt: skip
    return markdown_table(HEADER, rows)


def span(times: Times) -> str:
    ends = f"{time_text(times.least)} - {time_text(times.most)}"
    return f"{time_text(times.median)} ({ends})"


def difference(ours: np.ndarray, other: np.ndarray) -> str:
    """Return the largest difference over the largest contribution."""
    if ours is other or ours.shape != other.shape:
        return ""
    return f"{np.abs(ours - other).max() / np.abs(ours).max():.1g} of the largest"


if __name__ == "__main__":
    main()
