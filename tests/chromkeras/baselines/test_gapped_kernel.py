import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import LinearSVC

from chromkeras.baselines.gapped_kernel import (
    GappedKernel,
    apply_mismatch_weights,
    mismatch_weights,
    reverse_complements,
    word_codes,
    word_counts,
)
from chromkeras.baselines.solver import Kernel, Loss, minimise

SIZES = [(4, 2), (5, 3), (6, 4), (6, 1), (4, 4), (2, 1)]


def gapped_kmers(codes, length, informative):
    """Counts of gapped k-mers on both strands, one by one, as the paper defines them."""
    counts = {}
    for strand in (codes, np.where(codes < 4, 3 - codes, 4)[::-1]):
        for start in range(len(strand) - length + 1):
            word = strand[start : start + length]
            if (word > 3).any():
                continue
            for places in itertools.combinations(range(length), informative):
                key = places, tuple(word[list(places)].tolist())
                counts[key] = counts.get(key, 0) + 1
    return counts


def brute_force(codes, length, informative):
    each = [gapped_kmers(row, length, informative) for row in codes]
    products = [[sum(n * b.get(key, 0) for key, n in a.items()) for b in each] for a in each]
    kernel = np.array(products, np.float64)
    norm = np.sqrt(kernel.diagonal())
    return kernel / np.outer(norm, norm), norm


def some_codes(rows=8, length=25, seed=0):
    codes = np.random.default_rng(seed).integers(0, 4, (rows, length)).astype(np.uint8)
    codes[2, 11] = 4
    codes[3] = codes[1] % 2 * 3  # few letters, many words alike
    return codes


@pytest.mark.parametrize(("length", "informative"), SIZES)
def test_the_kernel_is_that_of_gapped_kmers(length, informative):
    codes = some_codes()
    words = word_counts(codes, length, informative)
    expected, norm = brute_force(codes, length, informative)
    kernel = GappedKernel(words, length, informative)(np.eye(len(codes)))
    np.testing.assert_allclose(words.norm, norm, rtol=1e-12)
    np.testing.assert_allclose(kernel, expected, atol=1e-6)


@given(st.integers(2, 6), st.data())
@settings(max_examples=15, deadline=None)
def test_words_are_weighted_by_their_mismatches(length, data):
    informative = data.draw(st.integers(1, length))
    values = np.random.default_rng(length).normal(size=(4**length, 2))
    digits = np.array(list(itertools.product(range(4), repeat=length)))
    some = np.arange(0, 4**length, max(4**length // 20, 1))
    mismatches = (digits[some, None] != digits[None]).sum(axis=2)
    expected = mismatch_weights(length, informative)[mismatches] @ values
    found = apply_mismatch_weights(values, length, informative)[some]
    np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max())


def test_more_sequences_than_are_counted_together_have_the_norms_of_each():
    codes = some_codes(rows=70, length=300)
    words, alone = word_counts(codes, 10, 6), word_counts(codes[66:67], 10, 6)
    assert words.norm[66] == alone.norm[0]


def test_words_and_their_reverse_complements():
    codes = np.array([[0, 1, 2, 3, 4, 0, 0]], np.uint8)  # ACGTNAA
    words = word_codes(codes, 2)
    assert words.tolist() == [[1, 6, 11, -1, -1, 0]]
    assert reverse_complements(words[0][[0, 1, 2, 5]], 2).tolist() == [11, 6, 1, 15]  # GT CG AC TT


def test_a_sequence_of_n_alone_is_like_no_other():
    codes = some_codes()
    codes[0] = 4
    words = word_counts(codes, 4, 3)
    assert words.norm[0] == 0
    assert GappedKernel(words, 4, 3)(np.eye(len(codes)))[0].tolist() == [0] * len(codes)


def test_the_machine_is_that_of_scikit_learn_on_the_gapped_kmers():
    codes = some_codes(rows=60, length=40)
    signs = np.where(np.arange(60) % 3 > 0, 1.0, -1.0)
    each = [gapped_kmers(row, 5, 3) for row in codes]
    keys = sorted({key for one in each for key in one})
    features = np.array([[one.get(key, 0) for key in keys] for one in each], np.float64)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    peer = LinearSVC(C=2, dual=False, tol=1e-10, intercept_scaling=300, max_iter=10**5)
    peer.fit(features - features.mean(axis=0), signs)
    kernel = GappedKernel(word_counts(codes, 5, 3), 5, 3)
    loss = Loss("squared_hinge", signs[:, None], np.full((60, 1), 2.0))
    found = minimise(Kernel(kernel, 60), loss, tolerance=1e-7)
    expected = peer.decision_function(features - features.mean(axis=0))
    np.testing.assert_allclose(found.scores[:, 0], expected, atol=2e-3)
