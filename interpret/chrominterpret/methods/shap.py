"""The `shap` package as a second engine: its explainers behind our arguments and result.

Lundberg and Lee 2017 (arXiv:1705.07874). It needs the TensorFlow backend, runs one sequence and
one target at a time, and knows fewer layers than `chrominterpret.methods.deep_lift_shap`; where it
is wrong without saying so (SiLU, for one) the delta shows it.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.engine.batches import batches
from chrominterpret.engine.precision import FLOAT
from chrominterpret.errors import InputError
from chrominterpret.methods.base.contributions import ReferenceMethod, described, relative
from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.methods.base.functions import as_function
from chrominterpret.methods.base.points import outputs_at
from chrominterpret.methods.base.references import References
from chrominterpret.sequences import to_codes

LARGE_DELTA = {"deep": 0.01, "gradient": 0.1}
SAMPLES = 200  # draws of shap.GradientExplainer
_HIDDEN = (
    "The set_(bad|over|under) function will be deprecated",  # while shap is imported
    "Your TensorFlow version is newer than 2.4.0",
    "The structure of `inputs` doesn't match the expected structure",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Shap(ReferenceMethod):
    """Attributions of ``shap.DeepExplainer`` or ``shap.GradientExplainer``.

    Of DNA, a position's four values are summed and stand at the observed base, as in
    `chrominterpret.methods.deep_lift_shap.deep_lift_shap`.

    Parameters
    ----------
    batch_size
        Number of rows of the predictions run at once, or None: shap sets its own batches.
    seed
        Seed of the shuffles and of the draws.
    engine
        Explainer: ``"deep"`` or ``"gradient"`` (expected gradients, 200 draws).

    Returns
    -------
    Attribution
        With ``delta`` (K, N, 1) but neither multipliers nor hypothetical contributions.

    Raises
    ------
    InputError
        If the backend is not TensorFlow, shap fails on the model, or an option does not fit.
    """

    name = "shap"

    engine: str = "deep"

    def large_delta(self) -> float:
        """Return 0.01 for the deep engine and 0.1 for the other, which draws."""
        return LARGE_DELTA[self.engine]

    def check(self, explained: ExplainedModel) -> None:
        """Refuse other backends and engines."""
        super().check(explained)
        backend = keras.backend.backend()
        if backend != "tensorflow":
            raise InputError(f"expected the TensorFlow backend for shap, received {backend!r}")
        if self.engine not in LARGE_DELTA:
            raise InputError(f"expected engine= of {tuple(LARGE_DELTA)}, received {self.engine!r}")

    def run(self, explained: ExplainedModel) -> Attribution:
        """Attribute by shap's values."""
        references = self.pool(explained)
        phi = self._values(explained, references)
        at_x, at_references, codes = _compared(explained, references, self.rows_at_once(explained))
        difference = (at_x - at_references)[..., None].astype(np.float64)
        axes = tuple(range(2, phi.ndim))
        values = phi.sum(-1, keepdims=True) * explained.observed if explained.is_dna else phi
        delta = values.sum(axes, dtype=np.float64)[..., None] - difference
        larger = np.maximum(np.abs(at_x), np.abs(at_references))[..., None]
        fields = described(explained, references, references) | {"seed": self.seed}
        return self.result(
            explained,
            method=f"shap {self.engine}",
            attributions=values,
            prediction=at_x,
            delta=delta.astype(np.float32),
            relative_delta=relative(delta, difference, larger).astype(np.float32),
            reference_codes=codes,
            **fields,
        )

    def _values(self, explained: ExplainedModel, references: References) -> np.ndarray:
        """Return shap's values (K, N, ...)."""
        x = explained.x
        values = np.empty((len(explained.targets), *x.shape), np.float32)
        with _quietly():
            model = _weighted_model(explained)
            weighted = model.layers[-1]
            explain = _explainer(explained, model, self.engine, self.seed)
            for rows in batches(len(x), 1, self.progress):
                compared = references.make(x[rows], rows)[0]
                own = explained.in_order(x[rows], [c[rows] for c in explained.context])
                context = [np.repeat(c[rows], references.n, axis=0) for c in explained.context]
                weighted.set_weights([explained.weights(rows)[:, 0].T])
                try:
                    found = explain(own, explained.in_order(compared, context))
                except MemoryError:
                    raise
                # shap and TensorFlow fail by classes of their own, private ones among them
                except Exception as error:
                    raise InputError(
                        f"expected a model that shap can explain, received {_reason(error)}"
                    ) from error
                values[:, rows] = np.moveaxis(found[explained.position], -1, 0)
        return values


METHOD = Shap
shap_attribution = as_function(Shap, name="shap_attribution")


def _explainer(explained: ExplainedModel, model: Any, engine: str, seed: int) -> Any:
    """Return ``explain(inputs, references)``, shap's values (1, ..., K) of each input."""
    import shap

    first = [
        np.asarray(c[:1], np.float32) for c in explained.in_order(explained.x, explained.context)
    ]
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


def _weighted_model(explained: ExplainedModel) -> Any:
    """Return a Keras model from all inputs to the targets (N, K), which a last layer weights."""
    arrays = explained.in_order(explained.x, explained.context)
    inputs = [keras.Input(array.shape[1:], dtype=FLOAT) for array in arrays]
    walk = _Walk(explained, name="walk", dtype=FLOAT)
    weighted = keras.layers.Dense(
        len(explained.targets), use_bias=False, name="weighted", dtype=FLOAT
    )
    return keras.Model(inputs, weighted(walk(inputs)))


class _Walk(keras.layers.Layer):  # type: ignore[misc,unused-ignore]
    """The outputs (rows, T) as one layer, in which no names need to differ."""

    def __init__(self, explained: ExplainedModel, **options: Any) -> None:
        super().__init__(**options)
        self.explained = explained

    def call(self, inputs: list[Any]) -> Any:
        """Return the outputs on the values of all inputs."""
        context = list(inputs)
        outputs, _ = self.explained.function(context.pop(self.explained.position), *context)
        return outputs


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


def _compared(
    explained: ExplainedModel, references: References, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return outputs (K, N) at the sequences, their means at references, and shuffles (N, R, L)."""
    x = explained.x
    values = outputs_at(explained, max(references.n, len(x)), size)
    at_references = np.empty((len(explained.targets), len(x)), np.float32)
    codes = []
    for i in range(len(x)):
        compared = references.make(x[i : i + 1], slice(i, i + 1))[0]
        at_references[:, i] = values(compared, np.full(references.n, i)).mean(-1)
        if references.are_shuffles:
            codes.append(to_codes(compared))
    return values(x, np.arange(len(x))), at_references, np.stack(codes) if codes else None


def _reason(error: Exception) -> str:
    """Return the last line of an error, where TensorFlow's, after a traceback, says what it is."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[-1].strip()[:200]}"
