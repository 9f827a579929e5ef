"""Targets of attribution: single outputs, named tasks, bins of tracks, or contrasts of these."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chrominterpret.errors import InputError

Bins = int | range | slice | str
Target = int | str | tuple[Bins, int | str]
Parts = Sequence[tuple[Any, float]]  # targets and their weights in a contrast

OVER_BINS = ("sum", "mean", "profile")
"""What becomes of the bins of a track; see `resolve_targets`."""


@dataclass(frozen=True, eq=False)
class Targets:
    """Weighted sums of a model's outputs, which are B bins of C tracks, T = B C numbers a row.

    Attributes
    ----------
    names
        Names of the K targets.
    weights
        float32 (K, T); target k is the sum over outputs t of ``weights[k, t] * y[t]``, plus what
        ``profiles`` add.
    profiles
        float32 (K, C), of each track's profile in each target, or None where there are none.
    """

    names: tuple[str, ...]
    weights: np.ndarray
    profiles: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.names)

    def only(self, k: int) -> "Targets":
        """Return target k alone."""
        at = slice(k, k + 1)
        profiles = None if self.profiles is None else self.profiles[at]
        return Targets(self.names[at], self.weights[at], profiles)

    def at(self, outputs: np.ndarray | None = None) -> np.ndarray:
        """Return the weights of each output.

        Parameters
        ----------
        outputs
            Outputs (n, T) on the sequences that are explained, where there are profiles.

        Returns
        -------
        ndarray
            float32 (K, 1, T), the same for all rows, or (K, n, T).

        Notes
        -----
        The profile of a track is ``sum_b p_b (y_b - mean y)`` with p = softmax(y) over its bins
        held at what it is on the sequence (Avsec et al. 2021, doi:10.1038/s41588-021-00782-6), so
        output b weighs ``p_b - 1 / B``.
        """
        shared = self.weights[:, None]
        if self.profiles is None or outputs is None:
            return shared
        y = outputs.reshape(len(outputs), -1, self.profiles.shape[1])
        p = np.exp(y - y.max(1, keepdims=True))
        p = p / p.sum(1, keepdims=True) - 1 / y.shape[1]
        profiles = self.profiles[:, None, None] * p
        return np.asarray(shared + profiles.reshape(len(self), *outputs.shape), np.float32)


def resolve_targets(
    targets: Any, shape: tuple[int, ...], *, task_names: Sequence[str] | None = None
) -> Targets:
    """Resolve a choice of outputs into weights over the outputs.

    Parameters
    ----------
    targets
        Choice: None (every output); an index or a task name; a list of these; a mapping from a
        name to a contrast, itself a mapping {index or task name: weight}, as in
        ``{"Intest − Neurons": {"Intest": 1, "Neurons": -1}}``; or an array (K, T) of weights.

        Where the output has bins (B, C), an index or a name is that of a track, summed over its
        bins, and a pair (bins, track) chooses among them, alone, in a list or in a contrast: bins
        are an index, a ``range`` or a slice, which are summed, or one of ``"sum"``, ``"mean"`` and
        ``"profile"``. The last is the mean of the centred outputs, weighted by their softmax over
        bins, which is held constant, as in BPNet: for profile heads, which put out logits. Such a
        word alone stands for every track, or where the output is (T,) for its T bins as one track.
        An array of weights is then (K, B, C). Targets that were resolved already stay as they are.
    shape
        Shape of the output of one row: (), (T,) or (B, C).
    task_names
        Names of the T outputs, or of the C tracks.

    Raises
    ------
    InputError
        For an unknown name, an index outside 0..T-1, or an array of another shape.

    Examples
    --------
    >>> targets = resolve_targets([("mean", "CAGE"), (2, 0)], (4, 2), task_names=["CAGE", "ATAC"])
    >>> targets.names
    ('CAGE, mean', 'CAGE, bin 2')
    >>> targets.weights[0]
    array([0.25, 0.  , 0.25, 0.  , 0.25, 0.  , 0.25, 0.  ], dtype=float32)
    """
    if isinstance(targets, Targets):
        return _fitting(targets, shape)
    task_names = None if task_names is None else list(task_names)
    if len(shape) == 1 and _is_word(targets) and targets not in (task_names or ()):
        whole = resolve_targets([(targets, 0)], (shape[0], 1))
        return Targets((targets,), whole.weights, whole.profiles)
    output = _Output.of(shape, task_names)
    if isinstance(targets, np.ndarray) and targets.ndim > 1:
        return _from_array(targets, shape or (1,))
    if isinstance(targets, Mapping):
        chosen = [(str(name), _contrast(each)) for name, each in targets.items()]
    else:
        chosen = [(output.name(one), [(one, 1.0)]) for one in output.listed(targets)]
    if not chosen:
        raise InputError(f"expected at least one target, received {targets!r}")
    return output.weighted(chosen)


@dataclass(frozen=True)
class _Output:
    """An output of some bins (one where it has none), by the names of its tracks."""

    bins: int
    names: tuple[str, ...]
    has_bins: bool

    @classmethod
    def of(cls, shape: tuple[int, ...], task_names: Sequence[str] | None) -> "_Output":
        n = shape[-1] if shape else 1
        names = [str(i) for i in range(n)] if task_names is None else list(task_names)
        if len(names) != n or len(set(names)) != n:
            raise InputError(f"expected {n} different task names, one an output, received {names}")
        return cls(shape[0] if len(shape) == 2 else 1, tuple(names), len(shape) == 2)

    def listed(self, targets: Any) -> list[Any]:
        """Return single targets."""
        if targets is None:
            return list(range(len(self.names)))
        if self.has_bins and _is_word(targets) and targets not in self.names:
            return [(targets, track) for track in range(len(self.names))]
        one = isinstance(targets, str | range) or not isinstance(targets, Iterable)
        return [targets] if one or self._is_pair(targets) else list(targets)

    def _is_pair(self, target: Any) -> bool:
        return self.has_bins and isinstance(target, tuple) and len(target) == 2

    def parted(self, target: Any) -> tuple[Any, int]:
        """Return the bins and the place of the track that a single target reads."""
        bins, track = target if self._is_pair(target) else ("sum", target)
        if isinstance(bins, slice):
            bins = range(*bins.indices(self.bins))
        known = _is_word(bins) or _within(bins, self.bins)
        if isinstance(bins, range):
            known = len(bins) > 0 and min(bins) >= 0 and max(bins) < self.bins
        if isinstance(track, str) and track in self.names:
            track = self.names.index(track)
        if known and _within(track, len(self.names)):
            return bins, int(track)
        pairs = f", or pairs of bins in 0..{self.bins - 1} or {OVER_BINS} and one of these"
        raise InputError(
            f"expected a target in 0..{len(self.names) - 1} or one of {list(self.names)}"
            f"{pairs if self.has_bins else ''}, received {target!r}"
        )

    def name(self, target: Any) -> str:
        """Return the name of a single target."""
        bins, track = self.parted(target)
        if not self._is_pair(target):
            return self.names[track]
        if isinstance(bins, range):
            return f"{self.names[track]}, bins {bins[0]} to {bins[-1]}"
        return f"{self.names[track]}, {bins if isinstance(bins, str) else f'bin {bins}'}"

    def weighted(self, chosen: Sequence[tuple[str, Parts]]) -> Targets:
        """Return named contrasts of single targets as weights."""
        weights = np.zeros((len(chosen), self.bins, len(self.names)), np.float32)
        profiles = np.zeros((len(chosen), len(self.names)), np.float32)
        for k, (_, parts) in enumerate(chosen):
            for target, weight in parts:
                bins, track = self.parted(target)
                if bins == "profile":
                    profiles[k, track] += weight
                elif isinstance(bins, str):
                    weights[k, :, track] += weight / (self.bins if bins == "mean" else 1)
                else:
                    weights[k, bins, track] += weight
        flat = weights.reshape(len(chosen), -1)
        names = tuple(name for name, _ in chosen)
        return Targets(names, flat, profiles if profiles.any() else None)


def _fitting(targets: Targets, shape: tuple[int, ...]) -> Targets:
    n = int(np.prod(shape))
    if targets.weights.shape[1] != n:
        raise InputError(
            f"expected targets of {n} outputs, received some of {targets.weights.shape[1]}"
        )
    return targets


def _is_word(bins: Any) -> bool:
    return isinstance(bins, str) and bins in OVER_BINS


def _within(index: Any, n: int) -> bool:
    is_index = isinstance(index, int | np.integer) and not isinstance(index, bool)
    return is_index and 0 <= index < n


def _contrast(weights: Any) -> Parts:
    if not isinstance(weights, Mapping):
        raise InputError(f"expected a contrast {{target: weight}}, received {weights!r}")
    return list(weights.items())


def _from_array(weights: np.ndarray, shape: tuple[int, ...]) -> Targets:
    if weights.shape[1:] != shape or not len(weights):
        each = ", ".join(map(str, shape))
        raise InputError(f"expected target weights of shape (K, {each}), received {weights.shape}")
    names = tuple(f"contrast {k}" for k in range(len(weights)))
    return Targets(names, weights.reshape(len(weights), -1).astype(np.float32))
