"""Attributions of inputs with positions other than DNA, such as histone marks in bins."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.methods.registry import attribute as attribute_by
from chromkeras.model_report.attributions import Request
from chromkeras.model_report.network_inputs import DNA, channel_names, feed
from chromkeras.progress import progress

METHODS = ("gradient_x_input", "deep_lift_shap")
OPTIONS: dict[str, dict[str, Any]] = {"deep_lift_shap": {"references": "zeros", "integrate": True}}


@dataclass(frozen=True, eq=False)
class BinnedAttributions:
    """Attributions of one input of B bins and C channels.

    Attributes
    ----------
    request
        The request.
    name
        Name of the input.
    channels
        Names of the channels.
    values
        Input of the rows, float32 (n, B, C).
    results
        By method, attributions (K, n, B, C).
    seconds
        That each method took.
    """

    request: Request
    name: str
    channels: tuple[str, ...]
    values: np.ndarray
    results: dict[str, Attribution]
    seconds: dict[str, float]

    def strongest(self, target: int) -> int:
        """Return the place of the row with the largest sum of absolute DeepLIFT scores."""
        scores = self.results["deep_lift_shap"].attributions[target]
        return int(np.abs(scores).sum(axis=(1, 2)).argmax())

    def facts(self) -> dict[str, Any]:
        """Return the warnings, deltas and seconds of each method."""
        found: dict[str, Any] = {}
        for name, result in self.results.items():
            found[name] = {"warnings": list(result.warnings), "seconds": self.seconds[name]}
            if result.relative_delta is not None:
                largest = float(result.relative_delta.max())
                found[name]["relative convergence delta, largest"] = largest
        return found


def binned_inputs(request: Request) -> tuple[str, ...]:
    """Return the inputs of a model that have positions and channels and are no DNA."""
    names = [tensor.name for tensor in request.model.inputs if len(tensor.shape) == 3]
    return tuple(name for name in names if name != DNA)


def attribute_binned(request: Request, name: str) -> BinnedAttributions:
    """Attribute rows to an input in bins: gradient × input, and DeepLIFT from zeros.

    Parameters
    ----------
    request
        Rows and targets; its methods and references are those of DNA, and not used here.
    name
        Name of the input.
    """
    inputs = request.dataset.batch(request.rows, [t.name for t in request.model.inputs])
    results, seconds = {}, {}
    for method in METHODS:
        began = time.perf_counter()
        with progress(f"{method} of {name}") as report:
            results[method] = attribute_by(
                method,
                request.model,
                feed(request.model, inputs),
                targets={target.name: target.weights for target in request.targets},
                task_names=request.dataset.tasks,
                wrt=name,
                progress=report,
                **OPTIONS.get(method, {}),
            )
        seconds[method] = round(time.perf_counter() - began, 2)
    channels = channel_names(request.dataset, name)
    return BinnedAttributions(request, name, channels, inputs[name], results, seconds)


def write_binned(found: BinnedAttributions, out: Path) -> None:
    """Write ``NAME_METHOD.npz`` of each method."""
    for method, result in found.results.items():
        result.save(out / f"{found.name}_{method}.npz")
