from pathlib import Path

import numpy as np
import pybigtools
import pytest

from chromkeras.importers.annotation import GenePlaces
from chromkeras.importers.promoters import Windows, windows_around
from chromkeras.importers.signal_bins import read_cell_signal, read_signal


def write(path: Path, values: list[tuple[str, int, int, float]]) -> Path:
    sizes = {chrom: 100 for chrom, *_ in values}
    pybigtools.open(str(path), "w").write(sizes, iter(values))
    return path


def ramp(path: Path, times: float = 1) -> Path:
    """Every base below 20 has the value of its place, the others none."""
    return write(path, [("chrI", i, i + 1, float(times * i)) for i in range(20)])


def around(base: list[int], strand: list[int], half: int) -> Windows:
    chrom = np.repeat("chrI", len(base))
    places = GenePlaces(Path("g"), {}, chrom, np.array(base), np.array(strand, np.int8))
    return windows_around(places, half, half)


def test_bins_run_in_the_direction_of_the_gene(tmp_path: Path) -> None:
    found = read_signal(ramp(tmp_path / "a.bw"), around([10, 7, 0, 19], [1, -1, 1, 1], 2), 2)
    # by hand: bases 8 9 | 10 11; 9 8 | 7 6; two before the chromosome | 0 1; 17 18 | 19 and none
    assert found.tolist() == [[8.5, 10.5], [8.5, 6.5], [0, 0.5], [17.5, 9.5]]
    assert found.dtype == np.float32


def test_marks_are_columns(tmp_path: Path) -> None:
    files = {"K4": ramp(tmp_path / "a.bw"), "K27": ramp(tmp_path / "b.bw", 10)}
    table = read_cell_signal(files, ["K27", "K4"], ["g"], around([10], [1], 2), 2)
    assert table.values.tolist() == [[[85, 8.5], [105, 10.5]]]
    assert (table.genes, table.marks) == (("g",), ("K27", "K4"))


def test_a_chromosome_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.bw", [("I", 0, 9, 1.0)])
    with pytest.raises(ValueError, match=r"no values on chromosome 'chrI', .* did you mean I\?"):
        read_signal(path, around([10], [1], 2), 2)


def test_other_files_are_one_line(tmp_path: Path) -> None:
    whole = ramp(tmp_path / "a.bw").read_bytes()
    windows = around([10], [1], 2)
    for name, content in (("b.bw", whole[:300]), ("c.bw", b"no bigWig"), ("d.txt", b"text")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match="no bigWig file, or damaged") as raised:
            read_signal(tmp_path / name, windows, 2)
        assert name in str(raised.value)
    with pytest.raises(ValueError, match="does not exist"):
        read_signal(tmp_path / "none.bw", windows, 2)
