"""Where the positions of a sequence lie in the tensor that a convolution reads, found by trying.

Layers before the convolution may scale, pad, crop or transpose. Whatever they are, a changed base
must change one position there, and all positions must be moved alike.
"""

from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from chrominterpret.engine.graph import run_graph
from chrominterpret.engine.layout import Layout
from chrominterpret.engine.precision import call_in_float32
from chrominterpret.errors import InputError
from chrominterpret.sequences import one_hot

_PROBES: Final = 16  # positions tried, the ends among them


def shift_between(layout: Layout, given: Any, seen: Any) -> int:
    """Return how many positions later the tensor ``seen`` (None, L', 4) has a base of ``given``.

    Raises
    ------
    InputError
        If no number of positions says it: where positions are mixed, turned round or left out.
    """
    at = np.unique(np.linspace(0, layout.length - 1, _PROBES).round().astype(int))
    codes = np.tile(np.random.default_rng(0).integers(0, 4, layout.length), (1 + len(at), 1))
    codes[np.arange(len(at)) + 1, at] = (codes[0, at] + 1) % 4
    values = walk_between(given, seen, layout.given(one_hot(codes)))
    changed = (values[1:] != values[:1]).any(-1)
    shifts = {
        int(place) - int(p)
        for row, p in zip(changed, at, strict=True)
        for place in row.nonzero()[0]
    }
    if len(shifts) != 1 or (changed.sum(1) > 1).any():
        raise InputError(
            "expected layers before the first convolution that keep positions apart and in order, "
            f"received a change of {sorted(shifts)[:3]} positions where one base changed"
        )
    return shifts.pop()


def walk_between(given: Any, seen: Any, x: NDArray[Any]) -> NDArray[np.float32]:
    """Return the values of a symbolic tensor that is made of another, in float32."""
    # keras.Function, not keras.Model: the latter adds nodes to the caller's layers
    between = keras.Function([given], [seen])
    tensor = keras.ops.convert_to_tensor(np.asarray(x, np.float32))
    (value,) = run_graph(between, [tensor], lambda s, a, k: call_in_float32(s.operation, a, k))
    return np.asarray(keras.ops.convert_to_numpy(value))
