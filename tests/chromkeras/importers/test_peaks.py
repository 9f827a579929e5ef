import gzip
from pathlib import Path

import numpy as np
import pytest

from chromkeras.importers.peaks import Peaks, exclude, find_peak_files, read_peaks

LENGTHS = {"chr1": 1000, "chrX": 500}


def read(tmp_path: Path, text: str, **options: str) -> Peaks:
    (tmp_path / "a.bed").write_text(text)
    return read_peaks(tmp_path / "a.bed", "a", LENGTHS, **options)  # type: ignore[arg-type]


def test_columns_by_hand(tmp_path: Path) -> None:
    text = (
        "#comment\ntrack name=x\nbrowser position chr1:1-2\n\n"
        "chr1\t10\t21\np\nchrX\t0\t500\tp\t1\t-\nchr1\t5\t5\tp\t1\t.\r\nchr1 7 9 p 1 +\n"
    ).replace("p\nchrX", "\nchrX")
    peaks = read(tmp_path, text)
    assert peaks.chrom.tolist() == ["chr1", "chrX", "chr1", "chr1"]
    assert peaks.center.tolist() == [15, 250, 5, 8]
    assert peaks.strand.tolist() == [1, -1, 1, 1]
    assert (peaks.start.tolist(), peaks.end.tolist()) == ([10, 0, 5, 7], [21, 500, 5, 9])
    assert len(peaks) == 4


def test_gzip_gives_the_same(tmp_path: Path) -> None:
    text = "chr1\t10\t21\nchrX\t3\t5\n"
    plain = read(tmp_path, text)
    (tmp_path / "a.bed.gz").write_bytes(gzip.compress(text.encode()))
    zipped = read_peaks(tmp_path / "a.bed.gz", "a", LENGTHS)
    np.testing.assert_array_equal(zipped.center, plain.center)


NARROW = "chr1\t100\t200\tp\t0\t.\t5.1\t-1\t-1\t{summit}\n"


def test_the_number_of_exons_of_bed_is_no_summit(tmp_path: Path) -> None:
    line = "chr1\t100\t200\tg\t0\t+\t100\t200\t0\t2\t10,20,\t0,80,\n"
    assert read(tmp_path, line, center="summit").center.tolist() == [150]


@pytest.mark.parametrize(("summit", "center", "place"), [
    (30, "summit", 130), (0, "summit", 100), (-1, "summit", 150), (30, "midpoint", 150),
])  # fmt: skip
def test_summits(tmp_path: Path, summit: int, center: str, place: int) -> None:
    peaks = read(tmp_path, NARROW.format(summit=summit), center=center)
    assert peaks.center.tolist() == [place]


@pytest.mark.parametrize(("line", "message"), [
    ("chr1\t5", r"expected at least 3 columns .*received 2: 'chr1\\t5'"),
    ("chr1\tx\t9", "expected an integer start, received 'x'"),
    ("chr1\t5\t9.5", "expected an integer end, received '9.5'"),
    ("chr1\t9\t5", "end 5 lies before start 9"),
    ("chr1\t-1\t5", "start -1 is negative"),
    ("1\t1\t5", "chromosome '1' is not in the genome; did you mean chr1"),
    ("chrX\t1\t501", "end 501 lies past the end of chrX, which has 500 bases"),
    (NARROW.format(summit=100).strip(), "summit 100 lies outside a peak of 100 bases"),
    (NARROW.format(summit="x").strip(), "expected an integer summit"),
])  # fmt: skip
def test_bad_lines_fail_with_file_and_line(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"a\.bed:3: {message}"):
        read(tmp_path, f"#x\nchr1\t1\t2\n{line}\n", center="summit")


@pytest.mark.parametrize("text", ["#only\n", "\n\n", "track name=x\n"])
def test_a_file_without_peaks_fails(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"a\.bed holds no peak"):
        read(tmp_path, text)


def test_an_unknown_center_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown center 'sumit'; did you mean summit"):
        read(tmp_path, "chr1\t1\t2\n", center="sumit")


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_names_come_from_files_in_alphabetical_order(tmp_path: Path) -> None:
    folder = tmp_path / "peaks"
    touch(folder, "b.narrowPeak.gz", "C.broadPeak", "a.x.bed", "README.txt", ".hidden.bed")
    assert list(find_peak_files([folder])) == ["C", "a.x", "b"]
    assert list(find_peak_files([folder / "b.narrowPeak.gz", folder / "a.x.bed"])) == ["b", "a.x"]


def test_two_files_of_one_name_fail(tmp_path: Path) -> None:
    touch(tmp_path, "a.bed", "a.narrowPeak")
    with pytest.raises(ValueError, match=r"duplicate task name 'a' from .*a\.bed and .*a\.narrow"):
        find_peak_files([tmp_path])


def test_missing_paths_and_empty_folders_fail(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gone does not exist"):
        find_peak_files([tmp_path / "gone"])
    with pytest.raises(ValueError, match=r"holds no \.bed"):
        find_peak_files([tmp_path])


def test_exclude(tmp_path: Path) -> None:
    files = {"a": tmp_path / "a.bed", "b": tmp_path / "b.bed"}
    assert exclude(files, ["a"]) == {"b": files["b"]}
    with pytest.raises(ValueError, match="unknown excluded cell type 'c'; expected one of a, b"):
        exclude(files, ["c"])
    with pytest.raises(ValueError, match="every peak file is excluded"):
        exclude(files, ["a", "b"])


@pytest.mark.parametrize("start", ["1_0", "١٠", "1.0", "1e1", "9" * 30, ""])
def test_a_start_is_plain_digits(tmp_path: Path, start: str) -> None:
    path = tmp_path / "a.bed"
    path.write_text(f"chr1\t{start}\t90\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.bed:1: expected an integer start"):
        read_peaks(path, "a", {"chr1": 100})
