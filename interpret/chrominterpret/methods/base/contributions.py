"""Methods that compare with references: contributions, gathered a batch at a time, and deltas."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.methods.base.method import CorrectedMethod, Method
from chrominterpret.methods.base.references import Choice, References, resolve_references
from chrominterpret.sequences import to_codes

LARGEST_KEPT = 2**26  # bytes of references kept with the result


@dataclass(frozen=True, kw_only=True, eq=False)
class ReferenceMethod(Method):
    """A method that compares a sequence with references.

    Parameters
    ----------
    references
        References: None for dinucleotide shuffles of DNA and zeros for other numbers; a name such
        as ``"background"``; or an array. See
        `chrominterpret.methods.base.references.resolve_references`.
    n_references
        Number R of dinucleotide shuffles of a sequence.
    seed
        Seed of the shuffles.
    """

    references: Choice = None
    n_references: int = 20
    seed: int = 0

    def pool(self, explained: ExplainedModel) -> References:
        """Return the references that the options choose."""
        return resolve_references(
            explained, self.references, n_references=self.n_references, seed=self.seed
        )


@dataclass(frozen=True, eq=False)
class Batch:
    """Results for some of the targets (k) on some of the sequences (n), float32."""

    targets: slice
    rows: slice
    references: np.ndarray  # (n, R, ...)
    multipliers: np.ndarray  # (k, n, R, ...)
    at_x: np.ndarray  # (k, n)
    at_references: np.ndarray  # (k, n, R)


@dataclass(frozen=True, kw_only=True, eq=False)
class ContributionMethod(CorrectedMethod, ReferenceMethod):
    """A method whose contributions sum to the difference of outputs between x and references.

    With multipliers m and references r a base of one-hot DNA contributes
    ``sum_c m[c] (x[c] - r[c])``, and a number of another input ``m (x - r)``, averaged over the
    references.

    Parameters
    ----------
    hypothetical
        Whether to return hypothetical contributions: for base b, ``sum_c m[c] (onehot_b[c] -
        r[c])``; None for an input other than DNA.
    """

    pooled: ClassVar[bool] = False
    """Whether contributions sum to the difference of outputs over all references only."""

    hypothetical: bool = True

    def run(self, explained: ExplainedModel) -> Attribution:
        """Attribute by the `multipliers` of every batch."""
        pool = self.pool(explained)
        references = self.drawn(pool)
        sums = Sums.empty(explained, references, pooled=self.pooled)
        for batch in self.multipliers(explained, references):
            sums.add(batch, explained)
        return self._attribution(explained, references, pool, sums)

    def drawn(self, pool: References) -> References:
        """Return the references of each sequence, where they are not all of the pool."""
        return pool

    @abstractmethod
    def multipliers(self, explained: ExplainedModel, references: References) -> Iterator[Batch]:
        """Yield the multipliers of all targets and sequences, in batches of either."""

    def _attribution(
        self, explained: ExplainedModel, references: References, pool: References, sums: "Sums"
    ) -> Attribution:
        contributions = self.corrected(sums.contributions)
        return self.result(
            explained,
            attributions=contributions * explained.observed if explained.is_dna else contributions,
            prediction=sums.prediction,
            hypothetical=contributions if self.hypothetical and explained.is_dna else None,
            multipliers=sums.multipliers,
            delta=sums.delta,
            relative_delta=sums.relative_delta,
            reference_codes=sums.codes,
            **described(explained, pool, references),
        )


@dataclass(frozen=True, eq=False)
class Sums:
    """Arrays that are filled a batch at a time.

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
    def empty(
        cls, explained: ExplainedModel, references: References, *, pooled: bool = False
    ) -> "Sums":
        """Return arrays of the right shapes, not yet filled."""
        n, length = explained.x.shape[:2]
        k, f = len(explained.targets), np.float32
        deltas = 1 if pooled else references.n
        codes = np.empty((n, references.n, length), np.uint8)
        keep = references.are_shuffles and codes.nbytes <= LARGEST_KEPT
        return cls(
            np.empty((k, *explained.x.shape), f),
            np.empty((k, *explained.x.shape), f),
            np.empty((k, n), f),
            np.empty((k, n, deltas), f),
            np.empty((k, n, deltas), f),
            codes if keep else None,
        )

    def add(self, batch: Batch, explained: ExplainedModel) -> None:
        """Average a batch over its references and put it in its place."""
        at, m = (batch.targets, batch.rows), batch.multipliers
        observed, references = explained.observed[batch.rows][:, None], batch.references
        # No base is observed at an N, so none shows its part of the difference.
        shown = observed.sum(-1, keepdims=True) if explained.is_dna else 1
        change = observed - shown * references
        self.multipliers[at] = m.mean(2)
        self.prediction[at] = batch.at_x
        if explained.is_dna:
            at_reference = (m * batch.references).sum(-1).mean(2)
            self.contributions[at] = self.multipliers[at] - at_reference[..., None]
        else:
            self.contributions[at] = (m * change).mean(2)
        if self.codes is not None:
            self.codes[batch.rows] = to_codes(batch.references)
        self._compare(batch, (m * change).sum(tuple(range(3, m.ndim)), dtype=np.float64))

    def _compare(self, batch: Batch, explained: np.ndarray) -> None:
        at = batch.targets, batch.rows
        difference = batch.at_x[..., None] - batch.at_references.astype(np.float64)
        output = np.maximum(np.abs(batch.at_x)[..., None], np.abs(batch.at_references))
        if self.delta.shape[-1] != difference.shape[-1]:
            explained, difference = (a.mean(-1, keepdims=True) for a in (explained, difference))
            output = output.max(-1, keepdims=True)
        self.delta[at] = explained - difference
        self.relative_delta[at] = relative(self.delta[at], difference, output)


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


def described(
    explained: ExplainedModel, pool: References, references: References
) -> dict[str, Any]:
    """Return the fields of `Attribution` that say what was compared with.

    Parameters
    ----------
    explained
        Model with all of x.
    pool, references
        References that were chosen, and those of each sequence. The pool itself is kept where it is
        small and no shuffles: (1, R, ...) where all sequences share it.
    """
    every = None
    if not pool.are_shuffles:
        every = pool.make(explained.x, slice(0, len(explained.x)))
        shared = every.strides[0] == 0  # one block, broadcast
        every = every[:1] if shared else every
    return {
        "reference_kind": pool.kind,
        "n_references": references.n,
        "seed": references.seed,
        "references": np.array(every)
        if every is not None and every.nbytes <= LARGEST_KEPT
        else None,
    }
