import sys
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from chromkeras.importers.anndata_file import (
    RegionValues,
    read_region_values,
    write_region_values,
)

REGIONS = {
    "chr": ["chr1", "chr1", "chr2"],
    "start": [0, 50, 7],
    "end": [60, 110, 67],
    "split": ["train", "valid", "test"],
}
VALUES = np.array([[1.5, 0, np.nan], [2, -1, 4]], np.float32)


def table(**changes: object) -> RegionValues:
    values = {"tasks": ("gut", "skin"), "values": VALUES, "regions": pd.DataFrame(REGIONS)}
    return RegionValues(**values | changes)  # type: ignore[arg-type]


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.h5ad"
    write_region_values(path, table(layers={"model": VALUES + 1}, facts={"command": "predict"}))
    whole = anndata.read_h5ad(path)
    assert whole.obs_names.tolist() == ["gut", "skin"]
    assert whole.var_names.tolist() == ["chr1:0-60", "chr1:50-110", "chr2:7-67"]
    assert whole.var["split"].tolist() == ["train", "val", "test"]
    assert whole.uns["chromkeras"] == '{"command": "predict"}'
    found = read_region_values(path)
    assert found.tasks == ("gut", "skin")
    np.testing.assert_array_equal(found.values, VALUES)
    pd.testing.assert_frame_equal(found.regions, pd.DataFrame(REGIONS), check_dtype=False)
    np.testing.assert_array_equal(read_region_values(path, "model").values, VALUES + 1)


def test_regions_that_share_a_name_and_sequences_without_places(tmp_path: Path) -> None:
    same = pd.DataFrame({"chr": ["c"] * 3, "start": [5] * 3, "end": [9] * 3})
    write_region_values(tmp_path / "a.h5ad", table(regions=same))
    names = anndata.read_h5ad(tmp_path / "a.h5ad").var_names.tolist()
    assert names == ["c:5-9", "c:5-9-1", "c:5-9-2"]
    assert read_region_values(tmp_path / "a.h5ad").regions["start"].tolist() == [5] * 3
    named = pd.DataFrame({"name": ["x", "y", "x"], "length": [1, 2, 3]})
    write_region_values(tmp_path / "b.h5ad", table(regions=named))
    assert anndata.read_h5ad(tmp_path / "b.h5ad").var_names.tolist() == ["x", "y", "x-1"]


def write(path: Path, x: object, var: pd.DataFrame) -> Path:
    anndata.AnnData(x, obs=pd.DataFrame(index=["gut"]), var=var).write_h5ad(path)
    return path


def test_places_may_stand_in_the_names_and_values_be_sparse(tmp_path: Path) -> None:
    var = pd.DataFrame(index=["chr_1:0-60", "chr2:7-67(+)"])
    path = write(tmp_path / "a.h5ad", csr_matrix(np.array([[0, 3.0]])), var)
    found = read_region_values(path)
    expected = {"chr": ["chr_1", "chr2"], "start": [0, 7], "end": [60, 67]}
    assert found.regions.to_dict("list") == expected
    assert found.values.tolist() == [[0, 3]]


def test_a_region_may_have_no_split(tmp_path: Path) -> None:
    var = pd.DataFrame({"split": ["val", None]}, index=["c:0-60", "c:7-67"])
    found = read_region_values(write(tmp_path / "a.h5ad", np.zeros((1, 2)), var))
    assert found.regions["split"].tolist() == ["valid", ""]


@pytest.mark.parametrize(
    ("var", "message"),
    [
        ({"index": ["c:0-60", "gene"]}, "chr, start and end of each region .* received 'gene'"),
        ({"index": ["c:0-60", "c:9-9"]}, "of at least a base; received 'c:9-9'"),
        (
            {"data": {"chr": ["c", "c"], "start": [0, 1.5], "end": [9, 9]}, "index": ["a", "b"]},
            "received 'b'",
        ),
        (
            {"data": {"split": ["train", "tests"]}, "index": ["c:0-60", "c:7-67"]},
            "split: unknown split 'tests'; did you mean test",
        ),
    ],
)
def test_what_are_no_regions(tmp_path: Path, var: dict, message: str) -> None:
    path = write(tmp_path / "a.h5ad", np.zeros((1, 2)), pd.DataFrame(**var))
    with pytest.raises(ValueError, match=message):
        read_region_values(path)


def test_other_files(tmp_path: Path) -> None:
    path = tmp_path / "a.h5ad"
    path.write_text("text")
    with pytest.raises(ValueError, match="is no AnnData file, or damaged"):
        read_region_values(path)
    with pytest.raises(ValueError, match=r"AnnData .* does not exist"):
        read_region_values(tmp_path / "gone.h5ad")
    write_region_values(path, table(layers={"model": VALUES}))
    with pytest.raises(ValueError, match="unknown layer 'modle'; did you mean model"):
        read_region_values(path, "modle")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match="is no AnnData file, or damaged"):
        read_region_values(path)


def test_without_the_package_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "anndata", None)
    with pytest.raises(ValueError, match=r"pip install 'chromkeras\[anndata\]'"):
        write_region_values(tmp_path / "a.h5ad", table())
