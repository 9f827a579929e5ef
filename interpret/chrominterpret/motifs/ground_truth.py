"""Agreement of attributions and motifs with the ground truth of planted sequences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score, roc_auc_score

from chrominterpret.errors import InputError
from chrominterpret.motifs.pwm import Floats, Motif
from chrominterpret.motifs.tomtom import tomtom


@dataclass(frozen=True)
class PositionScores:
    """Ranking of true positions above others by attributions.

    Attributes
    ----------
    auroc, auprc : float
        Area under the ROC curve, and average precision, of the positions of one sequence; mean
        over the sequences. NaN without sequences.
    pooled_auroc, pooled_auprc : float
        Same areas of the positions of all sequences taken together.
    chance : float
        Mean share of true positions in a sequence: the average precision of random scores.
    n_sequences : int
        Number of sequences with true positions and others; the rest has no areas and is left out.
    """

    auroc: float
    auprc: float
    pooled_auroc: float
    pooled_auprc: float
    chance: float
    n_sequences: int


@dataclass(frozen=True)
class MotifRecovery:
    """Planted motifs that were found, and those that were not.

    Attributes
    ----------
    q_cut : float
        q below which a discovered motif matches a planted one.
    found, missed : tuple of str
        Names of the planted motifs that some discovered motif matches, and of the others.
    true, false : tuple of str
        Names of the discovered motifs that match some planted motif, and of those that match none.
    blank : tuple of str
        Names of the discovered motifs without an informative position: they claim nothing.
    """

    q_cut: float
    found: tuple[str, ...]
    missed: tuple[str, ...]
    true: tuple[str, ...]
    false: tuple[str, ...]
    blank: tuple[str, ...]


def position_values(attributions: ArrayLike) -> Floats:
    """Return the score of each position.

    Parameters
    ----------
    attributions : array of shape (N, L, 4) or (N, L)
        Contributions. With four bases: their sum where at most one of them is not zero, as in
        contributions of the observed base, else the sum of the absolute values, as of a gradient,
        whose sign says nothing about the base that is there.

    Returns
    -------
    ndarray of shape (N, L), float64
    """
    values = np.asarray(attributions, dtype=np.float64)
    if values.ndim == 3 and values.shape[2] == 4:
        observed_only = ((values != 0).sum(axis=2) <= 1).all()
        values = values.sum(axis=2) if observed_only else np.abs(values).sum(axis=2)
    if values.ndim != 2:
        shape = np.shape(attributions)
        raise InputError(f"expected attributions of shape (N, L, 4) or (N, L); received {shape}")
    if not np.isfinite(values).all():
        raise InputError("expected finite attributions; received NaN or infinity")
    return values


def position_scores(attributions: ArrayLike, truth_mask: ArrayLike) -> PositionScores:
    """Score attributions by the positions that are known to matter.

    Parameters
    ----------
    attributions : array of shape (N, L, 4) or (N, L)
        Contributions towards the output, as for `position_values`: true positions should have the
        highest.
    truth_mask : array of shape (N, L), bool
        Positions that matter.

    Raises
    ------
    InputError
        If the shapes do not fit or an attribution is not finite.
    """
    values, truth = position_values(attributions), np.asarray(truth_mask)
    if truth.dtype != np.bool_ or truth.shape != values.shape:
        raise InputError(
            f"expected a bool mask of shape {values.shape}; received {truth.dtype} of {truth.shape}"
        )
    both = truth.any(axis=1) & ~truth.all(axis=1)
    values, truth = values[both], truth[both]
    if not len(truth):
        nan = float("nan")
        return PositionScores(nan, nan, nan, nan, nan, 0)
    pairs = list(zip(truth, values, strict=True))
    return PositionScores(
        auroc=float(np.mean([roc_auc_score(t, v) for t, v in pairs])),
        auprc=float(np.mean([average_precision_score(t, v) for t, v in pairs])),
        pooled_auroc=float(roc_auc_score(truth.ravel(), values.ravel())),
        pooled_auprc=float(average_precision_score(truth.ravel(), values.ravel())),
        chance=float(truth.mean()),
        n_sequences=len(truth),
    )


def motif_recovery(
    discovered: Sequence[Motif],
    planted: Sequence[Motif],
    *,
    decoys: Sequence[Motif],
    q_cut: float = 0.05,
) -> MotifRecovery:
    """Find which planted motifs were discovered, by TomTom on both strands.

    Parameters
    ----------
    discovered : sequence of Motif
        Motifs of filters, or of TF-MoDISco, with different names.
    planted : sequence of Motif
        Motifs that are there, with different names.
    decoys : sequence of Motif
        Other known motifs, e.g. JASPAR's, so that q-values are those of a search among many. Those
        with the name of a planted motif are left out.
    q_cut : float
        q-value below which there is a match, over all pairs of discovered × (planted and decoys).

    Raises
    ------
    InputError
        If nothing is planted, a name stands twice, or the cut is not above 0 and at most 1.
    """
    names = [motif.name for motif in planted]
    if not names or len(set(names)) != len(names):
        raise InputError("expected planted motifs, at least one and no name twice")
    if not 0 < q_cut <= 1:
        raise InputError(f"expected 0 < q_cut <= 1; received {q_cut}")
    others = [motif for motif in decoys if motif.name not in names]
    table = tomtom(discovered, [*planted, *others], n_shuffled=0)
    matches = table[(table["q_value"] < q_cut) & table["target_id"].isin(names)]
    matched, hits = set(matches["target_id"]), set(matches["query"])
    compared = set(table["query"])
    queries = [motif.name for motif in discovered]
    return MotifRecovery(
        q_cut=q_cut,
        found=tuple(name for name in names if name in matched),
        missed=tuple(name for name in names if name not in matched),
        true=tuple(name for name in queries if name in hits),
        false=tuple(name for name in queries if name in compared - hits),
        blank=tuple(name for name in queries if name not in compared),
    )
