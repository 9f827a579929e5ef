"""Contributions against references, gathered a batch at a time: averages and completeness."""

import warnings
from dataclasses import dataclass

import numpy as np

from chrominterpret.methods.attribution import Attribution
from chrominterpret.methods.gradient import corrected
from chrominterpret.methods.problem import Problem
from chrominterpret.methods.references import References, to_codes

LARGE_DELTA = 1e-3
LARGEST_KEPT = 2**26  # bytes of references kept with the result


@dataclass(frozen=True, eq=False)
class Part:
    """Results for some of the targets (k) on some of the sequences (n), float32."""

    targets: slice
    rows: slice
    references: np.ndarray  # (n, R, ...)
    multipliers: np.ndarray  # (k, n, R, ...)
    at_x: np.ndarray  # (k, n)
    at_references: np.ndarray  # (k, n, R)


@dataclass(frozen=True, eq=False)
class Sums:
    """Arrays that are filled a part at a time.

    D, the deltas of a sequence, is R: one a reference; or 1, if the sum of contributions is to be
    judged by its average over references only (``pooled``).
    """

    multipliers: np.ndarray  # (K, N, ...), mean over references
    contributions: np.ndarray  # (K, N, ...), of DNA for each base as if it were observed
    prediction: np.ndarray  # (K, N)
    delta: np.ndarray  # (K, N, D)
    relative_delta: np.ndarray  # (K, N, D)
    codes: np.ndarray | None  # (N, R, L)

    @classmethod
    def empty(cls, problem: Problem, made: References, *, pooled: bool = False) -> "Sums":
        """Return arrays of the right shapes, not yet filled."""
        n, length = problem.x.shape[:2]
        k, f = len(problem.targets), np.float32
        deltas = 1 if pooled else made.n
        codes = np.empty((n, made.n, length), np.uint8)
        keep = made.kind == "dinucleotide_shuffle" and codes.nbytes <= LARGEST_KEPT
        return cls(
            np.empty((k, *problem.x.shape), f),
            np.empty((k, *problem.x.shape), f),
            np.empty((k, n), f),
            np.empty((k, n, deltas), f),
            np.empty((k, n, deltas), f),
            codes if keep else None,
        )

    def add(self, part: Part, problem: Problem) -> None:
        """Average a part over its references and put it in its place."""
        at, m = (part.targets, part.rows), part.multipliers
        change = problem.x[part.rows][:, None] - part.references
        self.multipliers[at] = m.mean(2)
        self.prediction[at] = part.at_x
        if problem.is_dna:
            at_reference = (m * part.references).sum(-1).mean(2)
            self.contributions[at] = self.multipliers[at] - at_reference[..., None]
        else:
            self.contributions[at] = (m * change).mean(2)
        if self.codes is not None:
            self.codes[part.rows] = to_codes(part.references)
        self._compare(part, (m * change).sum(tuple(range(3, m.ndim)), dtype=np.float64))

    def _compare(self, part: Part, explained: np.ndarray) -> None:
        at = part.targets, part.rows
        difference = part.at_x[..., None] - part.at_references.astype(np.float64)
        output = np.maximum(np.abs(part.at_x)[..., None], np.abs(part.at_references))
        if self.delta.shape[-1] != difference.shape[-1]:
            explained, difference = (a.mean(-1, keepdims=True) for a in (explained, difference))
            output = output.max(-1, keepdims=True)
        self.delta[at] = explained - difference
        self.relative_delta[at] = relative(self.delta[at], difference, output)

    def attribution(
        self,
        method: str,
        problem: Problem,
        made: References,
        *,
        hypothetical: bool,
        correct: bool,
        large: float = LARGE_DELTA,
    ) -> Attribution:
        """Turn averages into contributions; a relative delta above ``large`` makes a warning."""
        contributions = corrected(self.contributions) if correct else self.contributions
        return Attribution(
            method=method,
            target_names=problem.targets.names,
            output=problem.output,
            attributions=contributions * problem.x if problem.is_dna else contributions,
            prediction=self.prediction,
            hypothetical=contributions if hypothetical and problem.is_dna else None,
            multipliers=self.multipliers,
            delta=self.delta,
            relative_delta=self.relative_delta,
            reference_kind=made.kind,
            n_references=made.n,
            seed=made.seed,
            reference_codes=self.codes,
            references=kept_references(problem, made),
            warnings=warn_if_large(self.relative_delta, large),
        )


def relative(delta: np.ndarray, difference: np.ndarray, output: np.ndarray) -> np.ndarray:
    """Return |delta| relative to the difference of outputs.

    Parameters
    ----------
    delta, difference
        (K, N, D).
    output
        (K, N, D), the larger of the absolute outputs that are compared.

    Returns
    -------
    ndarray
        (K, N, D). The difference is taken as at least 10 % of the sequence's largest, 1 % of the
        output and 1e-6: below, rounding alone would look large.
    """
    size = np.abs(difference)
    least = np.maximum(0.01 * output, 1e-6)
    return np.abs(delta) / np.maximum(np.maximum(size, 0.1 * size.max(-1, keepdims=True)), least)


def kept_references(problem: Problem, made: References) -> np.ndarray | None:
    """Return the references to keep with a result: (1, R, ...) where all sequences share them."""
    if made.kind == "dinucleotide_shuffle":
        return None
    every = made.make(problem.x, slice(0, len(problem.x)))
    shared = every.strides[0] == 0  # one block, broadcast
    kept = every[:1] if shared else every
    return np.array(kept) if kept.nbytes <= LARGEST_KEPT else None


def warn_if_large(relative_delta: np.ndarray, large: float) -> tuple[str, ...]:
    """Return, and raise as a Python warning, what to know of incomplete contributions."""
    beyond = ~(relative_delta <= large)
    if not beyond.any():
        return ()
    message = (
        f"contributions miss the difference of outputs by more than {large:g} of it "
        f"in {beyond.mean():.1%} of target, sequence, reference triples "
        f"(at worst {relative_delta.max():.2g})"
    )
    warnings.warn(message, stacklevel=4)
    return (message,)
