"""Logistic regression on k-mer counts of both strands: the figure that a network has to beat.

Features are log(1 + count) of every k-mer in the middle of a sequence, a k-mer and its reverse
complement being one. Ghandi et al. 2014 (PLoS Comput Biol 10:e1003711) and Kelley et al. 2016
(Genome Res 26:990) measure against k-mer models of this kind.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from chromkeras.baselines import options as common
from chromkeras.data.codes import UNKNOWN
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError

if TYPE_CHECKING:
    from chromkeras.baselines.linear import Fit

PROBLEMS = ("binary", "regression")
_CHUNK = 4096
_COUNTED, _OUT = "kmers", "logits"


@dataclass(frozen=True)
class Options(common.Options):
    """Options of the k-mer baseline.

    Attributes
    ----------
    k
        Number of letters in a k-mer.
    window
        Number of bases in the middle of each sequence that are counted.
    """

    name: str = "kmer"
    strengths: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03, 0.1)
    k: int = field(default=6, metadata={"least": 1, "most": 7})
    window: int = field(default=300, metadata={"least": 1})


def feature_count(dataset: Dataset, options: Options) -> int:
    """Return the number of features; ``InputError`` where sequences are too short."""
    _check(dataset.dna.length, options.k, options.window)
    return _pooled(options.k)[1]


def memory(dataset: Dataset, options: Options, rows: int, tasks: int) -> tuple[int, int]:
    """Return bytes for some rows, roughly, and the number of weights of the model file."""
    found = feature_count(dataset, options)
    # The features, and while they are made the words at all positions of a chunk; the search.
    chunk = _CHUNK * options.window * (options.k + 4) * 8
    search = 2 * 24 * tasks * 8 * (found + rows)
    return 4 * found * rows + max(chunk, search), 4**options.k * 4 * options.k + found * tasks


def fit(dataset: Dataset, options: Options) -> "Fit":
    """Fit on the training split, and choose C by the mean score on the validation split."""
    from chromkeras.baselines.linear import Fit, fit_features

    of = partial(kmer_features, dataset, k=options.k, window=options.window)
    choice, weights, bias, rows = fit_features(
        dataset, options, lambda rows, told: of(rows, report=told)
    )
    arrays = {_COUNTED: _filters(options.k), _OUT: [weights, bias]}
    return Fit(choice.strength, choice.tried, choice.scores, arrays, rows, len(weights))


def build(x: Any, options: Options, weights: dict[str, list[np.ndarray]]) -> Any:
    """Return the logits (batch, T) of one-hot DNA (batch, length, 4).

    A filter for each k-mer whose output is 1 where all letters match, and else 0; its sum over
    positions and strands, the logarithm, and a dense layer.
    """
    from keras import layers

    from chromkeras.layers.kmer_counts import KmerCounts, LogCounts

    x = common.cropped(x, options.window)
    x = layers.Conv1D(4**options.k, options.k, activation="relu", name=_COUNTED)(x)
    x = KmerCounts(options.k, name="counts")(x)
    x = LogCounts(name="log_counts")(x)
    return layers.Dense(len(weights[_OUT][1]), name=_OUT)(x)


def _filters(k: int) -> list[np.ndarray]:
    """Return kernel (k, 4, 4^k) and bias (4^k,) of filters that match a word each."""
    digits = np.arange(4**k)[None] // 4 ** np.arange(k)[::-1, None] % 4
    kernel = (digits[:, None] == np.arange(4)[None, :, None]).astype(np.float32)
    return [kernel, np.full(4**k, 1.0 - k, np.float32)]


def kmer_features(
    dataset: Dataset,
    rows: np.ndarray,
    *,
    k: int = 6,
    window: int = 300,
    report: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return log(1 + count) of every k-mer, a k-mer and its reverse complement being one.

    k-mers with N are not counted. Shape (n, F), float32, in alphabetical order of the k-mers.
    """
    length = dataset.dna.length
    _check(length, k, window)
    start, _ = common.middle(length, window)
    pool, size = _pooled(k)
    counts = np.zeros((len(rows), size), np.float32)
    for begin in range(0, len(rows), _CHUNK):
        codes = dataset.codes(rows[begin : begin + _CHUNK])[:, start : start + window]
        _count(codes, k, pool, counts[begin : begin + _CHUNK])
        if report is not None:
            report(min(begin + _CHUNK, len(rows)), len(rows))
    return np.log1p(counts, out=counts)


def _count(codes: np.ndarray, k: int, pool: np.ndarray, out: np.ndarray) -> None:
    windows = np.lib.stride_tricks.sliding_window_view(codes, k, axis=1)
    known = (windows < UNKNOWN).all(axis=2)
    words = np.where(known, windows @ (4 ** np.arange(k)[::-1]), 0)
    row, _ = np.nonzero(known)
    np.add.at(out, (row, pool[words[known]]), 1)


def _pooled(k: int) -> tuple[np.ndarray, int]:
    """Return the feature of each of the 4^k words, and the number of features."""
    words = np.arange(4**k)
    digits = words[:, None] // 4 ** np.arange(k) % 4
    opposite = (3 - digits) @ (4 ** np.arange(k)[::-1])
    canonical, feature = np.unique(np.minimum(words, opposite), return_inverse=True)
    return feature, len(canonical)


def _check(length: int, k: int, window: int) -> None:
    if not 1 <= k <= min(window, length):
        raise InputError(f"expected k between 1 and {min(window, length)}, received {k}")
