import itertools

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from chromkeras.baselines.kmer import Options, fit, kmer_features
from chromkeras.data.codes import encode, reverse_complement
from chromkeras.data.dataset import Dataset
from chromkeras.data.known import from_flagged
from chromkeras.data.packed import PackedSequences
from chromkeras.statistics.metrics import auroc


def make(codes, labels=None, split=None):
    labels = np.zeros((len(codes), 1), np.int8) if labels is None else labels
    split = np.full(len(codes), "train") if split is None else split
    tasks = tuple(f"t{i}" for i in range(labels.shape[1]))
    labels, known = from_flagged(labels)
    return Dataset({"dna": PackedSequences.from_codes(codes)}, labels, tasks, split, known)


def by_hand(text, k):
    """Counts of k-mers in alphabetical order of the smaller of a word and its complement."""
    other = str.maketrans("ACGT", "TGCA")
    words = ["".join(w) for w in itertools.product("ACGT", repeat=k)]
    pooled = sorted({min(w, w.translate(other)[::-1]) for w in words})
    counts = dict.fromkeys(pooled, 0)
    for i in range(len(text) - k + 1):
        word = text[i : i + k]
        if "N" not in word:
            counts[min(word, word.translate(other)[::-1])] += 1
    return np.log1p(list(counts.values()))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_features_equal_counting_by_hand(k):
    texts = ["ACGTNACCATGGT", "AAAAAAAAAAAAA", "NNNNNNNNNNNNN", "GATTACAGATTAC"]
    features = kmer_features(make(np.stack([encode(t) for t in texts])), np.arange(4), k=k)
    expected = np.stack([by_hand(text, k) for text in texts])
    np.testing.assert_allclose(features, expected, rtol=1e-6)


def test_both_strands_give_the_same_features_and_six_letters_give_2080():
    codes = np.random.default_rng(0).integers(0, 4, (5, 100)).astype(np.uint8)
    forward, reverse = make(codes), make(reverse_complement(codes))
    features = kmer_features(forward, np.arange(5))
    assert features.shape == (5, 2080)
    np.testing.assert_array_equal(features, kmer_features(reverse, np.arange(5)))


def test_only_the_middle_counts():
    codes = np.random.default_rng(0).integers(0, 4, (3, 60)).astype(np.uint8)
    whole = kmer_features(make(codes), np.arange(3), k=3, window=20)
    middle = kmer_features(make(np.ascontiguousarray(codes[:, 20:40])), np.arange(3), k=3)
    np.testing.assert_array_equal(whole, middle)


def bias_data(rows=300):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (rows, 80)).astype(np.uint8)
    share = np.stack([(codes == base).mean(axis=1) + (codes == 3 - base).mean(axis=1)
                      for base in (0, 1)], axis=1)  # fmt: skip
    labels = (share > np.median(share, axis=0)).astype(np.int8)
    labels[::7, 1] = -1
    return make(codes, labels, np.tile(["train", "train", "valid"], rows // 3))


def outputs_of(data, rows, options):
    """Outputs for rows, of a fit with one C."""
    found = fit(data, options)
    weights, bias = found.weights["logits"]
    features = kmer_features(data, rows, k=options.k, window=options.window)
    return found, features @ weights + bias


def test_outputs_equal_scikit_learn_on_the_known_labels():
    data = bias_data()
    train, valid = data.rows("train"), data.rows("valid")
    _, found = outputs_of(data, valid, Options(k=3, strengths=(0.1,)))
    x, y = kmer_features(data, train, k=3), data.values(train)[:, 1]
    peer = LogisticRegression(C=0.1, max_iter=1000).fit(x[y >= 0], y[y >= 0])
    expected = peer.decision_function(kmer_features(data, valid, k=3))
    np.testing.assert_allclose(found[:, 1], expected, atol=0.01)


def test_strength_is_the_best_on_validation():
    data = bias_data()
    valid, strengths = data.rows("valid"), (1e-6, 1e-2, 1.0)
    found = fit(data, Options(k=2, strengths=strengths))
    labels = data.values(valid)
    alone = {c: outputs_of(data, valid, Options(k=2, strengths=(c,)))[1] for c in strengths}
    scores = {c: auroc(labels, outputs).mean() for c, outputs in alone.items()}
    assert found.strength == max(scores, key=scores.__getitem__)
    assert found.tried == pytest.approx(scores, abs=1e-3)
    assert scores[found.strength] > 0.9


def test_bad_input():
    data = bias_data()
    with pytest.raises(ValueError, match="k between 1 and 80, received 0"):
        kmer_features(data, np.arange(3), k=0)


def test_intestine_of_the_worm_is_learnt_from_a_third_of_the_rows(real_data):
    import h5py

    with h5py.File(real_data("worm/worm_atac.h5")) as file:
        names = [name.decode() for name in file["tasks"][:]]
        labels = file["y"][:, names.index("Intest") : names.index("Intest") + 1]
        split = file["split"][:].astype(str)
        data = make(file["x"][:], labels, split)
    third = len(data.labelled(data.rows("train"))) // 3
    found = fit(data, Options(strengths=(0.003,), rows=third))
    assert found.rows == third
    assert found.scores[0] > 0.8
