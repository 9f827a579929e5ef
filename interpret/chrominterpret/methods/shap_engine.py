"""The `shap` package as a second engine: its explainers behind our arguments and result.

Lundberg and Lee 2017 (arXiv:1705.07874). It needs the TensorFlow backend, runs one sequence and
one target at a time, and knows fewer layers than `chrominterpret.methods.deep_lift`; where it is
wrong without saying so (SiLU, for one) the delta shows it.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import numpy as np

from chrominterpret.engine.graph import Step, input_shape, run_graph, without_activation
from chrominterpret.engine.rules import prepare_call, prepare_logit_call
from chrominterpret.errors import InputError
from chrominterpret.methods.attribution import Attribution
from chrominterpret.methods.baselines import Choice, references_of
from chrominterpret.methods.memory import BUDGET, rows_at_once
from chrominterpret.methods.points import outputs_at
from chrominterpret.methods.problem import Problem, Progress, batches, pose
from chrominterpret.methods.reference_sums import kept_references, relative, warn_if_large
from chrominterpret.methods.references import References, to_codes

LARGE_DELTA = {"deep": 0.01, "gradient": 0.1}
SAMPLES = 200  # draws of shap.GradientExplainer
_HIDDEN = (
    "The set_(bad|over|under) function will be deprecated",  # while shap is imported
    "Your TensorFlow version is newer than 2.4.0",
    "The structure of `inputs` doesn't match the expected structure",
)


def shap_attribution(
    model: Any,
    x: Any,
    *,
    targets: Any = None,
    engine: str = "deep",
    references: Choice = None,
    n_references: int = 20,
    batch_size: int | None = None,
    memory: float = BUDGET,
    seed: int = 0,
    task_names: Sequence[str] | None = None,
    wrt: str | None = None,
    head: str | int | None = None,
    output: str = "logit",
    progress: Progress | None = None,
) -> Attribution:
    """Return the attributions of ``shap.DeepExplainer`` or ``shap.GradientExplainer``.

    Of DNA, a position's four values are summed and stand at the observed base, as in
    `chrominterpret.methods.deep_lift.deep_lift_shap`.

    Parameters
    ----------
    model, x, targets, references, n_references, task_names, wrt, head, output
        As for `chrominterpret.methods.deep_lift.deep_lift_shap`.
    engine
        ``"deep"`` or ``"gradient"`` (expected gradients, 200 draws).
    batch_size, memory
        Of the predictions only: shap sets its own batches.
    seed
        Seed of the shuffles and of the draws.
    progress
        Called as ``progress(done, total)`` with numbers of sequences.

    Returns
    -------
    Attribution
        With ``delta`` (K, N, 1) but neither multipliers nor hypothetical contributions.

    Raises
    ------
    InputError
        If the backend is not TensorFlow, shap fails on the model, or an argument does not fit.
    """
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"expected the TensorFlow backend for shap, received {keras.backend.backend()!r}"
        )
    if engine not in LARGE_DELTA:
        raise InputError(f"expected engine= of {tuple(LARGE_DELTA)}, received {engine!r}")
    problem = pose(
        model, x, targets=targets, task_names=task_names, wrt=wrt, head=head, output=output
    )
    made = references_of(problem, references, n_references, seed)
    phi = _shap_values(problem, made, engine, seed, progress)
    size = rows_at_once(problem, batch_size, memory)
    return _result(problem, made, phi, engine, seed, size)


def _shap_values(
    problem: Problem, made: References, engine: str, seed: int, progress: Progress | None
) -> np.ndarray:
    """Return shap's values (K, N, ...)."""
    values = np.empty((len(problem.targets), *problem.x.shape), np.float32)
    with _quietly(), _without_final_activation(problem):
        explain = _explainer(problem, engine, seed)
        for rows in batches(len(problem.x), 1, progress):
            references = made.make(problem.x[rows], rows)[0]
            own = problem.in_order(problem.x[rows], [c[rows] for c in problem.context])
            context = [np.repeat(c[rows], made.n, axis=0) for c in problem.context]
            try:
                found = explain(own, problem.in_order(references, context))
            except Exception as error:
                raise InputError(
                    f"expected a model that shap can explain, received {_reason(error)}"
                ) from error
            values[:, rows] = np.moveaxis(found[problem.position], -1, 0)
    return values


