"""DeepLIFT-rescale, averaged over references (DeepSHAP), for any supported Keras model.

Shrikumar et al. 2017 (arXiv:1704.02685); Lundberg and Lee 2017 (arXiv:1705.07874).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from chrominterpret.engine.backend import compile_gradient
from chrominterpret.engine.graph import Step, input_index, input_names, output_index, run_graph
from chrominterpret.engine.rules import (
    apply_rule,
    logit_step,
    prepare_call,
    prepare_logit_call,
    rule_for,
)
from chrominterpret.engine.secant import Pair, linear
from chrominterpret.errors import InputError
from chrominterpret.methods.attribution import Attribution
from chrominterpret.methods.baselines import Choice, references_of
from chrominterpret.methods.gradient import check_correction
from chrominterpret.methods.memory import BUDGET, SECANT, rows_at_once
from chrominterpret.methods.problem import (
    Problem,
    Progress,
    batches,
    even,
    padded,
    pose,
    target_groups,
)
from chrominterpret.methods.reference_sums import Part, Sums
from chrominterpret.methods.references import References

Plan = dict[tuple[int, ...], str]


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


def deep_lift_shap(
    model: Any,
    x: Any,
    *,
    targets: Any = None,
    references: Choice = None,
    n_references: int = 20,
    batch_size: int | None = None,
    memory: float = BUDGET,
    seed: int = 0,
    task_names: Sequence[str] | None = None,
    wrt: str | None = None,
    head: str | int | None = None,
    output: str = "logit",
    integrate: bool = False,
    hypothetical: bool = True,
    gradient_correction: bool = False,
    progress: Progress | None = None,
) -> Attribution:
    """Return DeepLIFT contributions of each base, averaged over references.

    A base's contribution to the difference between a sequence's output and its reference's is
    ``sum_c m[c] (x[c] - r[c])`` with the multipliers m of `chrominterpret.engine.secant`; over a
    sequence the contributions sum to that difference (columns of x that are all zero show none).
    Of an input other than one-hot DNA each number contributes ``m (x - r)``.

    Parameters
    ----------
    model
        Functional Keras model or built ``Sequential``.
    x
        One-hot (N, L, 4) or numbers (N, ...), or all inputs of the model as a mapping
        {name: array} or a sequence; the inputs that are not attributed are the same for a sequence
        and its references.
    targets
        None (all outputs), index, task name, sequence of these, mapping of contrasts, or weights
        (K, T); see `chrominterpret.methods.targets.resolve_targets`.
    references
        None for dinucleotide shuffles of DNA and zeros for other numbers, or see
        `chrominterpret.methods.baselines.references_of`.
    n_references
        R, for dinucleotide shuffles.
    batch_size
        Rows, sequences and their references, run at once; at least one sequence and one of its
        references are. None for as many, up to 256, as ``memory`` holds.
    memory
        GB that the model's tensors may take, by the estimate of `chrominterpret.methods.memory`.
    seed
        Seed of the shuffles.
    task_names
        T names of the outputs.
    wrt
        Name of the attributed input; needed where not exactly one has shape (N, L, 4).
    head
        Name or position of the model output, where there are several.
    output
        ``"logit"`` leaves out a final sigmoid or softmax, ``"as is"`` keeps it.
    integrate
        Integrate layers without a rule (LSTM, LayerNormalization, …) along the path from reference
        to sequence, at 16 times their cost, instead of refusing them.
    hypothetical
        Return hypothetical contributions: for base b, ``sum_c m[c] (onehot_b[c] - r[c])``; None
        for an input other than DNA.
    gradient_correction
        Subtract from contributions their mean over the four hypothetical bases at each position
        (Majdandzic et al. 2023). They no longer sum to the difference of outputs. Only for DNA.
    progress
        Called as ``progress(done, total)`` with numbers of sequences.

    Returns
    -------
    Attribution
        With a warning, also raised once as a Python warning, where completeness is off.

    Raises
    ------
    InputError
        If a layer has no rule or an argument does not fit, before any computation.
    """
    problem = pose(
        model, x, targets=targets, task_names=task_names, wrt=wrt, head=head, output=output
    )
    plan = _plan(model, problem.position, problem.head, problem.logit, integrate)
    check_correction(problem, gradient_correction)
    made = references_of(problem, references, n_references, seed)
    size = rows_at_once(problem, batch_size, memory, copies=SECANT)
    sums = Sums.empty(problem, made)
    for part in _parts(problem, made, plan, size, progress):
        sums.add(part, problem)
    return sums.attribution(
        "deep_lift_shap", problem, made, hypothetical=hypothetical, correct=gradient_correction
    )


@dataclass(frozen=True)
class _Mark:
    """Stands for a tensor while rules are chosen."""

    active: bool


def _plan(model: Any, position: int, head: int, logit: Step | None, integrate: bool) -> Plan:
    """Choose the rule of each step that leads to the output, by walking the graph with marks."""
    plan: Plan = {}

    def apply(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[_Mark]:
        call = prepare_call(step, args, kwargs)
        is_logit = logit is not None and logit.path == step.path
        plan[step.path] = "logit" if is_logit else rule_for(step, call, integrate=integrate)
        return [_Mark(bool(call.active()))] * step.n_outputs

    marks = [_Mark(i == position) for i in range(len(input_names(model)))]
    (reached,) = run_graph(model, marks, apply, wanted=[head])
    if not reached.active:
        raise InputError("expected an output that depends on the attributed input, received none")
    return plan


def _secant_walk(problem: Problem, plan: Plan) -> Callable[..., tuple[Any, Any]]:
    """Return a function of references and sequences whose gradient is the multipliers."""

    def apply(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        rule = plan[step.path]
        if rule == "logit":
            return linear(prepare_logit_call(step, args, kwargs))
        return apply_rule(rule, step, prepare_call(step, args, kwargs))

    def walk(r: Any, x: Any, *context: Any) -> tuple[Any, Any]:
        n, each = x.shape[0], r.shape[0] // x.shape[0]
        fixed = [Pair(c, ops.repeat(c, each, axis=0), n, False) for c in context]
        pairs = problem.in_order(Pair(x, r, n, True), fixed)
        (output,) = run_graph(problem.model, pairs, apply, wanted=[problem.head])
        return output.r, output.x

    return walk


def _parts(
    problem: Problem, made: References, plan: Plan, batch_size: int, progress: Progress | None
) -> Iterator[Part]:
    x, weights = problem.x, problem.targets.weights
    compiled = compile_gradient(_secant_walk(problem, plan), problem.model.variables)
    # Where one sequence with all its references is too much, only so many of them at once.
    together = even(made.n, max(1, batch_size - 1))
    size = even(len(x), max(1, batch_size // (1 + together)))
    for rows in batches(len(x), size, progress):
        n = rows.stop - rows.start
        references = made.make(x[rows], rows)
        others = [padded(array[rows], size) for array in (x, *problem.context)]
        starts = range(0, made.n, together)
        z = padded(padded(references, len(starts) * together, axis=1), size)
        runs = [
            target_groups(compiled, weights, _in_rows(z[:, start : start + together]), *others)
            for start in starts
        ]
        for parts in zip(*runs, strict=True):
            which, _, at_x, _ = parts[0]
            at_references, multipliers = (
                np.concatenate(
                    [part[i].reshape(-1, size, together, *part[i].shape[2:]) for part in parts],
                    axis=2,
                )[:, :n, : made.n]
                for i in (1, 3)
            )
            yield Part(which, rows, references, multipliers, at_x[:, :n], at_references)


def _in_rows(references: np.ndarray) -> np.ndarray:
    return references.reshape(-1, *references.shape[2:])
