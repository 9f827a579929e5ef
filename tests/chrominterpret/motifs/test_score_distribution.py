from itertools import product

import numpy as np
import pytest
from Bio import motifs as bio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chrominterpret.motifs.pwm import motif_from_counts, pssm
from chrominterpret.motifs.score_distribution import score_distribution, score_threshold
from chrominterpret.sequences import BASES

# GGATAA, the site of the primer: one base right at a place is worth 2, another costs 1.
SITE = np.where(np.eye(4)[[2, 2, 0, 3, 0, 0]] == 1, 2.0, -1.0)


def test_distribution_by_hand() -> None:
    scores, probability = score_distribution(SITE[:2])
    assert scores.tolist() == pytest.approx([-2, 1, 4])
    assert probability.tolist() == pytest.approx([9 / 16, 6 / 16, 1 / 16])
    _, skewed = score_distribution(SITE[:2], background=[3, 3, 1, 3])
    assert skewed.tolist() == pytest.approx([0.81, 0.18, 0.01])


def test_threshold_by_hand() -> None:
    # six right places: (1/4)^6; at least five: that and 6 · 3 · (1/4)^6
    exact = 4.0**-6
    assert score_threshold(SITE, p_value=exact) == pytest.approx(12, abs=0.01)
    assert score_threshold(SITE, p_value=18 * exact) == pytest.approx(12, abs=0.01)
    assert score_threshold(SITE, p_value=19 * exact) == pytest.approx(9, abs=0.01)
    with pytest.raises(ValueError, match=r"at least 0.000244, the probability of the best site"):
        score_threshold(SITE, p_value=exact / 2)


@given(
    hnp.arrays(np.int64, st.tuples(st.integers(1, 4), st.just(4)), elements=st.integers(-5, 5)),
    hnp.arrays(np.int64, (4,), elements=st.integers(1, 5)),
)
def test_distribution_agrees_with_every_word(matrix: np.ndarray, counts: np.ndarray) -> None:
    p = counts / counts.sum()
    expected: dict[int, float] = {}
    for word in product(range(4), repeat=len(matrix)):
        score = int(sum(row[base] for row, base in zip(matrix, word, strict=True)))
        expected[score] = expected.get(score, 0.0) + float(np.prod(p[list(word)]))
    scores, probability = score_distribution(matrix, background=counts, step=1.0)
    assert scores.tolist() == sorted(expected)
    np.testing.assert_allclose(probability, [expected[int(score)] for score in scores])


def test_threshold_agrees_with_biopython() -> None:
    counts = np.random.default_rng(0).integers(1, 20, (8, 4))
    counts[:, 3] += counts.sum(axis=1).max() - counts.sum(axis=1)
    background = {"A": 0.3, "C": 0.2, "G": 0.2, "T": 0.3}
    frequencies = list(background.values())
    motif = bio.Motif(counts={b: counts[:, i].tolist() for i, b in enumerate(BASES)})
    peer = motif.counts.normalize(pseudocounts=background).log_odds(background)
    theirs = peer.distribution(background=background, precision=10_000)
    ours = pssm(motif_from_counts("m", counts), background=frequencies)
    for p in (1e-2, 1e-3, 1e-4):
        threshold = score_threshold(ours, p_value=p, background=frequencies)
        assert threshold == pytest.approx(theirs.threshold_fpr(p), abs=0.02)


@pytest.mark.parametrize(
    ("matrix", "options", "message"),
    [
        (np.zeros((3, 5)), {}, r"shape \(W, 4\); received \(3, 5\)"),
        (np.full((2, 4), -np.inf), {}, "finite scores; give pssm a pseudocount"),
        (SITE, {"step": 0}, "a step above 0; received 0"),
        (SITE, {"step": 1e-9}, "possible scores; received 1e-09"),
        (SITE, {"p_value": 1}, "p-value above 0 and below 1; received 1"),
        (SITE, {"background": [1, 1, 1, 0]}, "background frequencies above 0"),
    ],
)
def test_bad_input(matrix: np.ndarray, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score_threshold(matrix, **options)
