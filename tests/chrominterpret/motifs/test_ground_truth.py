from dataclasses import replace

import numpy as np
import pytest

from chrominterpret.motifs.ground_truth import motif_recovery, position_scores, position_values
from chrominterpret.motifs.jaspar import jaspar_motifs
from chrominterpret.motifs.pwm import Motif, reverse_complement


def test_hand_values():
    scores = position_scores(
        np.array([[4.0, 3.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0]]),
        np.array([[True, False, True, False], [False, False, False, True]]),
    )
    # row 1: 3 of 4 pairs in order; precision 1 at the first hit and 2/3 at the second
    assert scores.auroc == pytest.approx((0.75 + 1) / 2)
    assert scores.auprc == pytest.approx(((1 + 2 / 3) / 2 + 1) / 2)
    # pooled: true {4, 2, 4}, others {3, 1, 1, 2, 3}
    assert scores.pooled_auroc == pytest.approx((5 + 2.5 + 5) / 15)
    assert scores.chance == pytest.approx(3 / 8)
    assert scores.n_sequences == 2


def test_perfect_inverse_and_constant_scores():
    truth = np.random.default_rng(0).random((20, 50)) < 0.2
    perfect = position_scores(truth.astype(float), truth)
    assert perfect.auroc == perfect.auprc == perfect.pooled_auroc == perfect.pooled_auprc == 1
    assert position_scores(-truth.astype(float), truth).auroc == 0
    flat = position_scores(np.zeros(truth.shape), truth)
    assert flat.auroc == 0.5
    assert flat.auprc == pytest.approx(flat.chance)


def test_random_scores_are_at_chance():
    rng = np.random.default_rng(0)
    truth = rng.random((200, 300)) < 0.1
    scores = position_scores(rng.normal(size=truth.shape), truth)
    assert scores.auroc == pytest.approx(0.5, abs=0.01)
    assert scores.pooled_auroc == pytest.approx(0.5, abs=0.01)
    assert scores.pooled_auprc == pytest.approx(scores.chance, abs=0.01)


def test_pooling_sees_what_is_between_sequences():
    truth = np.tile([True, False], (2, 1))
    scores = position_scores(np.array([[9.0, 8.0], [2.0, 1.0]]), truth)
    assert scores.auroc == 1
    assert scores.pooled_auroc == 0.75


def test_sequences_without_both_kinds_of_position_are_left_out():
    truth = np.array([[True, True], [False, False], [True, False]])
    scores = position_scores(np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]), truth)
    assert (scores.n_sequences, scores.auroc, scores.pooled_auroc) == (1, 1, 1)
    none = position_scores(np.zeros((2, 2)), truth[:2])
    assert none.n_sequences == 0
    assert np.isnan([none.auroc, none.auprc, none.pooled_auroc, none.pooled_auprc]).all()


def test_observed_bases_keep_their_sign_and_gradients_lose_it():
    observed = np.array([[[0, -2.0, 0, 0], [0, 0, 0, 3.0]]])
    np.testing.assert_array_equal(position_values(observed), [[-2, 3]])
    gradient = np.array([[[1.0, -2.0, 0, 0], [0, 0, 0, 3.0]]])
    np.testing.assert_array_equal(position_values(gradient), [[3, 3]])


@pytest.mark.parametrize(
    ("attributions", "mask", "message"),
    [
        (np.zeros((2, 3, 5)), np.zeros((2, 3), bool), r"\(N, L, 4\) or \(N, L\)"),
        (np.full((2, 3), np.nan), np.zeros((2, 3), bool), "expected finite attributions"),
        (np.zeros((2, 3)), np.zeros((2, 4), bool), r"mask of shape \(2, 3\).* of \(2, 4\)"),
        (np.zeros((2, 3)), np.zeros((2, 3)), "bool mask .* received float64"),
    ],
)
def test_bad_arrays(attributions, mask, message):
    with pytest.raises(ValueError, match=message):
        position_scores(attributions, mask)


@pytest.fixture(scope="module")
def known():
    return jaspar_motifs("nematodes")


def noisy(motif, name):
    return Motif(name, 0.9 * motif.ppm + 0.1 * 0.25)


def random_motif(seed, name):
    return Motif(name, np.random.default_rng(seed).dirichlet(np.full(4, 0.1), 12))


def test_planted_motifs_are_found_on_either_strand_and_others_are_false(known):
    planted = [m for m in known if m.alt_name in ("elt-2", "hlh-1", "skn-1")]
    by_factor = {motif.alt_name: motif for motif in planted}
    other = next(m for m in known if m.alt_name == "che-1")
    discovered = [
        noisy(by_factor["elt-2"], "f0"),
        reverse_complement(noisy(by_factor["hlh-1"], "f1")),
        noisy(other, "f2"),
        random_motif(1, "f3"),
        Motif("f4", np.full((8, 4), 0.25)),
    ]
    result = motif_recovery(discovered, planted, decoys=known)
    assert set(result.found) == {by_factor["elt-2"].name, by_factor["hlh-1"].name}
    assert result.missed == (by_factor["skn-1"].name,)
    assert result.true == ("f0", "f1")
    assert result.false == ("f2", "f3")
    assert result.blank == ("f4",)
    assert result.q_cut == 0.05


def test_nothing_discovered_finds_nothing(known):
    result = motif_recovery([], known[:2], decoys=known)
    assert result.missed == tuple(motif.name for motif in known[:2])
    assert result.found == result.true == result.false == result.blank == ()


def test_bad_options(known):
    with pytest.raises(ValueError, match="at least one and no name twice"):
        motif_recovery([], [], decoys=known)
    with pytest.raises(ValueError, match="at least one and no name twice"):
        motif_recovery([], [known[0], replace(known[1], name=known[0].name)], decoys=known)
    with pytest.raises(ValueError, match="0 < q_cut <= 1; received 0"):
        motif_recovery([], known[:1], decoys=known, q_cut=0)
