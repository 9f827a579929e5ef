"""DeepLIFT results, gathered a batch at a time: averages over references and completeness."""

import warnings
from dataclasses import dataclass

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.gradient import corrected
from chrominterpret.problem import Problem
from chrominterpret.references import References, to_codes

LARGE_DELTA = 1e-3
LARGEST_CODES = 2**26  # bytes of references kept with the result


@dataclass(frozen=True, eq=False)
class Part:
    """Results for some of the targets (k) on some of the sequences (n), float32."""

    targets: slice
    rows: slice
    references: np.ndarray  # (n, R, L, 4)
    multipliers: np.ndarray  # (k, n, R, L, 4)
    at_x: np.ndarray  # (k, n)
    at_references: np.ndarray  # (k, n, R)


@dataclass(frozen=True, eq=False)
class Sums:
    """Arrays that are filled a part at a time."""

    multipliers: np.ndarray  # (K, N, L, 4), mean over references
    reference_part: np.ndarray  # (K, N, L), sum_c m[c] r[c], mean over references
    prediction: np.ndarray  # (K, N)
    delta: np.ndarray  # (K, N, R)
    relative_delta: np.ndarray  # (K, N, R)
    codes: np.ndarray | None  # (N, R, L)

    @classmethod
    def empty(cls, problem: Problem, made: References) -> "Sums":
        """Return arrays of the right shapes, not yet filled."""
        n, length, _ = problem.x.shape
        k, f = len(problem.targets), np.float32
        codes = np.empty((n, made.n, length), np.uint8)
        keep = made.kind == "dinucleotide_shuffle" and codes.size <= LARGEST_CODES
        return cls(
            np.empty((k, n, length, 4), f),
            np.empty((k, n, length), f),
            np.empty((k, n), f),
            np.empty((k, n, made.n), f),
            np.empty((k, n, made.n), f),
            codes if keep else None,
        )

    def add(self, part: Part, x: np.ndarray) -> None:
        """Average a part over its references and put it in its place."""
        at = part.targets, part.rows
        self.multipliers[at] = part.multipliers.mean(2)
        self.reference_part[at] = (part.multipliers * part.references).sum(-1).mean(2)
        self.prediction[at] = part.at_x
        if self.codes is not None:
            self.codes[part.rows] = to_codes(part.references)
        change = x[part.rows][:, None] - part.references
        explained = (part.multipliers * change).sum((-2, -1), dtype=np.float64)
        difference = part.at_x[..., None] - part.at_references.astype(np.float64)
        self.delta[at] = explained - difference
        output = np.maximum(np.abs(part.at_x)[..., None], np.abs(part.at_references))
        self.relative_delta[at] = np.abs(self.delta[at]) / _scale(np.abs(difference), output)

    def attribution(
        self, problem: Problem, made: References, hypothetical: bool, correct: bool
    ) -> Attribution:
        """Turn averages into contributions."""
        contributions = self.multipliers - self.reference_part[..., None]
        if correct:
            contributions = corrected(contributions)
        return Attribution(
            method="deep_lift_shap",
            target_names=problem.targets.names,
            output=problem.output,
            attributions=contributions * problem.x,
            prediction=self.prediction,
            hypothetical=contributions if hypothetical else None,
            multipliers=self.multipliers,
            delta=self.delta,
            relative_delta=self.relative_delta,
            reference_kind=made.kind,
            n_references=made.n,
            seed=made.seed,
            reference_codes=self.codes,
            warnings=_warn(self.relative_delta),
        )


def _scale(difference: np.ndarray, output: np.ndarray) -> np.ndarray:
    """Return what a delta is relative to, kept above where rounding alone would look large."""
    largest = difference.max(-1, keepdims=True)
    return np.maximum(np.maximum(difference, 0.1 * largest), np.maximum(0.01 * output, 1e-6))


def _warn(relative_delta: np.ndarray) -> tuple[str, ...]:
    large = ~(relative_delta <= LARGE_DELTA)
    if not large.any():
        return ()
    message = (
        f"contributions miss the difference of outputs by more than {LARGE_DELTA:g} of it "
        f"in {large.mean():.1%} of target, sequence, reference triples "
        f"(at worst {relative_delta.max():.2g})"
    )
    warnings.warn(message, stacklevel=4)
    return (message,)
