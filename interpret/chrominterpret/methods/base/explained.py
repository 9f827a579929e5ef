"""A model with the input and the outputs that are attributed, checked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import tree

from chrominterpret.engine.backend import compile_forward
from chrominterpret.engine.batches import batches, even, padded, weighted
from chrominterpret.engine.graph import (
    Step,
    functional,
    input_index,
    output_index,
    output_shape,
    run_graph,
)
from chrominterpret.engine.inputs import input_arrays
from chrominterpret.engine.layout import Layout, layout_of
from chrominterpret.engine.memory import FORWARD, LARGEST, rows_at_once
from chrominterpret.engine.rules import (
    final_activation,
    logit_step,
    prepare_call,
    prepare_logit_call,
)
from chrominterpret.engine.secant import Call
from chrominterpret.errors import InputError
from chrominterpret.methods.base.targets import Targets, resolve_targets
from chrominterpret.sequences import first_column, is_unknown

OUTPUTS = ("logit", "as is")
MOSTLY = 0.8  # of the columns; numbers of another kind seldom sum to 1


@dataclass(frozen=True, eq=False)
class ExplainedModel:
    """A model, what to attribute and with respect to what.

    Attributes
    ----------
    model
        Functional Keras model.
    x
        Attributed input, float32 (N, ...): one-hot (N, L, 4) whatever shape the model takes it in,
        or numbers of any shape.
    context
        Other inputs, in order, each with N rows.
    position
        Position of the attributed input among the model's inputs.
    head
        Position of the attributed output among the model's outputs.
    targets
        Weighted sums over that output, of one axis of T numbers.
    logit
        Step whose final activation is left out, or None.
    layout
        How the model takes x, where that is DNA of another shape than (N, L, 4); else None.
    """

    model: Any
    x: np.ndarray
    context: tuple[np.ndarray, ...]
    position: int
    head: int
    targets: Targets
    logit: Step | None
    layout: Layout | None = None

    @cached_property
    def is_dna(self) -> bool:
        """Whether x is (N, L, 4), its columns mostly one-hot or frequencies, N left out."""
        if self.x.ndim != 3 or self.x.shape[-1] != 4:
            return False
        if is_unknown(self.x).all():
            return bool(_are_frequencies(self.x).all()) or not self.x.any()
        return _are_bases(self.x)

    @cached_property
    def entrance(self) -> tuple[Step, ...]:
        """Calls that bring x (N, L, 4) into the shape that the model takes."""
        return () if self.layout is None else self.layout.steps()

    @cached_property
    def exit(self) -> tuple[Step, ...]:
        """Calls that bring the output (N,) or (N, bins, tracks) into the shape (N, T)."""
        if len(functional(self.model).outputs[self.head].shape) == 2:
            return ()
        return (Step(keras.layers.Flatten(dtype="float32", name="outputs"), (-1,), 1),)

    def as_taken(self, x: np.ndarray) -> np.ndarray:
        """Return rows of x (n, L, 4) in the shape that the model takes."""
        return x if self.layout is None else self.layout.given(x)

    @cached_property
    def observed(self) -> np.ndarray:
        """What is multiplied by the contribution of each base: x, but 0 where DNA has an N."""
        if not self.is_dna:
            return self.x
        unknown = is_unknown(self.x)
        return np.where(unknown[..., None], np.float32(0), self.x) if unknown.any() else self.x

    @property
    def output(self) -> str:
        """``"logit"`` or ``"as is"``."""
        return "as is" if self.logit is None else "logit"

    def is_logit(self, step: Step) -> bool:
        """Return whether a step's activation is left out."""
        return self.logit is not None and self.logit.path == step.path

    def call(self, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        """Return the call of a step at inference, its activation left out where it is to be."""
        prepare = prepare_logit_call if self.is_logit(step) else prepare_call
        return prepare(step, args, kwargs)

    def in_order(self, attributed: Any, context: Sequence[Any]) -> list[Any]:
        """Return the values of all inputs in the model's order."""
        return [*context[: self.position], attributed, *context[self.position :]]

    def run(
        self,
        apply: Callable[[Step, tuple[Any, ...], dict[str, Any]], Any],
        attributed: Any,
        context: Sequence[Any],
    ) -> Any:
        """Interpret the model by a function of its steps; returns the value of the output."""
        for step in self.entrance:
            (attributed,) = tree.flatten(apply(step, (attributed,), {}))
        inputs = self.in_order(attributed, context)
        (value,) = run_graph(self.model, inputs, apply, wanted=[self.head])
        for step in self.exit:
            (value,) = tree.flatten(apply(step, (value,), {}))
        return value

    def predictions(self, attributed: Any, context: Sequence[Any]) -> Any:
        """Return the outputs (rows, T) as the model gives them, a final activation included."""

        def apply(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            made = self.call(step, args, kwargs).function(*args, **kwargs)
            return final_activation(step.operation)(made) if self.is_logit(step) else made

        return self.run(apply, attributed, context)

    def function(self, z: Any, *context: Any) -> tuple[Any, Any]:
        """Return the outputs (rows, T), twice, on tensors of the attributed input and others."""

        def apply(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return self.call(step, args, kwargs).function(*args, **kwargs)

        outputs = self.run(apply, z, context)
        return outputs, outputs

    @cached_property
    def _outputs(self) -> np.ndarray:
        """Outputs (N, T) on all of x."""
        model, x = self.model, self.x
        size = even(len(x), rows_at_once(model, self.head, x.shape[1], copies=FORWARD))
        compiled = compile_forward(lambda *rows: self.function(*rows)[0], model.variables)
        found = [
            compiled(*(padded(array[rows], size) for array in (x, *self.context)))
            for rows in batches(len(x), size)
        ]
        return np.concatenate(found)[: len(x)]

    def values(self) -> np.ndarray:
        """Return the targets' values on all of x, float32 (K, N)."""
        found = [
            weighted(self.weights(rows), self._outputs[rows])
            for rows in batches(len(self.x), LARGEST)
        ]
        return np.concatenate(found, axis=1)

    def some(self, rows: Any) -> list[np.ndarray]:
        """Return the arrays of all inputs as the model takes them, on rows by slice or index."""
        context = [array[rows] for array in self.context]
        return self.in_order(self.as_taken(self.x[rows]), context)

    def weights(self, rows: Any, size: int = 1) -> np.ndarray:
        """Return the weights of the outputs in the targets, on some rows of x.

        Parameters
        ----------
        rows
            Slice or indices of n rows of x.
        size
            Number of rows to fill up to, as `padded` does.

        Returns
        -------
        ndarray
            float32 (K, 1, T), the same for all rows, or (K, n, T).
        """
        if self.targets.profiles is None:
            return self.targets.at()
        found = self.targets.at(self._outputs[rows])
        return padded(found, max(size, found.shape[1]), axis=1)


def explained_model(
    model: Any,
    x: Any,
    *,
    targets: Any = None,
    task_names: Sequence[str] | None = None,
    wrt: str | None = None,
    head: str | int | None = None,
    output: str = "logit",
) -> ExplainedModel:
    """Check what a user asked for and put it in one object.

    Parameters
    ----------
    model, x, targets, task_names, wrt, head, output
        As for `chrominterpret.methods.base.method.Method`.

    Raises
    ------
    InputError
        If anything does not fit the model.
    """
    functional(model)
    if output not in OUTPUTS:
        raise InputError(f"expected output= of {OUTPUTS}, received {output!r}")
    position, index = input_index(model, wrt), output_index(model, head)
    arrays = input_arrays(model, x)
    shape = output_shape(model, index, arrays)
    attributed = np.asarray(arrays.pop(position), np.float32)
    chosen = resolve_targets(targets, shape, task_names=task_names)
    logit = logit_step(model, index) if output == "logit" else None
    layout = _unusual_layout(model, position, attributed)
    if layout is not None:
        attributed = np.ascontiguousarray(layout.sites(attributed))
    explained = ExplainedModel(
        model, attributed, tuple(arrays), position, index, chosen, logit, layout
    )
    _check_values(explained)
    return explained


def _unusual_layout(model: Any, position: int, x: np.ndarray) -> Layout | None:
    """Return how a model takes one-hot DNA of another shape than (N, L, 4), None of other x."""
    layout = layout_of(functional(model).inputs[position])
    if layout is None or layout.is_usual or len(layout.shape) < 2:
        return None
    return layout if _are_bases(layout.sites(x)) else None


def _are_bases(x: np.ndarray) -> bool:
    """Return whether the columns of x (N, L, 4) are frequencies, most of them, N left out."""
    told = ~is_unknown(x)
    return bool(told.any() and _are_frequencies(x)[told].mean() > MOSTLY)


def _check_values(explained: ExplainedModel) -> None:
    """Raise InputError where the attributed input has a NaN, or DNA a column that is no base."""
    x = explained.x
    if not np.isfinite(x).all():
        row, *place = (int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise InputError(
            f"expected finite numbers, received {x[(row, *place)]} in sequence {row} "
            f"at position {', '.join(map(str, place))}"
        )
    wrong = ~(is_unknown(x) | _are_frequencies(x)) if explained.is_dna else np.zeros(1, bool)
    if wrong.any():
        raise InputError(
            "expected one-hot columns, frequencies that sum to 1, or four equal numbers for an N, "
            f"as most columns are; received {first_column(x, wrong)}"
        )


def _are_frequencies(x: np.ndarray) -> np.ndarray:
    """Return which columns of x (..., 4) are frequencies, bool (...)."""
    return (x >= 0).all(-1) & (np.abs(x.sum(-1) - 1) < 1e-4)
