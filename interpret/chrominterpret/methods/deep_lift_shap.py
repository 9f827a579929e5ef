"""DeepLIFT-rescale, averaged over references (DeepSHAP), for any supported Keras model.

Shrikumar et al. 2017 (arXiv:1704.02685); Lundberg and Lee 2017 (arXiv:1705.07874).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from keras import ops

from chrominterpret.engine.backend import Compiled, compile_gradient, run_once
from chrominterpret.engine.batches import batches, even, padded, target_groups, weighted
from chrominterpret.engine.chain import Chain, Mark
from chrominterpret.engine.graph import Step, input_index, input_names, output_index, run_graph
from chrominterpret.engine.memory import SECANT
from chrominterpret.engine.rules import logit_step
from chrominterpret.engine.secant import Pair, linear
from chrominterpret.errors import InputError
from chrominterpret.methods.base.agreement import TOLERANCE
from chrominterpret.methods.base.contributions import Batch, ContributionMethod
from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.methods.base.functions import as_function
from chrominterpret.methods.base.references import References


@dataclass(frozen=True)
class Plan:
    """How the steps of a model are carried.

    Attributes
    ----------
    rules
        Rule of each step, by its path.
    held
        Numbers that the tensors inside opened layers hold for one row.
    """

    rules: dict[tuple[int, ...], str]
    held: int


@dataclass(frozen=True, kw_only=True, eq=False)
class DeepLiftShap(ContributionMethod):
    """DeepLIFT contributions of each base, averaged over references.

    A base's contribution to the difference between a sequence's output and its reference's is
    ``sum_c m[c] (x[c] - r[c])`` with the multipliers m of `chrominterpret.engine.secant`; over a
    sequence the contributions sum to that difference (columns of x that are all zero show none).
    Of an input other than one-hot DNA each number contributes ``m (x - r)``.

    Parameters
    ----------
    batch_size
        Number of rows, sequences and references, run at once; at least one sequence and one of its
        references are. None for as many, up to 256, as ``memory`` holds.
    integrate
        Whether to integrate layers without a rule along the path from reference to sequence, at 16
        times their cost, instead of refusing them.

    Returns
    -------
    Attribution
        With a warning, also raised once as a Python warning, where completeness is off.

    Raises
    ------
    InputError
        If a layer has no rule or an option does not fit, before any computation.
    """

    name = "deep_lift_shap"
    copies = SECANT

    integrate: bool = False

    def check(self, explained: ExplainedModel) -> None:
        """Refuse layers without a rule."""
        super().check(explained)
        self._plan_of(explained)

    def held_besides(self, explained: ExplainedModel) -> int:
        """Return what the tensors inside opened layers hold."""
        return self._plan_of(explained).held

    def multipliers(self, explained: ExplainedModel, references: References) -> Iterator[Batch]:
        """Yield multipliers, a few sequences with their references at a time."""
        compiled = self._compiled(explained, self._plan_of(explained))
        x, n = explained.x, references.n
        # Where one sequence with all its references is too much, only so many of them at once.
        batch_size = self.rows_at_once(explained)
        together = even(n, max(1, batch_size - 1))
        size = even(len(x), max(1, batch_size // (1 + together)))
        for rows in batches(len(x), size, self.progress):
            compared = references.make(x[rows], rows)
            others = [padded(array[rows], size) for array in (x, *explained.context)]
            starts, weights = range(0, n, together), explained.weights(rows, size)
            z = padded(padded(compared, len(starts) * together, axis=1), size)
            runs = [
                target_groups(compiled, weights, _in_rows(z[:, start : start + together]), *others)
                for start in starts
            ]
            for groups in zip(*runs, strict=True):
                which, _, at_x, _ = groups[0]
                at_references, multipliers = (
                    np.concatenate(
                        [g[i].reshape(-1, size, together, *g[i].shape[2:]) for g in groups], axis=2
                    )[:, : len(compared), :n]
                    for i in (1, 3)
                )
                at_rows = at_x[:, : len(compared)]
                if not rows.start and explained.model not in self._agreed:
                    _check_references(explained, which, compared[:1, 0], at_references[:, :1, 0])
                yield Batch(which, rows, compared, multipliers, at_rows, at_references)

    def _plan_of(self, explained: ExplainedModel) -> Plan:
        if explained not in self._plans:
            self._plans[explained] = _plan(
                explained.model,
                explained.position,
                explained.head,
                explained.logit,
                self.integrate,
                (*explained.entrance, *explained.exit),
            )
        return self._plans[explained]

    def _compiled(self, explained: ExplainedModel, plan: Plan) -> Compiled:
        """Return the compiled multipliers, those of the last call where it was of the same model.

        So a model whose weights are exchanged between calls is compiled once.
        """
        key = (id(explained.model), explained.position, explained.head, tuple(plan.rules.items()))
        if key not in self._last:
            self._last.clear()
            walk = _secant_walk(explained, plan.rules, self.integrate)
            self._last[key] = compile_gradient(walk, explained.model.variables)
        return self._last[key]

    @cached_property
    def _plans(self) -> WeakKeyDictionary[ExplainedModel, Plan]:
        return WeakKeyDictionary()

    @cached_property
    def _last(self) -> dict[Any, Compiled]:
        return {}


METHOD = DeepLiftShap
deep_lift_shap = as_function(DeepLiftShap)


def check_supported(
    model: Any,
    *,
    wrt: str | None = None,
    head: str | int | None = None,
    output: str = "logit",
    integrate: bool = False,
) -> None:
    """Check, without computing anything, that each layer on the way has a DeepLIFT rule.

    Parameters
    ----------
    model, wrt, head, output, integrate
        As for `deep_lift_shap`.

    Raises
    ------
    InputError
        Naming the first layer without a rule and its class.
    """
    index = output_index(model, head)
    logit = logit_step(model, index) if output == "logit" else None
    _plan(model, input_index(model, wrt), index, logit, integrate)


def _plan(
    model: Any,
    position: int,
    head: int,
    logit: Step | None,
    integrate: bool,
    around: Sequence[Step] = (),
) -> Plan:
    """Choose the rule of each step that leads to the output, by walking the graph with marks.

    The steps around, before and after the model's own, only move numbers.
    """
    rules = {step.path: "linear" for step in around}
    chain = Chain(integrate=integrate)

    def apply(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Mark]:
        is_logit = logit is not None and logit.path == step.path
        rules[step.path] = "logit" if is_logit else chain.choose(step, args, kwargs)
        return chain.marks(step, args, kwargs)

    marks = [Mark(i == position) for i in range(len(input_names(model)))]
    (reached,) = run_graph(model, marks, apply, wanted=[head])
    if not reached.active:
        raise InputError("expected an output that depends on the attributed input, received none")
    return Plan(rules, chain.held)


def _secant_walk(
    explained: ExplainedModel, rules: dict[tuple[int, ...], str], integrate: bool
) -> Callable[..., tuple[Any, Any]]:
    """Return a function of references and sequences whose gradient is the multipliers."""

    def walk(r: Any, x: Any, *context: Any) -> tuple[Any, Any]:
        chain = Chain(integrate=integrate)  # opens layers with the weights of this program

        def apply(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            rule = rules[step.path]
            if rule == "logit":
                return linear(explained.call(step, args, kwargs))
            return chain.apply(rule, step, args, kwargs)

        n, each = x.shape[0], r.shape[0] // x.shape[0]
        fixed = [Pair(c, ops.repeat(c, each, axis=0), n, False) for c in context]
        output = explained.run(apply, Pair(x, r, n, True), fixed)
        return output.r, output.x

    return walk


def _check_references(
    explained: ExplainedModel, which: slice, reference: np.ndarray, found: np.ndarray
) -> None:
    """Raise InputError unless the first reference's outputs (k, 1) are those of a plain walk."""
    rows = [reference, *(array[:1] for array in explained.context)]
    variables = explained.model.variables
    outputs = run_once(lambda *inputs: explained.function(*inputs)[0], rows, variables)
    expected = weighted(explained.weights(slice(0, 1))[which], outputs)
    size = max(float(np.abs(outputs).max()), 1e-6)
    if not np.allclose(found / size, expected / size, rtol=0, atol=TOLERANCE, equal_nan=True):
        raise InputError(
            "expected layers that give the same within DeepLIFT as alone, received "
            f"{found.ravel()[0]:.6g} for {expected.ravel()[0]:.6g} at a reference; a mask that a "
            "layer finds on its input, not among its arguments, is not seen: give it by mask="
        )


def _in_rows(references: np.ndarray) -> np.ndarray:
    return references.reshape(-1, *references.shape[2:])
