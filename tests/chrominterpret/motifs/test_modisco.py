from pathlib import Path

import h5py
import numpy as np
import pytest
from modiscolite.io import write_meme_from_h5
from modiscolite.util import MemeDataType

from chrominterpret.errors import InputError
from chrominterpret.motifs.jaspar import jaspar_motifs
from chrominterpret.motifs.modisco import Pattern, Patterns, modisco, read_patterns
from chrominterpret.motifs.motif_files import read_meme
from chrominterpret.motifs.pwm import consensus, reverse_complement
from chrominterpret.motifs.tomtom import best_matches, tomtom
from chrominterpret.sequences import BASES

WORDS = (("AGTGATAAGA", 1), ("CCTTTGTC", 1), ("GGGACATTCC", -1), ("GCACGTGACC", -1))
EACH, LENGTH = 40, 120
OPTIONS = {"window": None, "min_seqlets": 10}


class Planted:
    """Sequences with one word each, and contributions that know it."""

    def __init__(self) -> None:
        random = np.random.default_rng(1)
        n = EACH * len(WORDS)
        self.x = np.eye(4, dtype=np.float32)[random.integers(0, 4, (n, LENGTH))]
        self.h = random.normal(0, 0.02, self.x.shape).astype(np.float32)
        self.start = random.integers(25, LENGTH - 35, n)
        self.turned = random.random(n) < 0.5
        for i in range(n):
            word, sign = WORDS[i // EACH]
            matrix = np.eye(4)[[BASES.index(base) for base in word]]
            matrix = matrix[::-1, ::-1] if self.turned[i] else matrix
            rows = slice(self.start[i], self.start[i] + len(word))
            self.x[i, rows] = matrix
            self.h[i, rows] = sign * random.uniform(0.5, 1.5) * (matrix - 0.25)


@pytest.fixture(scope="module")
def planted() -> Planted:
    return Planted()


@pytest.fixture(scope="module")
def found(planted: Planted) -> Patterns:
    return modisco(planted.x, planted.h, **OPTIONS)


def assert_same(ours: tuple[Pattern, ...], theirs: tuple[Pattern, ...], shift: int = 0) -> None:
    assert [p.name for p in ours] == [p.name for p in theirs]
    for one, other in zip(ours, theirs, strict=True):
        for name in ("ppm", "contributions", "hypothetical"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        for name in ("sequence", "strand", "score"):
            np.testing.assert_array_equal(getattr(one.seqlets, name), getattr(other.seqlets, name))
        np.testing.assert_array_equal(one.seqlets.start, other.seqlets.start + shift)


def test_planted_words_are_found_with_their_sign_and_places(
    planted: Planted, found: Patterns
) -> None:
    assert found.reason == ""
    assert {(p.name, p.sign) for p in found.patterns} == {
        (f"{sign}_patterns.pattern_{i}", sign) for sign in ("pos", "neg") for i in (0, 1)
    }
    words = set()
    for pattern in found.patterns:
        at = pattern.core_sites()
        word, sign = WORDS[at.sequence[0] // EACH]
        words.add(word)
        core = pattern.motif()
        assert word in (consensus(core)[2:-2], consensus(reverse_complement(core))[2:-2])
        assert pattern.sign == ("pos" if sign > 0 else "neg")
        np.testing.assert_array_equal(at.start, planted.start[at.sequence])
        # a pattern may read the word backwards, but then all of its seqlets do
        assert len(set((at.strand < 0) ^ planted.turned[at.sequence])) == 1
        assert len(at) > EACH / 2
        assert core.nsites == len(at)
    assert words == {word for word, _ in WORDS}


def test_matrices_are_means_over_the_seqlets(planted: Planted, found: Patterns) -> None:
    for pattern in found.patterns:
        tracks = (planted.x, planted.x * planted.h, planted.h)
        matrices = (pattern.ppm, pattern.contributions, pattern.hypothetical)
        at, width = pattern.seqlets, len(pattern)
        for track, matrix in zip(tracks, matrices, strict=True):
            cut = np.array(
                [track[n, s : s + width] for n, s in zip(at.sequence, at.start, strict=True)]
            )
            cut[at.strand < 0] = cut[at.strand < 0, ::-1, ::-1]
            np.testing.assert_allclose(cut.mean(axis=0), matrix, atol=1e-5)
            if track is tracks[1]:
                np.testing.assert_allclose(cut[:, pattern.core].sum((1, 2)), at.score, atol=1e-5)


def test_wide_seqlets_find_the_same_words(planted: Planted) -> None:
    wide = modisco(planted.x, planted.h, **OPTIONS, seqlets="wide").patterns
    cores = [pattern.motif() for pattern in wide]
    read = {consensus(side)[2:-2] for m in cores for side in (m, reverse_complement(m))}
    assert {word for word, _ in WORDS} <= read


def test_same_input_same_patterns(planted: Planted, found: Patterns) -> None:
    again = modisco(planted.x, planted.h, **OPTIONS)
    assert_same(again.patterns, found.patterns)


def test_only_the_window_is_searched_and_positions_count_from_the_start(
    planted: Planted, found: Patterns, tmp_path: Path
) -> None:
    loud = np.random.default_rng(2).normal(0, 9, (len(planted.x), 31, 4))
    wide_h = np.concatenate([loud[:, :30], planted.h, loud], axis=1)
    wide_x = np.concatenate([planted.x[:, :30], planted.x, planted.x[:, :31]], axis=1)
    inner = modisco(wide_x, wide_h, **{**OPTIONS, "window": LENGTH})
    assert inner.window == LENGTH
    assert_same(inner.patterns, found.patterns, shift=30)
    inner.write(tmp_path / "a.h5")
    assert_same(read_patterns(tmp_path / "a.h5"), found.patterns)
    assert_same(read_patterns(tmp_path / "a.h5", length=LENGTH + 61), inner.patterns)
    with pytest.raises(ValueError, match="length of at least 120; received 100"):
        read_patterns(tmp_path / "a.h5", length=100)


def test_modisco_lite_reads_the_file(found: Patterns, tmp_path: Path) -> None:
    path = tmp_path / "new" / "modisco.h5"
    found.write(path)
    assert list(path.parent.iterdir()) == [path]
    with h5py.File(path) as file:
        assert file.attrs["window_size"] == LENGTH
        assert set(file["pos_patterns/pattern_0/seqlets"]) >= {"start", "end", "is_revcomp"}
    write_meme_from_h5(path, MemeDataType.PFM, tmp_path / "theirs.meme", True)
    theirs = {motif.name: motif for motif in read_meme(tmp_path / "theirs.meme")}
    assert len(theirs) == len(found.patterns)
    for pattern, peer in zip(found.patterns, theirs.values(), strict=True):
        np.testing.assert_allclose(pattern.ppm, peer.ppm, atol=1e-5)


def test_tomtom_names_a_pattern(found: Patterns) -> None:
    motifs = [pattern.motif() for pattern in found.patterns]
    database = jaspar_motifs("nematodes")
    best = best_matches(tomtom(motifs, database), motifs)
    gata = [m.name for m in motifs if {consensus(m)[2:-2]} & {"AGTGATAAGA", "TCTTATCACT"}]
    match = best.set_index("query").loc[gata[0]]
    assert match["target_name"].startswith(("elt", "egl-27", "med", "end"))
    assert match["q_value"] < 0.01


def test_nothing_to_find_is_no_error(planted: Planted, tmp_path: Path) -> None:
    x, h = planted.x, planted.h
    noise = np.random.default_rng(0).normal(size=(30, LENGTH, 4))
    cases = {
        "all contributions are 0": (x, 0 * h),
        "sequences of 20 bp; at least 21 bp": (x[:, :20], h[:, :20]),
        "no pattern of at least 20 seqlets in 30 sequences": (x[:30], noise),
        "no pattern of at least 20 seqlets in 1 sequences": (x[:1], h[:1]),
        "nothing to compare": (x[:30], np.abs(noise)),
    }
    for reason, (one_hot, hypothetical) in cases.items():
        result = modisco(one_hot, hypothetical, leiden_runs=1)
        assert result.patterns == ()
        assert reason in result.reason
        result.write(tmp_path / "empty.h5")
        assert read_patterns(tmp_path / "empty.h5", length=LENGTH) == ()


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["pos_patterns/pattern_0/sequence"] = np.zeros((3, 4))
    with pytest.raises(InputError, match="expected patterns of modisco-lite"):
        read_patterns(tmp_path / "other.h5")


def test_n_bases_leave_rows_that_sum_to_one(planted: Planted) -> None:
    x = planted.x.copy()
    x[:, :20] = 0
    for pattern in modisco(x, planted.h, **OPTIONS).patterns:
        np.testing.assert_allclose(pattern.ppm.sum(axis=1), 1)


def test_options_are_checked(planted: Planted) -> None:
    x, h = planted.x, planted.h
    with pytest.raises(ValueError, match=r"received \(160, 120, 4\) and \(160, 119, 4\)"):
        modisco(x, h[:, 1:])
    with pytest.raises(ValueError, match=r"received \(160, 4, 120\)"):
        modisco(x.transpose(0, 2, 1), h.transpose(0, 2, 1))
    with pytest.raises(ValueError, match="finite contributions"):
        modisco(x, h * np.nan)
    with pytest.raises(ValueError, match="at least 21 bp or None; received 20"):
        modisco(x, h, window=20)
    with pytest.raises(ValueError, match="at least 41 bp or None; received 40"):
        modisco(x, h, window=40, seqlets="wide")
    with pytest.raises(ValueError, match="seqlets narrow or wide; received 'tall'"):
        modisco(x, h, seqlets="tall")
    with pytest.raises(ValueError, match="received min_seqlets 30, max_seqlets 20"):
        modisco(x, h, min_seqlets=30, max_seqlets=20)
    with pytest.raises(ValueError, match="leiden_runs of at least 1; received 0"):
        modisco(x, h, leiden_runs=0)
