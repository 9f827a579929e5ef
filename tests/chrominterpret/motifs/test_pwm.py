import logomaker
import numpy as np
import pandas as pd
import pytest
from Bio import motifs as bio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chrominterpret.motifs.pwm import (
    Motif,
    consensus,
    find_sites,
    information_content,
    logo_heights,
    motif_from_counts,
    motif_from_sites,
    pssm,
    reverse_complement,
    scan,
    small_sample_correction,
    trim,
)
from chrominterpret.sequences import BASES

COUNTS = hnp.arrays(
    np.int64, st.tuples(st.integers(1, 12), st.just(4)), elements=st.integers(0, 50)
)


def with_sites(counts: np.ndarray) -> np.ndarray:
    counts = counts.copy()
    counts[:, 0] += counts.sum(axis=1) == 0
    return counts


def onehot(sequence: str) -> np.ndarray:
    return (np.array(list(sequence))[:, None] == np.array(list(BASES))).astype(np.float32)


def biopython(counts: np.ndarray) -> "bio.Motif":
    return bio.Motif(counts={b: counts[:, i].tolist() for i, b in enumerate(BASES)})


def test_information_content_by_hand() -> None:
    ppm = [[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4, [0.5, 0.25, 0.125, 0.125]]
    np.testing.assert_allclose(information_content(ppm), [2, 1, 0, 0.25])


def test_small_sample_correction_by_hand() -> None:
    assert small_sample_correction(10) == pytest.approx(3 / (20 * 0.6931471805599453))
    np.testing.assert_allclose(information_content([[1, 0, 0, 0]], nsites=10), 2 - 0.216404256)
    with pytest.raises(ValueError, match="above 0; received 0"):
        small_sample_correction(0)


def test_logo_heights_by_hand() -> None:
    np.testing.assert_allclose(logo_heights([[0.5, 0.5, 0, 0]]), [[0.5, 0.5, 0, 0]])
    np.testing.assert_allclose(logo_heights([[0.25] * 4], nsites=5), np.zeros((1, 4)))


@given(COUNTS)
def test_logo_heights_agree_with_logomaker(counts: np.ndarray) -> None:
    ppm = motif_from_counts("m", with_sites(counts)).ppm
    table = pd.DataFrame(ppm, columns=list(BASES))
    peer = logomaker.transform_matrix(table, from_type="probability", to_type="information")
    np.testing.assert_allclose(logo_heights(ppm), peer.to_numpy(), atol=1e-6)


def test_pssm_by_hand() -> None:
    motif = Motif("m", np.array([[1.0, 0, 0, 0]]), nsites=3)
    expected = np.log2(np.array([3.25, 0.25, 0.25, 0.25]) / 4 / 0.25)
    np.testing.assert_allclose(pssm(motif), [expected])
    assert pssm(motif, pseudocount=0).tolist() == [[2.0, -np.inf, -np.inf, -np.inf]]


@given(COUNTS, st.floats(0.1, 0.4))
def test_pssm_agrees_with_biopython(counts: np.ndarray, gc: float) -> None:
    # equal sites at all positions, as aligned sites have
    counts = with_sites(counts)
    counts[:, 3] += counts.sum(axis=1).max() - counts.sum(axis=1)
    background = {"A": 0.5 - gc, "C": gc, "G": gc, "T": 0.5 - gc}
    peer = biopython(counts).counts.normalize(pseudocounts=background).log_odds(background)
    ours = pssm(motif_from_counts("m", counts), background=list(background.values()))
    np.testing.assert_allclose(ours.T, [peer[b] for b in BASES], atol=1e-9)


@given(COUNTS)
def test_consensus_agrees_with_biopython(counts: np.ndarray) -> None:
    counts = with_sites(counts)
    motif, peer = motif_from_counts("m", counts), biopython(counts)
    assert consensus(motif) == str(peer.consensus)
    ranked = np.sort(counts, axis=1)
    untied = ((ranked[:, 1] != ranked[:, 2]) & (ranked[:, 0] != ranked[:, 1])).all()
    # Biopython wants more than a half, than twice and than three quarters, we that much
    total, first, second = ranked.sum(axis=1), ranked[:, 3], ranked[:, 2]
    edge = (2 * first == total) | (first == 2 * second) | (4 * (first + second) == 3 * total)
    if untied and not edge.any():
        assert consensus(motif, iupac=True) == str(peer.degenerate_consensus)


def test_consensus_by_hand() -> None:
    ppm = np.array([[0.6, 0.2, 0.1, 0.1], [0.4, 0.1, 0.4, 0.1], [0, 0.3, 0.4, 0.3], [0.25] * 4])
    assert consensus(Motif("m", ppm), iupac=True) == "ARBN"
    assert consensus(Motif("m", ppm)) == "AAGA"


def test_trim_cuts_flanks_only() -> None:
    flat, sharp = [0.25] * 4, [0.0, 0, 0, 1]
    motif = Motif("m", np.array([flat, sharp, flat, sharp, flat, flat]), alt_name="x", nsites=7)
    trimmed = trim(motif)
    assert trimmed is not None
    np.testing.assert_array_equal(trimmed.ppm, [sharp, flat, sharp])
    assert (trimmed.name, trimmed.alt_name, trimmed.nsites) == ("m", "x", 7)
    assert trim(Motif("m", np.array([flat, flat]))) is None


@given(COUNTS)
def test_reverse_complement_twice_is_the_motif(counts: np.ndarray) -> None:
    motif = motif_from_counts("m", with_sites(counts))
    turned = reverse_complement(motif)
    np.testing.assert_array_equal(turned.ppm[0], motif.ppm[-1, ::-1])
    np.testing.assert_array_equal(reverse_complement(turned).ppm, motif.ppm)


def test_motif_from_sites_by_hand() -> None:
    sites = np.stack([onehot("AC"), onehot("AN"), onehot("TC")])
    motif = motif_from_sites("m", sites)
    np.testing.assert_allclose(motif.ppm, [[2 / 3, 0, 0, 1 / 3], [0, 1, 0, 0]])
    assert motif.nsites == 3
    padded = motif_from_sites("m", sites, pseudocount=1)
    np.testing.assert_allclose(padded.ppm[0], [3 / 7, 1 / 7, 1 / 7, 2 / 7])


def test_scan_agrees_with_a_loop_and_n_scores_zero() -> None:
    generator = np.random.default_rng(0)
    x = np.eye(4)[generator.integers(0, 4, (3, 20))]
    x[0, 5] = 0
    matrix = generator.normal(size=(6, 4))
    expected = [[(row[i : i + 6] * matrix).sum() for i in range(15)] for row in x]
    np.testing.assert_allclose(scan(x, matrix), expected)


def test_scan_agrees_with_biopython() -> None:
    counts = np.random.default_rng(1).integers(0, 9, (5, 4)) + 1
    matrix = pssm(motif_from_counts("m", counts), pseudocount=0)
    sequence = "ACGTTGCAACGGTATTTACG"
    peer = biopython(counts).counts.normalize().log_odds().calculate(sequence)
    np.testing.assert_allclose(scan(onehot(sequence)[None], matrix)[0], peer, atol=1e-5)


def test_find_sites_on_both_strands() -> None:
    matrix = onehot("GATA") * 2.0 - 1
    x = np.stack([onehot("CCGATACC"), onehot("TATCCCCC")])
    sites = find_sites(x, matrix, threshold=4)
    assert sites.sequence.tolist() == [0, 1]
    assert sites.start.tolist() == [2, 0]
    assert sites.strand.tolist() == [1, -1]
    assert sites.score.tolist() == [4, 4]
    assert len(find_sites(x, matrix, threshold=4, both_strands=False)) == 1
    assert len(find_sites(x, matrix, threshold=5)) == 0


def test_ppm_is_read_only_and_copied() -> None:
    ppm = np.array([[1.0, 0, 0, 0]])
    motif = Motif("m", ppm)
    ppm[0, 0] = 0
    assert motif.ppm[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        motif.ppm[0, 0] = 0


@pytest.mark.parametrize(
    ("ppm", "message"),
    [
        (np.ones((3, 5)), r"shape \(W, 4\); received \(3, 5\)"),
        (np.zeros((0, 4)), r"received \(0, 4\)"),
        ([[0.25] * 4, [0.5, 0.5, 0.5, 0]], "row 1 sums to 1.5"),
        ([[1.5, -0.5, 0, 0]], "at least 0; received -0.5"),
        ([[np.nan, 0, 0, 1]], "at least 0"),
    ],
)
def test_malformed_matrices(ppm: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Motif("m", ppm)  # type: ignore[arg-type]


def test_malformed_options() -> None:
    motif = Motif("m", np.array([[1.0, 0, 0, 0]]))
    with pytest.raises(ValueError, match="nsites above 0 or None; received 0"):
        Motif("m", motif.ppm, nsites=0)
    with pytest.raises(ValueError, match="row 0 has no counts"):
        motif_from_counts("m", np.zeros((1, 4)))
    with pytest.raises(ValueError, match="counts of at least 0"):
        motif_from_counts("m", -np.ones((1, 4)))
    with pytest.raises(ValueError, match="background frequencies above 0"):
        pssm(motif, background=[1, 0, 0, 0])
    with pytest.raises(ValueError, match="pseudocount of at least 0; received -1"):
        pssm(motif, pseudocount=-1)
    with pytest.raises(ValueError, match="finite scores"):
        scan(np.zeros((1, 5, 4)), pssm(motif, pseudocount=0))
    with pytest.raises(ValueError, match="at least 9 bp; received 5 bp"):
        scan(np.zeros((1, 5, 4)), np.zeros((9, 4)))


def test_information_of_a_turned_matrix_is_refused():
    with pytest.raises(ValueError, match=r"shape \(W, 4\); received \(4, 6\)"):
        information_content(np.full((4, 6), 0.25))
