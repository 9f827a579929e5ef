"""First-layer filters as motifs: the sites where a filter is active, aligned and counted."""

from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from chrominterpret.errors import InputError
from chrominterpret.filters.first_layer import (
    FirstLayer,
    Stage,
    activations,
    checked_filter_names,
    checked_onehot,
    find_first_layer,
)
from chrominterpret.filters.rules import Rule
from chrominterpret.motifs.pwm import Floats, Motif, motif_from_counts

_BATCH_SIZE: Final = 32


@dataclass(frozen=True, eq=False)
class FilterMotif:
    """Motif of a first-layer filter.

    Attributes
    ----------
    index : int
        Channel of the first layer.
    name : str
        Name of the filter, e.g. ``"f12"`` or ``"Neurons:f12"``.
    motif : Motif or None
        Motif, as wide as the kernel; None where the filter is dead or has too few sites.
    n_sites : int
        Number of sites.
    max_activation, mean_activation : float
        Largest and mean activation over all positions whose window lies in the sequence.
    dead : bool
        Whether the activation is the same everywhere.
    reason : str
        Reason why there is no motif; empty where there is one.
    """

    index: int
    name: str
    motif: Motif | None
    n_sites: int
    max_activation: float
    mean_activation: float
    dead: bool
    reason: str


@dataclass(frozen=True, eq=False)
class Summary:
    """Activations of filters over all sequences, at positions whose window lies in the sequence.

    Attributes
    ----------
    mean, largest, smallest : ndarray of shape (F,), float64
        Mean and extremes of the activation of every filter.
    best : ndarray of shape (N, F), float32
        Largest activation in every sequence.
    place : ndarray of shape (N, F), int32
        Position of that activation among ``first.inside``.
    """

    mean: Floats
    largest: Floats
    smallest: Floats
    best: NDArray[np.float32]
    place: NDArray[np.int32]

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Whether a filter's activation is the same everywhere, shape (F,)."""
        with np.errstate(invalid="ignore"):
            spread = self.largest - self.smallest
        return ~(spread > 1e-6 * np.maximum(np.abs(self.largest), 1e-6))

    def cut(self, fraction: float) -> NDArray[np.float32]:
        """Return the activation above which there is a site, shape (F,); infinite where dead.

        mean + fraction · (max − mean), Basset's rule.
        """
        cut = self.mean + fraction * (self.largest - self.mean)
        # in float32, as the activations are: a rounded-up cut could lose the maximum itself
        return np.where(self.dead, np.inf, cut).astype(np.float32)


def filter_motifs(
    model: keras.Model,
    onehot: ArrayLike,
    *,
    rule: Rule = "threshold",
    fraction: float = 0.5,
    n_top: int = 100,
    min_sites: int = 10,
    pseudocount: float = 1.0,
    filter_names: list[str] | None = None,
    layer: str | None = None,
    wrt: str | None = None,
    stage: Stage = "activation",
    batch_size: int = _BATCH_SIZE,
) -> list[FilterMotif]:
    """Turn the filters of the first convolution into motifs.

    Parameters
    ----------
    model : keras.Model
        Functional model or built ``Sequential`` with a one-hot input (None, L, 4).
    onehot : array of shape (N, L, 4)
        Sequences; channels A, C, G, T; an N is four zeros and adds to no count. Anything that is
        sliced by rows into arrays will do. Read twice by the threshold rule. Where the model takes
        another shape, such as (N, 4, L), that one.
    rule : "threshold" or "top"
        "threshold" (Basset, Kelley et al. 2016): every site where the activation exceeds
        mean + fraction · (max − mean) of that filter. "top" (DeepREG): the ``n_top`` sequences
        with the highest activation, above the filter's smallest, one site each.
    fraction : float
        Height of the threshold between mean and maximum, 0 to 1.
    n_top : int
        Number of sequences of the top rule.
    min_sites : int
        Number of sites below which a filter gets no motif.
    pseudocount : float
        Pseudocount of every base at every position.
    filter_names : list of str or None
        Names of the channels; ``f0`` … by default.
    layer, wrt, stage
        Name of the convolution, name of the input that it reads, and whether before or after its
        activation; see `find_first_layer`.
    batch_size : int
        Number of sequences at a time; memory is about ``batch_size · L' · F · 8`` bytes.

    Returns
    -------
    list of FilterMotif
        One per filter, in the order of the channels. Sites that overlap padding are left out, also
        of mean and maximum.

    Raises
    ------
    InputError
        If the model has no such layer, the shapes do not fit, or an option is out of range.
    """
    _check_options(rule, fraction, n_top, min_sites)
    first = find_first_layer(model, layer=layer, wrt=wrt, stage=stage)
    x = checked_onehot(onehot, first)
    names = checked_filter_names(filter_names, first.n_filters)
    summary = summarise(first, x, batch_size)
    if rule == "threshold":
        counts, n_sites = _count_above(first, x, summary.cut(fraction), batch_size)
    else:
        counts, n_sites = _count_top(first, x, summary, n_top)
    return [
        _to_filter_motif(
            index, name, summary, counts[index], int(n_sites[index]), min_sites, pseudocount
        )
        for index, name in enumerate(names)
    ]


