from collections.abc import Callable
from pathlib import Path

import numpy as np
import pybigtools
import pytest

from chromkeras.importers.window_signal import (
    STATISTICS,
    UNCOVERED,
    Measure,
    WindowSignal,
    read_window_signal,
)

LENGTHS = {"chrI": 100, "chrX": 60}
CHROM, START = np.array(["chrI", "chrI", "chrI", "chrX"]), np.array([0, 8, 90, 10])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a bigWig file."""

    def written(name: str, intervals: list, lengths: dict[str, int] = LENGTHS) -> Path:
        path = tmp_path / f"{name}.bw"
        pybigtools.open(str(path), "w").write(lengths, iter(intervals))
        return path

    return written


def read(path: Path, **options: str) -> WindowSignal:
    measure = Measure(**options)  # type: ignore[arg-type]
    return read_window_signal({path.stem: path}, CHROM, START, 10, LENGTHS, measure)


BY_HAND = {
    ("mean", "zero"): [0.8, 0.4, 0, 5],
    ("max", "zero"): [4, 2, 0, 5],
    ("sum", "zero"): [8, 4, 0, 50],
    ("log_sum", "zero"): np.log([9, 5, 1, 51]),
    ("mean", "unknown"): [8 / 3, 2, np.nan, 5],
    ("max", "unknown"): [4, 2, np.nan, 5],
    ("sum", "unknown"): [8, 4, np.nan, 50],
    ("log_sum", "unknown"): [np.log(9), np.log(5), np.nan, np.log(51)],
}


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("uncovered", UNCOVERED)
def test_by_hand(write: Callable[..., Path], statistic: str, uncovered: str) -> None:
    path = write("gut", [("chrI", 7, 8, 4.0), ("chrI", 8, 10, 2.0), ("chrX", 0, 60, 5.0)])
    found = read(path, statistic=statistic, uncovered=uncovered)
    shown = np.where(found.known, found.values, np.nan)
    np.testing.assert_allclose(shown[:, 0], BY_HAND[statistic, uncovered], rtol=1e-6)
    word = "0" if uncovered == "zero" else "unknown"
    assert found.notes == (
        "1 of 4 labels (25.0%) are of rows without a value at any base: "
        f"{word}, as asked for by `uncovered` {uncovered}",
    )


def test_a_maximum_may_be_negative_where_all_bases_have_a_value(
    write: Callable[..., Path],
) -> None:
    path = write("gut", [("chrI", 0, 100, -3.0), ("chrX", 12, 14, -3.0)])
    assert read(path, statistic="max").values[:, 0].tolist() == [-3, -3, -3, 0]
    unknown = read(path, statistic="max", uncovered="unknown")
    assert unknown.values[:, 0].tolist() == [-3, -3, -3, -3]


def test_what_lies_on_a_chromosome_that_a_file_lacks_is_unknown(
    write: Callable[..., Path],
) -> None:
    some = [("chrI", 0, 100, 1.0)]
    files = {
        "gut": write("gut", some),
        "skin": write("skin", [*some, ("chrX", 0, 60, 2.0)]),
        "nerve": write("nerve", some),
    }
    found = read_window_signal(files, CHROM, START, 10, LENGTHS, Measure())
    assert found.known[:, 0].tolist() == found.known[:, 2].tolist() == [True, True, True, False]
    assert found.known[:, 1].all()
    assert found.values.tolist() == [[1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 2, 0]]
    assert found.notes == (
        "unknown in gut, nerve: 1 rows on chrX, of which the file has no values",
    )


def test_files_of_another_genome_are_refused(write: Callable[..., Path]) -> None:
    other = write("a", [("I", 0, 5, 1.0)], {"I": 100})
    with pytest.raises(ValueError, match=r"no values on any chromosome .* did you mean I\?"):
        read(other)
    longer = write("b", [("chrI", 0, 5, 1.0)], {"chrI": 101})
    with pytest.raises(ValueError, match="chrI has 101 bases; in the genome it has 100"):
        read(longer)


def test_values_that_are_no_labels_are_refused(write: Callable[..., Path]) -> None:
    path = write("a", [("chrI", 9, 10, -3.0), ("chrX", 0, 60, float("inf"))])
    with pytest.raises(ValueError, match=r"chrX:10-20: expected finite values for the statistic"):
        read(path)
    with pytest.raises(ValueError, match=r"chrI:0-10: expected values that add up to more than"):
        read(path, statistic="log_sum")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"statistic": "men"}, "unknown statistic 'men'; did you mean mean"),
        ({"uncovered": "zeros"}, r"unknown `uncovered` 'zeros'; did you mean zero"),
    ],
)
def test_unknown_words_are_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Measure(**options)  # type: ignore[arg-type]
