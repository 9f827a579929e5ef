"""Profiles of first-layer filters: their activity along the sequences."""

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from chrominterpret.filters.filter_motifs import check_fraction, summarise
from chrominterpret.filters.first_layer import Stage, activations, checked_onehot, find_first_layer
from chrominterpret.motifs.pwm import Floats


@dataclass(frozen=True, eq=False)
class FilterProfiles:
    """Activity of F filters at P positions over N sequences.

    Attributes
    ----------
    centres : ndarray of shape (P,), float64
        Middle of the window of every position, in bp from the middle of the sequence.
    mean_activation : ndarray of shape (F, P), float64
        Mean over the sequences.
    site_share : ndarray of shape (F, P), float64
        Share of the sequences with a site there, 0 to 1.
    presence : ndarray of shape (N, F), bool
        Whether a sequence has a site anywhere; see `cooccurrence.cooccurrence`.
    """

    centres: Floats
    mean_activation: Floats
    site_share: Floats
    presence: NDArray[np.bool_]


def filter_profiles(
    model: keras.Model,
    onehot: ArrayLike,
    *,
    fraction: float = 0.5,
    layer: str | None = None,
    wrt: str | None = None,
    stage: Stage = "activation",
    batch_size: int = 32,
) -> FilterProfiles:
    """Profile the filters of the first convolution along the sequences.

    A site is where the activation exceeds mean + fraction · (max − mean) of the filter, as in
    `filters.filter_motifs`. Dead filters have none. Positions whose window overlaps padding are
    left out.

    Parameters
    ----------
    model : keras.Model
        Functional model or built ``Sequential`` with a one-hot input (None, L, 4).
    onehot : array of shape (N, L, 4)
        Sequences; channels A, C, G, T. Read twice.
    fraction : float
        Height of the threshold between mean and maximum, 0 to below 1.
    layer, wrt, stage
        Name of the convolution, name of the input that it reads, and whether before or after its
        activation; see `first_layer.find_first_layer`.
    batch_size : int
        Number of sequences at a time.

    Raises
    ------
    InputError
        If the model has no such layer, the shapes do not fit, or the fraction is out of range.
    """
    check_fraction(fraction)
    first = find_first_layer(model, layer=layer, wrt=wrt, stage=stage)
    x = checked_onehot(onehot, first)
    summary = summarise(first, x, batch_size)
    cut, inside = summary.cut(fraction), first.inside
    total, sites = np.zeros((2, inside.stop - inside.start, first.n_filters))
    for _, _, activation in activations(first, x, batch_size=batch_size):
        seen = activation[:, inside]
        total += seen.sum(axis=0, dtype=np.float64)
        sites += (seen > cut).sum(axis=0)
    span = (first.width - 1) * first.dilation
    centres = first.starts[inside] + span / 2 - (first.length - 1) / 2
    mean, share = (np.asarray(counts.T / len(x), np.float64) for counts in (total, sites))
    return FilterProfiles(np.asarray(centres, np.float64), mean, share, summary.best > cut)
