from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pybigtools
import pytest

from chrominterpret.tracks import bigwig
from chrominterpret.tracks.bigwig import write_bigwig


def read(path: Path, chrom: str) -> np.ndarray:
    with pybigtools.open(str(path)) as file:
        return file.values(chrom, fillna=None)


def test_overlaps_are_averaged_and_gaps_absent(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.bw"
    scores = [[1, 2, 3, 4], [-2, 4, 0, 8], [5, 6, 7, 8]]
    write_bigwig(path, ["chr2", "chr2", "chr2"], [10, 12, 20], scores)
    values = read(path, "chr2")
    assert len(values) == 24
    np.testing.assert_array_equal(values[10:16], [1, 2, (3 - 2) / 2, (4 + 4) / 2, 0, 8])
    np.testing.assert_array_equal(values[20:], [5, 6, 7, 8])
    assert np.isnan(np.r_[values[:10], values[16:20]]).all()
    assert list(path.parent.iterdir()) == [path]


def test_random_regions_agree_with_a_loop(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    chroms = random.choice(["chrX", "chr10", "chr2"], 60)
    starts = random.integers(-10, 290, 60)
    scores = random.choice([0, 0.5, 1], (60, 25))
    path, sizes = tmp_path / "a.bw", {"chr10": 300, "chr2": 250, "chrX": 301, "chrM": 7}
    keep = starts < 250
    write_bigwig(path, chroms[keep], starts[keep], scores[keep], sizes=sizes)
    with pybigtools.open(str(path)) as file:
        assert file.chroms() == {chrom: sizes[chrom] for chrom in set(chroms.tolist())}
        rows = list(file.records("chr2"))
    assert all(a[2] != b[2] for a, b in pairwise(rows) if a[1] == b[0])
    for chrom in set(chroms.tolist()):
        seen: list[list[float]] = [[] for _ in range(sizes[chrom])]
        for name, start, row in zip(chroms[keep], starts[keep], scores[keep], strict=True):
            for position, score in enumerate(row, start):
                if name == chrom and 0 <= position < sizes[chrom]:
                    seen[position].append(score)
        expected = [np.mean(each) if each else np.nan for each in seen]
        np.testing.assert_allclose(read(path, chrom), expected, atol=1e-6)


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    path, one = tmp_path / "a.bw", np.ones((1, 5))
    with pytest.raises(ValueError, match=r"scores of shape \(N, L\); received \(5,\)"):
        write_bigwig(path, ["a"], [0], np.ones(5))
    with pytest.raises(ValueError, match=r"1 regions; received \(2,\) and \(1,\)"):
        write_bigwig(path, ["a", "b"], [0], one)
    with pytest.raises(ValueError, match="integer starts; received float64"):
        write_bigwig(path, ["a"], [0.5], one)
    with pytest.raises(ValueError, match="finite scores"):
        write_bigwig(path, ["a"], [0], one * np.nan)
    with pytest.raises(ValueError, match=r"size for chromosome 'a'; received \['b'\]"):
        write_bigwig(path, ["a"], [0], one, sizes={"b": 9})
    for start in (-5, 9):
        with pytest.raises(ValueError, match=rf"received a:{start}-{start + 5} where a has 9 bp"):
            write_bigwig(path, ["a"], [start], one, sizes={"a": 9})
    assert not path.exists()


def test_an_interrupt_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(tracks: object) -> Iterator[tuple[str, int, int, float]]:
        yield "a", 0, 1, 1.0
        raise KeyboardInterrupt

    monkeypatch.setattr(bigwig, "_intervals", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_bigwig(tmp_path / "a.bw", ["a"], [0], np.ones((1, 5)))
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's device that is full")
def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    full = tmp_path / "full.bw"
    full.symlink_to("/dev/full")
    with pytest.raises(OSError, match="part of one"):
        bigwig.write_intervals(full, {"a": 5}, iter([("a", 0, 5, 1.0)]))
