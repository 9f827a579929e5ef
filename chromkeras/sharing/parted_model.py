"""A model in two parts: what depends on one input alone, and what comes after.

Where rows are pairs, such as a gene and a condition, the first part is the same for all pairs of a
gene: computed once, it leaves the second part, which is small, to run on every pair.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from chromkeras.sharing.shared_rows import Value, run_by_input

PART = "part_{}"


@dataclass(frozen=True, eq=False)
class Parted:
    """Both parts of a model.

    Attributes
    ----------
    first
        From the one input (batch, ...) to the tensors that the rest reads, each with the batch on
        its first axis.
    rest
        From a dictionary of these, named ``PART.format(i)``, and of the other inputs, to the
        outputs of the model.
    """

    first: keras.Model
    rest: keras.Model

    def between(self, x: Any) -> dict[str, Any]:
        """Return the tensors between the parts by name, from one input as NumPy array."""
        return self.named(self.first.predict(x, verbose=0))

    def named(self, found: Any) -> dict[str, Any]:
        """Return by name what the first part gave: a tensor where there is one, else a list."""
        tensors = found if isinstance(found, list | tuple) else [found]
        return dict(zip(self.names, tensors, strict=True))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tensors between the parts."""
        return tuple(PART.format(i) for i in range(len(self.first.outputs)))


def part_model(model: keras.Model, name: str) -> Parted:
    """Part a model where tensors that depend on one input alone meet others.

    Parameters
    ----------
    model
        Functional model with several inputs by name and one output.
    name
        Input whose part comes first.

    Returns
    -------
    Parted
        Of the same layers and weights as the model.

    Examples
    --------
    >>> a, b = keras.Input((4,), name="a"), keras.Input((2,), name="b")
    >>> both = keras.layers.Concatenate()([keras.layers.Dense(3)(a), b])
    >>> parted = part_model(keras.Model({"a": a, "b": b}, keras.layers.Dense(1)(both)), "a")
    >>> parted.first.output_shape, [tensor.name for tensor in parted.rest.inputs]
    ((None, 3), ['b', 'part_0'])
    """
    inputs = {t.name: keras.Input(t.shape[1:], dtype=t.dtype, name=t.name) for t in model.inputs}
    cuts: dict[int, tuple[Any, ...]] = {}  # by tensor: rows first, an input, it as it was

    def cut(value: Value) -> Value:
        if not value.of:
            return value
        if id(value.tensor) not in cuts:
            axis = next(i for i, size in enumerate(value.tensor.shape) if size is None)
            rows_first = value.tensor if axis == 0 else ops.moveaxis(value.tensor, axis, 0)
            given = keras.Input(rows_first.shape[1:], name=PART.format(len(cuts)))
            back = given if axis == 0 else ops.moveaxis(given, 0, axis)
            cuts[id(value.tensor)] = (rows_first, given, back, value.tensor)
        return Value(cuts[id(value.tensor)][2])

    values = [Value(inputs[t.name], name if t.name == name else "") for t in model.inputs]
    (output,) = (cut(value).tensor for value in run_by_input(model, values, cut))
    others = {key: tensor for key, tensor in inputs.items() if key != name}
    between = {given.name: given for _, given, _, _ in cuts.values()}
    return Parted(
        keras.Model(inputs[name], [each[0] for each in cuts.values()]),
        keras.Model(others | between, output),
    )
