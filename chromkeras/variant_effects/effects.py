"""Effects of variants: outputs of both alleles, averaged over their windows, and compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from chromkeras.scoring.contrasts import Target
from chromkeras.scoring.members import Members
from chromkeras.statistics.calibration import probability
from chromkeras.variant_effects.windows import Windows


@dataclass(frozen=True, eq=False)
class Effects:
    """What n changes do to K targets.

    Attributes
    ----------
    ref, alt
        Value with either allele, shape (n, K), float64; of an ensemble what its mean output says.
    spread
        Standard deviation of the members' differences, (n, K), with M − 1; NaN of one member.
    each
        Difference of each member, (M, n, K).
    ranks
        How far windows with the reference allele stand out in each task, (n, T).
    """

    ref: np.ndarray
    alt: np.ndarray
    spread: np.ndarray
    each: np.ndarray
    ranks: np.ndarray

    @property
    def score(self) -> np.ndarray:
        """Difference, alternate less reference, (n, K)."""
        return self.alt - self.ref


@dataclass(frozen=True, eq=False)
class EffectScale:
    """The scale that alleles are compared on.

    Log-odds of binary labels and of each class against the others; of real values the prediction.
    A contrast is the difference of its tasks on this scale.

    Attributes
    ----------
    members
        The models.
    targets
        Tasks and contrasts.
    forward
        From codes (n, L) to outputs of each member, (M, n, T) or (M, n, T, C).
    """

    members: Members
    targets: tuple[Target, ...]
    forward: Callable[[np.ndarray], np.ndarray]

    @property
    def headings(self) -> tuple[str, ...]:
        """Names of the K columns: targets, or TARGET:CLASS."""
        return self.members.headings(self.targets)

    @property
    def has_probabilities(self) -> bool:
        """Whether values are log-odds."""
        return self.members.problem.logits or bool(self.members.classes)

    def outputs(self, groups: Sequence[np.ndarray]) -> np.ndarray:
        """Return outputs averaged over each group of windows, with the priors of the members.

        Windows that are equal are predicted once.

        Parameters
        ----------
        groups
            For each of n alleles its windows (k, L), uint8 codes, k at least 1.

        Returns
        -------
        np.ndarray
            Shape (M, n, T) or (M, n, T, C), float64.
        """
        codes = np.ascontiguousarray(np.concatenate(groups))
        whole = codes.view(np.dtype((np.void, codes.shape[1])))[:, 0]
        _, first, place = np.unique(whole, return_index=True, return_inverse=True)
        outputs = self.forward(codes[first]).astype(np.float64)[:, place.reshape(-1)]
        counts = np.array([len(group) for group in groups])
        sums = np.add.reduceat(outputs, np.concatenate([[0], counts[:-1].cumsum()]), axis=1)
        means = sums / counts.reshape(1, -1, *[1] * (outputs.ndim - 2))
        return self.members.moved(means)

    def by_task(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs (n, T) or (n, T, C) on the scale of the comparison, float64."""
        if self.members.classes:
            return class_log_odds(outputs)
        if self.members.problem.logits:
            return np.asarray(outputs, np.float64)
        return self.members.problem.predictions(outputs, self.members.link)

    def of_targets(self, values: np.ndarray) -> np.ndarray:
        """Return values of the targets, (n, K), from those of all tasks, (n, T) or (n, T, C)."""
        tasks = self.members.tasks
        weights = np.array([[t.weights.get(task, 0.0) for task in tasks] for t in self.targets])
        found: np.ndarray = np.einsum("nt...,kt->nk...", np.asarray(values, np.float64), weights)
        return found.reshape(len(values), -1)

    def ranks(self, outputs: np.ndarray) -> np.ndarray:
        """Return how far windows stand out in each task, (n, T), from mean outputs."""
        return self.members.problem.ranking(outputs, self.members.link)

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        """Return probabilities (n, K) of log-odds (n, K); NaN for contrasts."""
        contrast = np.array([len(t.weights) > 1 for t in self.targets])
        width = values.shape[1] // len(self.targets)
        return np.where(np.repeat(contrast, width), np.nan, probability(values))

    def effects(self, variants: Sequence[Windows]) -> Effects:
        """Return the effects of variants."""
        both = self.outputs([w.ref for w in variants] + [w.alt for w in variants])
        at_ref, at_alt = both[:, : len(variants)], both[:, len(variants) :]
        mean_ref, mean_alt = at_ref.mean(axis=0), at_alt.mean(axis=0)
        ref, alt = (self.of_targets(self.by_task(mean)) for mean in (mean_ref, mean_alt))
        each = np.stack(
            [
                self.of_targets(self.by_task(b) - self.by_task(a))
                for a, b in zip(at_ref, at_alt, strict=True)
            ]
        )
        spread = each.std(axis=0, ddof=1) if len(each) > 1 else np.full(ref.shape, np.nan)
        return Effects(ref, alt, spread, each, self.ranks(mean_ref))


def class_log_odds(logits: np.ndarray) -> np.ndarray:
    """Return log (p / (1 − p)) of each class, of logits (..., C), without overflow; float64.

    Examples
    --------
    >>> class_log_odds(np.log([[0.5, 0.25, 0.25]])).round(3).tolist()
    [[0.0, -1.099, -1.099]]
    """
    z = np.asarray(logits, np.float64)
    odds = np.empty_like(z)
    for c in range(z.shape[-1]):
        others = np.delete(z, c, axis=-1)
        top = others.max(axis=-1, keepdims=True)
        odds[..., c] = z[..., c] - top[..., 0] - np.log(np.exp(others - top).sum(axis=-1))
    return odds
