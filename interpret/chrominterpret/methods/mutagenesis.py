"""In-silico mutagenesis: every single-base mutant of every sequence.

Mutants differ from their sequence in one base, so in a stack of convolution, pooling and
elementwise layers only a short stretch of each layer's output differs too, and only that is
computed (`chrominterpret.engine.windowed`); the dense tail runs in full.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from keras import ops

from chrominterpret.engine.backend import compile_forward
from chrominterpret.engine.graph import Step, run_graph
from chrominterpret.engine.rules import prepare_call, prepare_logit_call
from chrominterpret.engine.secant import Call, Pair
from chrominterpret.engine.spread import spreads
from chrominterpret.engine.window_rules import window_rule
from chrominterpret.engine.windowed import Mutants, carry, in_full
from chrominterpret.engine.windows import Span
from chrominterpret.errors import InputError
from chrominterpret.methods.attribution import Attribution
from chrominterpret.methods.memory import BUDGET, rows_at_once
from chrominterpret.methods.problem import Problem, Progress, batches, even, padded, pose
from chrominterpret.methods.references import to_codes


def in_silico_mutagenesis(
    model: Any,
    x: Any,
    *,
    targets: Any = None,
    task_names: Sequence[str] | None = None,
    wrt: str | None = None,
    head: str | int | None = None,
    output: str = "logit",
    windowed: bool = True,
    batch_size: int | None = None,
    memory: float = BUDGET,
    progress: Progress | None = None,
) -> Attribution:
    """Return the effect of each base at each position, by computing all 3 L mutants.

    With y(p, b) the target on the sequence with base b at position p, the hypothetical
    contributions are y(p, b) less its mean over the four bases, and the attributions those of the
    observed bases. The plain differences y(p, b) - y(x) are returned as ``multipliers``. Where the
    sequence has an N (an all-zero column) there are four mutants and no observed base, so the
    attributions are zero and the other two arrays are as elsewhere.

    Parameters
    ----------
    model
        Functional Keras model or built ``Sequential`` with one-hot input.
    x
        One-hot (N, L, 4), or all inputs of the model as a mapping {name: array} or a sequence.
    targets
        None (all outputs), index, task name, sequence of these, mapping of contrasts, or weights
        (K, T); see `chrominterpret.methods.targets.resolve_targets`. More of them cost nothing.
    task_names
        T names of the outputs.
    wrt
        Name of the attributed input, where several have shape (N, L, 4).
    head
        Name or position of the model output, where there are several.
    output
        ``"logit"`` leaves out a final sigmoid or softmax, ``"as is"`` keeps it.
    windowed
        Compute only what a mutation can change. False runs the whole model on every mutant, the
        plain way, to compare.
    batch_size
        Mutants run at once; None for as many, up to 256, as ``memory`` holds.
    memory
        GB that the model's tensors may take, by the estimate of `chrominterpret.methods.memory`.
    progress
        Called as ``progress(done, total)`` with numbers of sequences.

    Returns
    -------
    Attribution
        Its ``warnings`` name a layer that needs the whole sequence of every mutant, such as an
        LSTM: it and what follows it run in full, with the same result in more time.

    Raises
    ------
    InputError
        If an argument does not fit the model, or x is not one-hot (or zero) in every column.
    """
    problem = pose(
        model, x, targets=targets, task_names=task_names, wrt=wrt, head=head, output=output
    )
    if not problem.is_dna:
        raise InputError(f"expected one-hot DNA (N, L, 4), received numbers {problem.x.shape}")
    to_codes(problem.x)
    walk = _Walk(problem, windowed)
    size = rows_at_once(problem, batch_size, memory, copies=1)
    y, prediction = _outputs(problem, walk, size, progress)
    centred = y - y.mean(-1, keepdims=True)
    return Attribution(
        method="in_silico_mutagenesis",
        target_names=problem.targets.names,
        output=problem.output,
        attributions=(centred * problem.x).astype(np.float32),
        prediction=prediction.astype(np.float32),
        hypothetical=centred.astype(np.float32),
        multipliers=(y - prediction[..., None, None]).astype(np.float32),
        warnings=tuple(walk.warnings),
    )


class _Walk:
    """The model as a function of one sequence and its mutants.

    Attributes
    ----------
    warnings
        Which layers had to run in full, known after the first call.
    """

    def __init__(self, problem: Problem, windowed: bool) -> None:
        self._problem, self._windowed = problem, windowed
        self.warnings: list[str] = []

    def __call__(self, x: Any, columns: Any, at: Any, *context: Any) -> Any:
        """Return the outputs (M, T).

        Parameters
        ----------
        x
            (1, L, 4).
        columns
            (M, 4), what stands at the mutated position instead.
        at
            int32 (M,), that position.
        context
            The other inputs of the model, one row each.
        """
        m = columns.shape[0]
        mutants: Any = Mutants(x, columns[:, None], Span.of_input(x.shape[1]), at)
        if not self._windowed:
            mutants = mutants.whole()
        fixed = [Pair(ops.repeat(c, m, axis=0), c, m, False) for c in context]
        inputs = self._problem.in_order(mutants, fixed)
        head = [self._problem.head]
        (result,) = run_graph(self._problem.model, inputs, self._apply, wanted=head)
        if isinstance(result, Pair):
            raise InputError("expected an output that depends on the mutated input, received none")
        return result

    def _apply(self, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        prepare = prepare_logit_call if self._problem.is_logit(step) else prepare_call
        call = prepare(step, args, kwargs)
        changed = [leaf for leaf in call.leaves() if isinstance(leaf, Mutants)]
        if changed:
            return self._carry(step, call, changed)
        return call.pairs(call.run("x"), call.run("r")) if _is_fixed(call) else call.run("x")

    def _carry(self, step: Step, call: Call, changed: list[Mutants]) -> Any:
        others = [leaf for leaf in call.leaves() if not isinstance(leaf, Mutants)]
        rule = window_rule(step, changed, others)
        if rule == "window" and not self._problem.is_logit(step):
            rule = "spread" if spreads(step.operation, changed[0].span.width) else rule
        if rule is not None:
            return carry(rule, step, call)
        self._warn(f"{step} and what follows it ran in full on every mutant")
        return in_full(call)

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def _is_fixed(call: Call) -> bool:
    """Say whether a call reads nothing that a mutation changes."""
    tensors = [leaf for leaf in call.leaves() if hasattr(leaf, "shape")]
    return any(isinstance(leaf, Pair) for leaf in call.leaves()) and not tensors


def _outputs(
    problem: Problem,
    walk: Callable[..., Any],
    batch_size: int,
    progress: Progress | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return float64 targets of all mutants (K, N, L, 4) and of the sequences (K, N)."""
    compiled = compile_forward(walk, problem.model.variables)
    x, weights = problem.x, problem.targets.weights
    y = np.empty((len(weights), *x.shape))
    prediction = np.empty(y.shape[:2])
    for rows in batches(len(x), 1, progress):
        at, base = np.nonzero(x[rows][0] == 0)
        # The first row is the sequence itself.
        columns = np.concatenate([x[rows, 0], np.eye(4)[base]])
        positions = np.concatenate([[0], at])
        context = [array[rows] for array in problem.context]
        values = weights @ _in_batches(compiled, x[rows], columns, positions, context, batch_size).T
        prediction[:, rows] = values[:, :1]
        y[:, rows] = values[:, :1, None, None]
        y[:, rows.start, at, base] = values[:, 1:]
    return y, prediction


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
    parts = []
    for start in range(0, len(columns), size):
        part = slice(start, start + size)
        some, where = padded(columns[part], size), padded(positions[part], size)
        parts.append(compiled(x, some, where, *context))
    return np.concatenate(parts)[: len(columns)].astype(np.float64)
