"""Attributions of chosen sequences by several methods: arrays, pictures, tracks."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.files import file_names
from chrominterpret.methods.registry import applicable, attribute
from chrominterpret.motifs.letters import save_figure
from chrominterpret.progress import progress
from chrominterpret.tracks.bigwig import write_bigwig
from chrominterpret.tracks.tracks import contribution_tracks, top_sequences

SHOWN = 4
WINDOW = 120


@dataclass(frozen=True, eq=False)
class Attributed:
    """Attributions of n sequences of length L to K targets, by method.

    Attributes
    ----------
    onehot
        Sequences, (n, L, 4), zero at an N.
    targets
        Names of the targets.
    results
        By each method, in order.
    seconds
        That each method took.
    title
        Function of the places of a target and a sequence: what a picture of it is called.
    counted
        Which sequences count among the strongest of a target, bool (K, n).
    places
        Chromosome and start of each sequence, both (n,), where they are known.
    """

    onehot: np.ndarray
    targets: tuple[str, ...]
    results: dict[str, Attribution]
    seconds: dict[str, float]
    title: Callable[[int, int], str]
    counted: np.ndarray
    places: tuple[np.ndarray, np.ndarray] | None = None

    def observed(self, method: str) -> np.ndarray:
        """Return a method's scores of the observed bases, float32 (K, n, L, 4), elsewhere zero.

        Those of the plain gradient, which has one for every base, are gradient × input.
        """
        return self.results[method].attributions * self.onehot

    def strongest(self, target: int, scores: np.ndarray) -> np.ndarray:
        """Return the places of a target's sequences with the largest scores (n, L, 4), a few."""
        mine = np.flatnonzero(self.counted[target])
        if len(mine) == 0:
            return mine
        return mine[top_sequences(scores[mine], count=SHOWN)]

    def facts(self) -> dict[str, Any]:
        """Return each method's warnings and, where it has them, convergence deltas."""
        return {
            name: _facts(result) | {"seconds": round(self.seconds[name], 2)}
            for name, result in self.results.items()
        }

    def write(self, out: Path) -> None:
        """Write ``METHOD.npz`` and ``METHOD.h5``, and pictures of top sequences.

        Where coordinates are known, ``bigwig/METHOD.TARGET.bw`` holds the contributions of the
        observed bases to a target.
        """
        for name, result in self.results.items():
            result.save(out / f"{name}.npz")
            result.save(out / f"{name}.h5")
            scores = self.observed(name)
            _draw(self, scores, out / "tracks" / name)
            _write_bigwigs(self, scores, out / "bigwig", name)


def attribute_each(
    methods: Iterable[str], model: Any, x: Any, options: Mapping[str, Any], *, count: int
) -> tuple[dict[str, Attribution], dict[str, float]]:
    """Attribute by several methods, and return results and seconds by method.

    Parameters
    ----------
    methods
        Names of ``chrominterpret.methods.registry``.
    model, x
        As the methods take them.
    options
        Options of any of the methods.
    count
        Number of sequences, for the progress.
    """
    results: dict[str, Attribution] = {}
    seconds: dict[str, float] = {}
    methods = list(methods)
    # shap refuses a model only once it computes: before the others have taken their time
    for name in sorted(methods, key=lambda name: name != "shap"):
        began = time.perf_counter()
        with progress(f"{name} of {count} sequences") as report:
            given = applicable(name, {**options, "progress": report})
            results[name] = attribute(name, model, x, **given)
        seconds[name] = time.perf_counter() - began
    return {name: results[name] for name in methods}, seconds


def _facts(result: Attribution) -> dict[str, Any]:
    facts: dict[str, Any] = {"warnings": list(result.warnings)}
    if result.relative_delta is not None:
        facts["relative convergence delta, median"] = float(np.median(result.relative_delta))
        facts["relative convergence delta, largest"] = float(np.max(result.relative_delta))
        facts["references"] = f"{result.n_references} {result.reference_kind}"
        facts["seed"] = result.seed
    return facts


def _draw(attributed: Attributed, scores: np.ndarray, folder: Path) -> None:
    """Draw the strongest stretch of each target's top sequences, one picture a target."""
    names = file_names(attributed.targets)
    for k, own in enumerate(scores):
        order = attributed.strongest(k, own)
        if len(order) == 0:
            continue
        starts = [_densest(own[i].sum(axis=-1)) for i in order]
        width = min(WINDOW, own.shape[1])
        shown = np.stack([own[i, s : s + width] for i, s in zip(order, starts, strict=True)])
        figure = contribution_tracks(
            shown,
            titles=[attributed.title(k, i) for i in order],
            starts=starts,
            y_label=f"contribution to {attributed.targets[k]}",
            x_label="position in the sequence (bp)",
        )
        save_figure(figure, folder / f"{names[k]}.png")


def _densest(track: np.ndarray) -> int:
    """Return the start of the window with the largest sum of absolute contributions."""
    width = min(WINDOW, len(track))
    return int(np.convolve(np.abs(track), np.ones(width), mode="valid").argmax())


def _write_bigwigs(attributed: Attributed, scores: np.ndarray, folder: Path, method: str) -> None:
    if attributed.places is None:
        return
    for name, own in zip(file_names(attributed.targets), scores, strict=True):
        write_bigwig(folder / f"{method}.{name}.bw", *attributed.places, own.sum(axis=-1))