def _check_options(rule: str, fraction: float, n_top: int, min_sites: int) -> None:
    if rule not in ("threshold", "top"):
        raise InputError(f"expected rule 'threshold' or 'top'; received {rule!r}")
    check_fraction(fraction)
    if n_top < 1 or min_sites < 1:
        raise InputError(
            f"expected n_top and min_sites of at least 1; received {n_top} and {min_sites}"
        )


def check_fraction(fraction: float) -> None:
    """Raise InputError where the fraction of the threshold rule is out of range."""
    if not 0 <= fraction < 1:
        raise InputError(f"expected a fraction from 0 to below 1; received {fraction}")


def summarise(first: FirstLayer, x: NDArray[Any], batch_size: int) -> Summary:
    """Summarise the activations of the filters over one-hot sequences (N, L, 4)."""
    n, f, inside = len(x), first.n_filters, first.inside
    total, smallest = np.zeros(f), np.full(f, np.inf)
    best, place = np.empty((n, f), np.float32), np.empty((n, f), np.int32)
    for rows, _, activation in activations(first, x, batch_size=batch_size):
        seen = activation[:, inside]
        total += seen.sum(axis=(0, 1), dtype=np.float64)
        smallest = np.minimum(smallest, seen.min(axis=(0, 1)))
        place[rows] = seen.argmax(axis=1)
        best[rows] = seen.max(axis=1)
    positions = n * (inside.stop - inside.start)
    return Summary(total / positions, best.max(axis=0).astype(float), smallest, best, place)


def _windows(first: FirstLayer, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what each inside position sees, as rows (B · P, K · 4)."""
    starts = first.starts[first.inside]
    offsets = np.arange(first.width) * first.dilation
    return x[:, starts[:, None] + offsets].reshape(-1, first.width * 4)


def _count_above(
    first: FirstLayer,
    x: NDArray[Any],
    cut: NDArray[np.float32],
    batch_size: int,
) -> tuple[Floats, NDArray[np.int64]]:
    """Count the bases (F, K, 4) and the sites (F,) where the activation exceeds the cut."""
    counts = np.zeros((first.n_filters, first.width * 4))
    n_sites = np.zeros(first.n_filters, np.int64)
    for _, batch, activation in activations(first, x, batch_size=batch_size):
        seen = activation[:, first.inside].reshape(-1, first.n_filters)
        above = csr_array(seen > cut, dtype=np.float32)
        counts += above.T @ _windows(first, batch)
        n_sites += np.bincount(above.indices, minlength=first.n_filters)
    return counts.reshape(first.n_filters, first.width, 4), n_sites


def _count_top(
    first: FirstLayer, x: NDArray[Any], summary: Summary, n_top: int
) -> tuple[Floats, NDArray[np.int64]]:
    """Count the bases and sites of the best place in each of the best sequences."""
    counts = np.zeros((first.n_filters, first.width, 4))
    n_sites = np.zeros(first.n_filters, np.int64)
    starts = first.starts[first.inside]
    offsets = np.arange(first.width) * first.dilation
    x = first.layout.sites(np.asarray(x))
    for f in np.flatnonzero(~summary.dead):
        order = np.argsort(-summary.best[:, f], kind="stable")[:n_top]
        rows = order[summary.best[order, f] > summary.smallest[f]]
        columns = starts[summary.place[rows, f]][:, None] + offsets
        counts[f] = x[rows[:, None], columns].sum(axis=0)
        n_sites[f] = len(rows)
    return counts, n_sites


def _to_filter_motif(
    index: int,
    name: str,
    summary: Summary,
    counts: Floats,
    n_sites: int,
    min_sites: int,
    pseudocount: float,
) -> FilterMotif:
    dead, reason, motif = bool(summary.dead[index]), "", None
    if dead:
        reason = f"dead: its activation is {summary.largest[index]:.6g} everywhere"
    elif n_sites < min_sites:
        reason = f"{n_sites} sites; at least {min_sites} are needed"
    else:
        ppm_motif = motif_from_counts(name, counts, pseudocount=pseudocount)
        motif = Motif(name, ppm_motif.ppm, nsites=float(n_sites))
    return FilterMotif(
        index,
        name,
        motif,
        n_sites,
        float(summary.largest[index]),
        float(summary.mean[index]),
        dead,
        reason,
    )
