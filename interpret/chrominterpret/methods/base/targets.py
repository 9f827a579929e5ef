"""Targets of attribution: single outputs, named tasks, or contrasts between them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chrominterpret.errors import InputError

Target = int | str


@dataclass(frozen=True)
class Targets:
    """Weighted sums of a model's outputs.

    Attributes
    ----------
    names
        Names of the K targets.
    weights
        float32 (K, T); target k is the sum over outputs t of ``weights[k, t] * y[t]``.
    """

    names: tuple[str, ...]
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.names)


def resolve_targets(
    targets: Any, n_outputs: int, *, task_names: Sequence[str] | None = None
) -> Targets:
    """Resolve a choice of outputs into weights over the outputs.

    Parameters
    ----------
    targets
        Choice: None (every output); an index or a task name; a sequence of these; a mapping from a
        name to a contrast, itself a mapping {index or task name: weight}, as in
        ``{"Intest − Neurons": {"Intest": 1, "Neurons": -1}}``; or an array (K, T) of weights.
    n_outputs
        Number T of outputs of the model.
    task_names
        Names of the T outputs.

    Raises
    ------
    InputError
        For an unknown name, an index outside 0..T-1, or an array of another shape.
    """
    names = _task_names(task_names, n_outputs)
    if targets is None:
        targets = range(n_outputs)
    if isinstance(targets, Mapping):
        rows = [_contrast(weights, names) for weights in targets.values()]
        return Targets(tuple(map(str, targets)), _stack(rows, targets))
    if isinstance(targets, np.ndarray) and targets.ndim == 2:
        return _from_array(targets, n_outputs)
    if isinstance(targets, str) or not isinstance(targets, Iterable):
        targets = [targets]
    indices = [_index(target, names) for target in targets]
    rows = [np.eye(n_outputs, dtype=np.float32)[i] for i in indices]
    return Targets(tuple(names[i] for i in indices), _stack(rows, targets))


def _task_names(task_names: Sequence[str] | None, n_outputs: int) -> list[str]:
    names = [str(i) for i in range(n_outputs)] if task_names is None else list(task_names)
    if len(names) != n_outputs or len(set(names)) != n_outputs:
        raise InputError(
            f"expected {n_outputs} different task names, one an output, received {names}"
        )
    return names


def _index(target: Target, names: list[str]) -> int:
    if isinstance(target, str) and target in names:
        return names.index(target)
    is_index = isinstance(target, int | np.integer) and not isinstance(target, bool)
    if is_index and 0 <= target < len(names):  # type: ignore[operator]
        return int(target)
    raise InputError(
        f"expected a target in 0..{len(names) - 1} or one of {names}, received {target!r}"
    )


def _contrast(weights: Mapping[Target, float], names: list[str]) -> np.ndarray:
    if not isinstance(weights, Mapping):
        raise InputError(f"expected a contrast {{target: weight}}, received {weights!r}")
    row = np.zeros(len(names), np.float32)
    for target, weight in weights.items():
        row[_index(target, names)] += weight
    return row


def _from_array(weights: np.ndarray, n_outputs: int) -> Targets:
    if weights.shape[1] != n_outputs or not len(weights):
        raise InputError(
            f"expected target weights of shape (K, {n_outputs}), received {weights.shape}"
        )
    names = tuple(f"contrast {k}" for k in range(len(weights)))
    return Targets(names, weights.astype(np.float32))


def _stack(rows: list[np.ndarray], targets: Any) -> np.ndarray:
    if not rows:
        raise InputError(f"expected at least one target, received {targets!r}")
    return np.stack(rows)
