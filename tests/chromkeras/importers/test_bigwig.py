from pathlib import Path

import numpy as np
import pybigtools
import pytest

from chromkeras.importers.bigwig import BigWig, find_bigwig_files


def test_every_base_has_its_value_or_none(tmp_path: Path) -> None:
    path = tmp_path / "a.bw"
    intervals = [("chrI", 2, 4, 1.5), ("chrI", 5, 6, -2.0)]
    pybigtools.open(str(path), "w").write({"chrI": 8, "chrX": 5}, iter(intervals))
    file = BigWig(path)
    assert file.lengths == {"chrI": 8}  # a chromosome without a value is not in the file
    nan = np.nan
    np.testing.assert_array_equal(file.values("chrI", 1, 7), [nan, 1.5, 1.5, nan, -2, nan])
    np.testing.assert_array_equal(file.values("chrI", -1, 3), [nan, nan, nan, 1.5])
    np.testing.assert_array_equal(file.values("chrI", 5, 10), [-2, nan, nan, nan, nan])


def test_files_are_tasks(tmp_path: Path) -> None:
    for name in ("gut.bw", "skin.bigWig", ".hidden.bw", "list.txt", "nerve.BW"):
        (tmp_path / name).touch()
    assert list(find_bigwig_files([tmp_path])) == ["gut", "nerve", "skin"]
    with pytest.raises(ValueError, match=r"duplicate task name 'gut'"):
        find_bigwig_files([tmp_path, tmp_path / "gut.bw"])
    with pytest.raises(ValueError, match=r"bigWig .*gone does not exist"):
        find_bigwig_files([tmp_path / "gone"])
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"holds no \.bw or \.bigWig file"):
        find_bigwig_files([tmp_path / "none"])
