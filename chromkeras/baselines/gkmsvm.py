"""Support vector machine on gapped k-mers: gkm-SVM, trained in the primal.

Ghandi et al. 2014 (PLoS Comput Biol 10:e1003711): sequences are compared by the gapped k-mers that
they share, k letters at k of l positions, on both strands. The loss is the squared hinge of
LIBLINEAR; the kernel matrix is never made, so thousands of sequences and several tasks at once take
minutes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from chromkeras.architectures.publication import Publication
from chromkeras.baselines import options as common
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.statistics.calibration import log_odds

if TYPE_CHECKING:
    from chromkeras.baselines.gapped_kernel import WordCounts
    from chromkeras.baselines.linear import Fit

PUBLICATION = Publication(
    "Ghandi et al.",
    2014,
    "Enhanced regulatory sequence prediction using gapped k-mer features",
    "PLoS Computational Biology 10:e1003711",
    "10.1371/journal.pcbi.1003711",
)
PROBLEMS = ("binary",)
# Outputs are log-odds for the training rows, however rows were weighted in the fit.
CALIBRATED = True
_OUT = "logits"
# Of the logistic regression on one score a task: all but no penalty.
_FREE = 1e3


@dataclass(frozen=True)
class Options(common.Options):
    """Options of gkm-SVM.

    Attributes
    ----------
    length
        Number of letters in a word, l.
    informative
        Number of letters of a word that are read, k; the others are gaps.
    window
        Number of bases in the middle of each sequence that are read.
    """

    name: str = "gkmsvm"
    strengths: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3, 1.0)
    length: int = field(default=10, metadata={"least": 2, "most": 11})
    informative: int = field(default=6, metadata={"least": 1})
    window: int = field(default=300, metadata={"least": 1})

    def check(self) -> None:
        """Raise ``InputError`` where more letters are read than a word has."""
        if self.informative > self.length:
            raise InputError(
                f"baseline.informative: expected 1 to {self.length}, the letters of a word "
                f"(baseline.length), received {self.informative}"
            )


def feature_count(dataset: Dataset, options: Options) -> int:
    """Return the number of words; ``InputError`` where sequences are too short."""
    _, size = common.middle(dataset.dna.length, options.window)
    if size < options.length:
        raise InputError(
            f"baseline.length: expected at most {size}, the bases of a sequence that are read, "
            f"received {options.length}"
        )
    return int(4**options.length)


def memory(dataset: Dataset, options: Options, rows: int, tasks: int) -> tuple[int, int]:
    """Return bytes for some rows, roughly, and the number of weights of the model file."""
    words = feature_count(dataset, options)
    positions = common.middle(dataset.dna.length, options.window)[1] - options.length + 1
    # Counts by row and by word, five arrays of a number for each word and task, the search.
    sparse = 2 * 8 * rows * positions + 2 * 8 * words
    search = 2 * 24 * tasks * 8 * 2 * rows
    return sparse + 5 * 4 * words * tasks + search, words * tasks


def fit(dataset: Dataset, options: Options) -> "Fit":
    """Fit on the training split, and choose C by the mean score on the validation split."""
    from chromkeras.baselines.gapped_kernel import GappedKernel, word_counts
    from chromkeras.baselines.linear import Fit, choose_strength, of_both_splits, targets
    from chromkeras.baselines.solver import Kernel
    from chromkeras.problems.registry import find_problem

    problem, feature_count_ = find_problem(dataset.problem), feature_count(dataset, options)

    start, size = common.middle(dataset.dna.length, options.window)

    def words_of(rows: np.ndarray, told: Callable[[int, int], None]) -> "WordCounts":
        codes = dataset.codes(rows)[:, start : start + size]
        return word_counts(codes, options.length, options.informative, told)

    train, words, valid, other = of_both_splits(dataset, options, words_of)
    kernel = GappedKernel(words, options.length, options.informative)
    labels = dataset.values(valid)
    word_weights: list[np.ndarray] = [np.empty(0)]

    def outputs(vector: Any) -> np.ndarray:
        word_weights[0] = kernel.word_weights(vector.coefficients)
        return other.counts @ word_weights[0] + _bias(kernel, vector, word_weights[0])

    choice = choose_strength(
        Kernel(kernel, len(train)),
        targets(dataset.values(train), "squared_hinge", balanced=options.balanced),
        options.strengths,
        outputs,
        lambda found: problem.scores(labels, found),
        label=options.name,
    )
    share = dataset.positive_fraction("train")
    slope, shift = log_odds_of_scores(choice.outputs, labels, share)
    weights = kernel.word_weights(choice.vector.coefficients)
    bias = _bias(kernel, choice.vector, weights) * slope + shift
    arrays = {_OUT: [(weights * slope).astype(np.float32), bias.astype(np.float32)]}
    return Fit(choice.strength, choice.tried, choice.scores, arrays, len(train), feature_count_)


def _bias(kernel: Any, vector: Any, weights: np.ndarray) -> np.ndarray:
    """Return the biases for features as they are, not less their mean."""
    found: np.ndarray = vector.bias - (kernel.counts @ weights).mean(axis=0, dtype=np.float64)
    return found


def log_odds_of_scores(
    scores: np.ndarray, labels: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes and intercepts that make log-odds of scores, by each task's known labels.

    Platt 1999 (Advances in Large Margin Classifiers, 61-74): a logistic regression on the score,
    here moved to the share of positives among other rows.

    Parameters
    ----------
    scores, labels
        Shape (n, T); labels NaN where unknown.
    share
        Share of positives that the log-odds are for, shape (T,).

    Returns
    -------
    tuple of ndarray
        Each of shape (T,); 1 and 0 for a task without known labels of both classes, or whose
        scores tell nothing.
    """
    from chromkeras.baselines.linear import targets
    from chromkeras.baselines.solver import Explicit, Loss, minimise

    slope, shift = np.ones(scores.shape[1]), np.zeros(scores.shape[1])
    for t, (score, label) in enumerate(zip(scores.T, labels.T, strict=True)):
        known = np.isfinite(label)
        spread = score[known].std() if known.any() else 0.0
        if spread == 0 or label[known].min() == label[known].max():
            continue
        centre = score[known].mean()
        x = ((score[known] - centre) / spread)[:, None].astype(np.float32)
        one = targets(label[known, None], "logistic", balanced=False)
        found = minimise(
            Explicit(x), Loss(one.kind, one.targets, _FREE * one.weights), tolerance=1e-5
        )
        if found.coefficients[0, 0] > 0:
            slope[t] = found.coefficients[0, 0] / spread
            odds = log_odds(share[t]) - log_odds(label[known].mean())
            shift[t] = found.bias[0] - slope[t] * centre + odds
    return slope, shift


def build(x: Any, options: Options, weights: dict[str, list[np.ndarray]]) -> Any:
    """Return the logits (batch, T) of one-hot DNA (batch, length, 4)."""
    from chromkeras.layers.gapped_kmer_scores import GappedKmerScores

    x = common.cropped(x, options.window)
    return GappedKmerScores(len(weights[_OUT][1]), options.length, options.informative, name=_OUT)(
        x
    )