def _explainer(problem: Problem, engine: str, seed: int) -> Any:
    """Return ``explain(inputs, references)``, shap's values (1, ..., K) of each input."""
    import shap

    model = _weighted_model(problem)
    first = [np.asarray(c[:1], np.float32) for c in problem.in_order(problem.x, problem.context)]
    made = shap.DeepExplainer if engine == "deep" else shap.GradientExplainer
    explainer = made(model, first)
    options: dict[str, Any] = {"check_additivity": False}
    if engine == "gradient":
        options = {"rseed": seed, "nsamples": SAMPLES}

    def explain(inputs: list[np.ndarray], references: list[np.ndarray]) -> list[np.ndarray]:
        # the one place where shap keeps references: they differ from sequence to sequence
        explainer.explainer.data = [np.asarray(r, np.float32) for r in references]
        given = [np.asarray(a, np.float32) for a in inputs]
        found = explainer.shap_values(given if len(given) > 1 else given[0], **options)
        return found if isinstance(found, list) else [found]

    return explain


def _weighted_model(problem: Problem) -> Any:
    """Return a Keras model from all inputs to the targets (N, K)."""

    def apply(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        prepare = prepare_logit_call if problem.is_logit(step) else prepare_call
        return prepare(step, args, kwargs).function(*args, **kwargs)

    shapes = [input_shape(problem.model, i) for i in range(1 + len(problem.context))]
    inputs = [keras.Input(shape[1:]) for shape in shapes]
    (output,) = run_graph(problem.model, inputs, apply, wanted=[problem.head])
    weighted = keras.layers.Dense(len(problem.targets), use_bias=False)
    model = keras.Model(inputs, weighted(output))
    weighted.set_weights([problem.targets.weights.T])
    return model


@contextmanager
def _without_final_activation(problem: Problem) -> Iterator[None]:
    with ExitStack() as stack:
        if problem.logit is not None and hasattr(problem.logit.operation, "activation"):
            stack.enter_context(without_activation(problem.logit.operation))
        yield


@contextmanager
def _quietly() -> Iterator[None]:
    """Hide what shap and Keras say of shap's own ways, and put back what shap changes for good.

    That is NumPy's seed and, where it fails, how TensorFlow records gradients.
    """
    from tensorflow.python.eager import execute

    state = np.random.get_state()  # noqa: NPY002
    record = execute.record_gradient
    try:
        with warnings.catch_warnings():
            for message in _HIDDEN:
                warnings.filterwarnings("ignore", message=message)
            yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
        execute.record_gradient = record


def _result(
    problem: Problem, made: References, phi: np.ndarray, engine: str, seed: int, size: int
) -> Attribution:
    x, axes = problem.x, tuple(range(2, phi.ndim))
    at_x, at_references, codes = _compared(problem, made, size)
    difference = (at_x - at_references)[..., None].astype(np.float64)
    delta = phi.sum(axes, dtype=np.float64)[..., None] - difference
    larger = np.maximum(np.abs(at_x), np.abs(at_references))[..., None]
    relative_delta = relative(delta, difference, larger).astype(np.float32)
    return Attribution(
        method=f"shap {engine}",
        target_names=problem.targets.names,
        output=problem.output,
        attributions=phi.sum(-1, keepdims=True) * x if problem.is_dna else phi,
        prediction=at_x,
        delta=delta.astype(np.float32),
        relative_delta=relative_delta,
        reference_kind=made.kind,
        n_references=made.n,
        seed=seed,
        reference_codes=codes,
        references=kept_references(problem, made),
        warnings=warn_if_large(relative_delta, LARGE_DELTA[engine]),
    )


def _compared(
    problem: Problem, made: References, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return outputs (K, N) at the sequences, their means at references, and shuffles (N, R, L)."""
    x, values = problem.x, outputs_at(problem, max(made.n, len(problem.x)), size)
    at_references = np.empty((len(problem.targets), len(x)), np.float32)
    codes = []
    for i in range(len(x)):
        references = made.make(x[i : i + 1], slice(i, i + 1))[0]
        at_references[:, i] = values(references, np.full(made.n, i)).mean(-1)
        if made.kind == "dinucleotide_shuffle":
            codes.append(to_codes(references))
    return values(x, np.arange(len(x))), at_references, np.stack(codes) if codes else None


def _reason(error: Exception) -> str:
    """Return the last line of an error, where TensorFlow's, after a traceback, says what it is."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[-1].strip()[:200]}"
