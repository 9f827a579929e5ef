"""In-silico mutagenesis: every single-base mutant of every sequence.

Mutants differ from their sequence in one base, so in a stack of convolution, pooling and
elementwise layers only a short stretch of each layer's output differs too, and only that is
computed (`chrominterpret.engine.windowed`); the dense layers at the end run in full.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from chrominterpret.attribution import Attribution
from chrominterpret.engine.backend import compile_forward
from chrominterpret.engine.batches import batches, even, padded
from chrominterpret.engine.graph import Step
from chrominterpret.engine.memory import FORWARD
from chrominterpret.engine.secant import Call, Pair
from chrominterpret.engine.spread import spreads
from chrominterpret.engine.window_rules import window_rule
from chrominterpret.engine.windowed import Mutants, carry, in_full
from chrominterpret.engine.windows import Span
from chrominterpret.errors import InputError
from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.methods.base.functions import as_function
from chrominterpret.methods.base.method import Method
from chrominterpret.sequences import one_hot, to_codes


@dataclass(frozen=True, kw_only=True, eq=False)
class InSilicoMutagenesis(Method):
    """Effect of each base at each position, by computing all 3 L mutants.

    With y(p, b) the target on the sequence with base b at position p, the hypothetical
    contributions are y(p, b) less its mean over the four bases, and the attributions those of the
    observed bases. The plain differences y(p, b) - y(x) are returned as ``multipliers``. Where the
    sequence has an N (four equal numbers) there are four mutants and no observed base, so the
    attributions are zero and the other two arrays are as elsewhere. More targets cost nothing.

    Parameters
    ----------
    batch_size
        Number of mutants run at once; None for as many, up to 256, as ``memory`` holds.
    windowed
        Whether to compute only what a mutation can change. False runs the whole model on every
        mutant, the plain way, to compare.

    Returns
    -------
    Attribution
        Its ``warnings`` name a layer that needs the whole sequence of every mutant, such as an
        LSTM: it and what follows it run in full, with the same result in more time.

    Raises
    ------
    InputError
        If an option does not fit the model, or a column of x is neither one-hot nor an N.
    """

    name = "in_silico_mutagenesis"
    copies = FORWARD

    windowed: bool = True

    def check(self, explained: ExplainedModel) -> None:
        """Refuse what is not one-hot DNA."""
        super().check(explained)
        if not explained.is_dna:
            raise InputError(
                f"expected one-hot DNA (N, L, 4), received numbers {explained.x.shape}"
            )
        to_codes(explained.x)

    def run(self, explained: ExplainedModel) -> Attribution:
        """Attribute by the outputs of all mutants."""
        walk = _Walk(explained, self.windowed)
        y, prediction = self._outputs(explained, walk)
        centred = y - y.mean(-1, keepdims=True)
        return self.result(
            explained,
            attributions=(centred * explained.observed).astype(np.float32),
            prediction=prediction.astype(np.float32),
            hypothetical=centred.astype(np.float32),
            multipliers=(y - prediction[..., None, None]).astype(np.float32),
            warnings=tuple(walk.warnings),
        )

    def _outputs(
        self, explained: ExplainedModel, walk: Callable[..., Any]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return float64 targets of all mutants (K, N, L, 4) and of the sequences (K, N)."""
        compiled = compile_forward(walk, explained.model.variables)
        x, size = explained.x, self.rows_at_once(explained)
        y = np.empty((len(explained.targets), *x.shape))
        prediction = np.empty(y.shape[:2])
        for rows in batches(len(x), 1, self.progress):
            at, base = np.nonzero(explained.observed[rows][0] == 0)
            # The first row is the sequence itself.
            columns = np.concatenate([x[rows, 0], one_hot(base)])
            positions = np.concatenate([[0], at])
            context = [array[rows] for array in explained.context]
            outputs = _in_batches(compiled, x[rows], columns, positions, context, size)
            values = explained.weights(rows)[:, 0] @ outputs.T
            prediction[:, rows] = values[:, :1]
            y[:, rows] = values[:, :1, None, None]
            y[:, rows.start, at, base] = values[:, 1:]
        return y, prediction


METHOD = InSilicoMutagenesis
in_silico_mutagenesis = as_function(InSilicoMutagenesis)


class _Walk:
    """The model as a function of one sequence and its mutants.

    Attributes
    ----------
    warnings
        Layers that had to run in full, known after the first call.
    """

    def __init__(self, explained: ExplainedModel, windowed: bool) -> None:
        self._explained, self._windowed = explained, windowed
        self.warnings: list[str] = []

    def __call__(self, x: Any, columns: Any, at: Any, *context: Any) -> Any:
        """Return the outputs (M, T).

        Parameters
        ----------
        x
            (1, L, 4).
        columns
            (M, 4), columns that stand at the mutated positions instead.
        at
            int32 (M,), mutated positions.
        context
            Other inputs of the model, one row each.
        """
        m = columns.shape[0]
        mutants: Any = Mutants(x, columns[:, None], Span.of_input(x.shape[1]), at)
        if not self._windowed:
            mutants = mutants.whole()
        fixed = [Pair(ops.repeat(c, m, axis=0), c, m, False) for c in context]
        result = self._explained.run(self._apply, mutants, fixed)
        if isinstance(result, Pair):
            raise InputError("expected an output that depends on the mutated input, received none")
        return result

    def _apply(self, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        call = self._explained.call(step, args, kwargs)
        changed = [leaf for leaf in call.leaves() if isinstance(leaf, Mutants)]
        if changed:
            return self._carry(step, call, changed)
        return call.pairs(call.run("x"), call.run("r")) if _is_fixed(call) else call.run("x")

    def _carry(self, step: Step, call: Call, changed: list[Mutants]) -> Any:
        others = [leaf for leaf in call.leaves() if not isinstance(leaf, Mutants)]
        rule = window_rule(step, changed, others)
        if rule == "window" and not self._explained.is_logit(step):
            rule = "spread" if spreads(step.operation, changed[0].span.width) else rule
        if rule is not None:
            return carry(rule, step, call)
        self._warn(f"{step} and what follows it ran in full on every mutant")
        return in_full(call)

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def _is_fixed(call: Call) -> bool:
    """Return whether a call reads nothing that a mutation changes."""
    tensors = [leaf for leaf in call.leaves() if hasattr(leaf, "shape")]
    return any(isinstance(leaf, Pair) for leaf in call.leaves()) and not tensors


def _in_batches(
    compiled: Callable[..., np.ndarray],
    x: np.ndarray,
    columns: np.ndarray,
    positions: np.ndarray,
    context: Sequence[np.ndarray],
    batch_size: int,
) -> np.ndarray:
    """Return the outputs (rows, T), in float64."""
    size = even(len(columns), batch_size)
    found = []
    for rows in batches(len(columns), size):
        some, where = padded(columns[rows], size), padded(positions[rows], size)
        found.append(compiled(x, some, where, *context))
    return np.concatenate(found)[: len(columns)].astype(np.float64)
