"""Logistic regression on the best match of every known motif: what motifs alone can tell.

A feature is the highest score of a motif's log-odds matrix, log2(p / 0.25), over the middle of a
sequence and both strands (Stormo 2000, Bioinformatics 16:16). Letters beyond it score 0, as N does.
The row ``pwm_HOCOMOCO`` of benchmarks of TF binding is such a model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.motifs.pwm import Motif, pssm
from chromkeras.architectures.publication import Publication
from chromkeras.baselines import options as common
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError

if TYPE_CHECKING:
    from chromkeras.baselines.linear import Fit

PUBLICATION = Publication(
    "Stormo",
    2000,
    "DNA binding sites: representation and discovery",
    "Bioinformatics 16:16",
    "10.1093/bioinformatics/16.1.16",
)
PROBLEMS = ("binary", "regression")
_SCAN, _OUT = "motifs", "logits"
# Numbers that a batch of scans holds.
_AT_ONCE = 2**25


@dataclass(frozen=True)
class Options(common.Options):
    """Options of the baseline of known motifs.

    Attributes
    ----------
    motifs
        Known motifs: "jaspar:GROUP" (such as nematodes, fungi, insects, plants or vertebrates),
        "jaspar" for all groups, or a motif file.
    window
        Number of bases in the middle of each sequence that are scanned.
    pseudocount
        Sites that are added to a motif's, spread as the background is.
    """

    name: str = "pwm"
    strengths: tuple[float, ...] = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
    motifs: str = "jaspar"
    window: int = field(default=300, metadata={"least": 1})
    pseudocount: float = field(default=1.0, metadata={"above": 0})


def feature_count(dataset: Dataset, options: Options) -> int:
    """Return the number of features; ``InputError`` where motifs or sequences are missing."""
    if dataset.dna.length < 1:
        raise InputError("expected sequences of DNA, received none")
    return len(_motifs(options.motifs))


def memory(dataset: Dataset, options: Options, rows: int, tasks: int) -> tuple[int, int]:
    """Return bytes for some rows, roughly, and the number of weights of the model file."""
    found = feature_count(dataset, options)
    width = max(len(motif) for motif in _motifs(options.motifs))
    search = 2 * 24 * tasks * 8 * (found + rows)
    return 4 * found * rows + max(8 * _AT_ONCE, search), 8 * found * width + found * tasks


def fit(dataset: Dataset, options: Options) -> "Fit":
    """Fit on the training split, and choose C by the mean score on the validation split."""
    from chromkeras.baselines.linear import Fit, fit_features

    filters = motif_filters(_motifs(options.motifs), options.pseudocount)
    spread: list[np.ndarray] = []

    def scores(rows: np.ndarray, told: Callable[[int, int], None]) -> np.ndarray:
        found = best_matches(dataset, rows, filters, window=options.window, report=told)
        if not spread:  # of the training rows, which come first
            wide = found.std(axis=0)
            spread.append(np.where(wide > 0, wide, 1).astype(np.float32))
        return found / spread[0]

    choice, weights, bias, rows = fit_features(dataset, options, scores)
    zero = np.zeros(filters.shape[-1], np.float32)
    arrays = {_SCAN: [filters, zero], _OUT: [weights / spread[0][:, None], bias]}
    return Fit(choice.strength, choice.tried, choice.scores, arrays, rows, len(weights))


def build(x: Any, options: Options, weights: dict[str, list[np.ndarray]]) -> Any:
    """Return the logits (batch, T) of one-hot DNA (batch, length, 4).

    A convolution by the log-odds matrices of both strands, its maximum over positions and strands,
    and a dense layer.
    """
    from keras import layers

    x = _scan(common.cropped(x, options.window), weights[_SCAN][0].shape)
    return layers.Dense(len(weights[_OUT][1]), name=_OUT)(x)


def _scan(x: Any, shape: Sequence[int]) -> Any:
    from keras import layers

    width, _, filters = shape
    x = layers.Conv1D(filters, width, padding="same", name=_SCAN)(x)
    x = layers.GlobalMaxPooling1D(name="best_position")(x)
    x = layers.Reshape((2, filters // 2), name="strands")(x)
    return layers.GlobalMaxPooling1D(name="best_strand")(x)


def motif_filters(motifs: Sequence[Motif], pseudocount: float = 1.0) -> np.ndarray:
    """Return the log-odds matrices of motifs on both strands as filters of one width.

    Returns
    -------
    np.ndarray
        Shape (W, 4, 2 M), float32: first as they are, then as they read on the other strand; 0
        beyond the ends of a motif.
    """
    width = max(len(motif) for motif in motifs)
    found = np.zeros((2, len(motifs), width, 4), np.float32)
    for i, motif in enumerate(motifs):
        scores = pssm(motif, pseudocount=pseudocount)
        left = (width - len(scores)) // 2
        found[0, i, left : left + len(scores)] = scores
        found[1, i, left : left + len(scores)] = scores[::-1, ::-1]
    return np.ascontiguousarray(found.reshape(-1, width, 4).transpose(1, 2, 0))


def best_matches(
    dataset: Dataset,
    rows: np.ndarray,
    filters: np.ndarray,
    *,
    window: int = 300,
    report: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return the highest score of every motif over positions and strands.

    Parameters
    ----------
    dataset, rows
        Data set with DNA, and rows of shape (n,).
    filters
        Filters of ``motif_filters``.
    window
        Number of bases in the middle of each sequence.
    report
        Called with rows done and in all.

    Returns
    -------
    np.ndarray
        Shape (n, M), float32, in bits.
    """
    import keras

    from chromkeras.baselines.linear import in_chunks

    start, size = common.middle(dataset.dna.length, window)
    inputs = keras.Input((size, 4))
    network = keras.Model(inputs, _scan(inputs, filters.shape))
    network.get_layer(_SCAN).set_weights([filters, np.zeros(filters.shape[-1], np.float32)])
    batch = int(np.clip(_AT_ONCE // (size * filters.shape[-1]), 1, 256))
    found = np.empty((len(rows), filters.shape[-1] // 2), np.float32)
    for place, some in in_chunks(rows, 16 * batch):
        x = dataset.one_hot(some)[:, start : start + size]
        found[place] = network.predict(x, batch_size=batch, verbose=0)
        if report is not None:
            report(min(place.stop, len(rows)), len(rows))
    return found


@lru_cache(maxsize=4)
def _motifs(source: str) -> tuple[Motif, ...]:
    found = tuple(load_motifs(source))
    if not found:
        raise InputError(f"{common.SECTION}.motifs: expected motifs, found none in {source}")
    return found
