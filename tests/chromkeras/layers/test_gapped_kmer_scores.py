import keras
import numpy as np
import pytest

from chromkeras.baselines.gapped_kernel import reverse_complements, word_codes, word_counts
from chromkeras.layers.gapped_kmer_scores import GappedKmerScores
from chromkeras.layers.kmer_counts import KmerCounts

pytestmark = pytest.mark.backend

LENGTH, INFORMATIVE, TASKS = 5, 3, 2


@pytest.fixture
def made():
    """A layer with weights that are alike on both strands, codes and one-hot sequences."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (4, 30)).astype(np.uint8)
    codes[2, 11], codes[3] = 4, 4
    layer = GappedKmerScores(TASKS, LENGTH, INFORMATIVE)
    layer.build((None, 30, 4))
    weights = random.normal(size=(4**LENGTH, TASKS)).astype(np.float32)
    weights += weights[reverse_complements(np.arange(4**LENGTH), LENGTH)]
    bias = np.array([0.5, -1], np.float32)
    layer.set_weights([weights, bias])
    return layer, weights, bias, codes, np.eye(5, 4, dtype=np.float32)[codes]


def test_scores_are_sums_over_words_by_the_length_of_the_vector(made):
    layer, weights, bias, codes, x = made
    words = word_counts(codes, LENGTH, INFORMATIVE)
    found = keras.ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(found, words.counts @ weights + bias, rtol=1e-5)
    np.testing.assert_array_equal(found[3], bias)  # of N alone
    turned = keras.ops.convert_to_numpy(layer(np.ascontiguousarray(x[:, ::-1, ::-1])))
    np.testing.assert_allclose(turned, found, rtol=1e-5)


def test_the_gradient_is_what_another_letter_changes_at_a_fixed_length(made, gradients):
    layer, weights, _, codes, x = made
    _, (slope,) = gradients(lambda each: keras.ops.sum(layer(each)[:, 0]), x[:1])
    norm = word_counts(codes[:1], LENGTH, INFORMATIVE).norm[0]
    for place in (0, 13, 29):
        for base in range(4):
            other = codes[:1].copy()
            other[0, place] = base
            sums = [weights[word_codes(c, LENGTH)[0], 0].sum() for c in (other, codes[:1])]
            change = slope[0, place, base] - slope[0, place, codes[0, place]]
            assert change == pytest.approx((sums[0] - sums[1]) / norm, abs=1e-4)


@pytest.mark.parametrize("given", [(2, 12, 3), (2, 4, 5), (2, 4, 0)])
def test_sizes_that_make_no_sense_are_refused(given):
    with pytest.raises(ValueError, match="expected 1 ≤ informative ≤ length ≤ 11"):
        GappedKmerScores(*given)
    with pytest.raises(ValueError, match="expected k between 1 and 7"):
        KmerCounts(8)
