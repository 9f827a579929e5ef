from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from chromkeras.data.codes import encode
from chromkeras.importers.formats.h5ad import NO_SPLIT, SHORT, prepare

SIZES = {"chr1": 5000, "chr2": 3000, "tiny": 90}
SPLITS = ["train", "train", "val", "test"]


@pytest.fixture
def genome(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A genome, and its letters."""
    rng = np.random.default_rng(0)
    letters = {name: "".join(rng.choice(list("ACGT"), n)) for name, n in SIZES.items()}
    path = tmp_path / "g.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in letters.items()))
    return path, letters


def write(path: Path, x: object, **changes: object) -> Path:
    """Write regions of 100 bases, 60 apart, as CREsted has them."""
    count = x.shape[1]  # type: ignore[attr-defined]
    start = 100 + 60 * np.arange(count)
    var = pd.DataFrame(
        {"chr": "chr1", "start": start, "end": start + 100, "split": (SPLITS * count)[:count]}
        | changes
    )
    var.index = [f"region{k}" for k in range(count)]
    var = var.dropna(axis=1, how="all")
    obs = pd.DataFrame(index=[f"cell{k}" for k in range(x.shape[0])])  # type: ignore[attr-defined]
    anndata.AnnData(x, obs=obs, var=var).write_h5ad(path)
    return path


def heights(rows: int = 24) -> np.ndarray:
    return np.random.default_rng(1).gamma(1.0, size=(3, rows)).astype(np.float32)


def test_crested_s_layout(tmp_path: Path, genome: tuple[Path, dict[str, str]]) -> None:
    x = heights()
    x[1, 3] = np.nan
    prepared = prepare(write(tmp_path / "a.h5ad", x), genome[0])
    dataset = prepared.dataset
    assert (dataset.problem, dataset.tasks) == ("regression", ("cell0", "cell1", "cell2"))
    np.testing.assert_array_equal(dataset.values(np.arange(24)), x.T)
    assert dataset.split.tolist() == ["train", "train", "valid", "test"] * 6
    for row in (0, 23):
        start = dataset.start[row]
        assert start == 100 + 60 * row
        np.testing.assert_array_equal(
            dataset.codes(np.array([row]))[0], encode(genome[1]["chr1"][start : start + 100])
        )
    assert "split: the file's own" in prepared.notes


def test_topics_are_binary(tmp_path: Path, genome: tuple[Path, dict[str, str]]) -> None:
    x = csr_matrix((heights() > 0.7).astype(np.float64))
    prepared = prepare(write(tmp_path / "a.h5ad", x), genome[0])
    assert prepared.dataset.problem == "binary"
    np.testing.assert_array_equal(prepared.dataset.labels, x.toarray().T)
    assert "problem: binary, as the labels are 0, 1 and unknown" in prepared.notes


def test_rows_are_longer_than_regions(tmp_path: Path, genome: tuple[Path, dict[str, str]]) -> None:
    dataset = prepare(write(tmp_path / "a.h5ad", heights()), genome[0], length=501).dataset
    expected = 150 + 60 * np.arange(24) - 250
    np.testing.assert_array_equal(dataset.start, np.maximum(expected, 0))
    assert dataset.dna.length == 501


def test_another_split_and_a_blacklist(tmp_path: Path, genome: tuple[Path, dict[str, str]]) -> None:
    path = write(tmp_path / "a.h5ad", heights(60))
    (tmp_path / "list.bed").write_text("chr1\t0\t150\n")
    prepared = prepare(
        path, genome[0], valid="chr1:1000-2000", test="chr1:2000-5000",
        blacklist=tmp_path / "list.bed",
    )  # fmt: skip
    assert (prepared.dataset.start >= 150).all()
    assert prepared.dropped["touching the blacklist"] == 1
    assert "split: made here, not the file's own" in prepared.notes
    valid = prepared.dataset.start[prepared.dataset.rows("valid")]
    assert valid.min() >= 1000
    assert valid.max() + 100 <= 2000


def test_rows_that_are_left_out(tmp_path: Path, genome: tuple[Path, dict[str, str]]) -> None:
    split: list[str | None] = [*SPLITS * 6]
    split[5] = None
    chrom = ["chr1"] * 24
    start = 100 + 60 * np.arange(24)
    chrom[0], start[0] = "tiny", 0
    x, end = heights(), start + np.where(np.arange(24) == 0, 90, 100)
    path = write(tmp_path / "a.h5ad", x, split=split, chr=chrom, start=start, end=end)
    prepared = prepare(path, genome[0], length=100)
    assert len(prepared.dataset) == 22
    assert prepared.dropped[SHORT] == prepared.dropped[NO_SPLIT] == 1
    apart = 150 * np.arange(24)
    without = write(tmp_path / "b.h5ad", x, split=[None] * 24, start=apart, end=apart + 100)
    assert any(n.startswith("split: made here") for n in prepare(without, genome[0]).notes)


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"chr": "1"}, {}, "chromosome '1' is not in the genome; did you mean chr1"),
        ({"chr": "chr2", "start": 2950}, {"length": 9}, "past the end of chr2, which has 3000"),
        ({"start": 0}, {}, "regions of 200 to 1580 bases; say how long a row is"),
        ({}, {"length": 0}, "expected a positive length, received 0"),
        ({}, {"length": 9999}, "no region lies on a chromosome of at least 9999 bases"),
        ({"kind": "peak"}, {}, "kind: unknown kind 'peak'"),
        ({}, {"problem": "binary"}, "expected labels 1, 0 or -1"),
        ({}, {"layer": "counts"}, "unknown layer 'counts'"),
    ],
)
def test_what_does_not_fit(
    tmp_path: Path,
    genome: tuple[Path, dict[str, str]],
    changes: dict,
    options: dict,
    message: str,
) -> None:
    x = heights()
    if changes.get("start") == 2950:
        changes = changes | {"end": 3050}
    path = write(tmp_path / "a.h5ad", x, **changes)
    with pytest.raises(ValueError, match=message):
        prepare(path, genome[0], **options)
