"""Blacklists: what is read, and every way in which a file can be wrong."""

import gzip

import pytest

from chromkeras.errors import InputError
from chromkeras.importers.blacklist import read_blacklist

LENGTHS = {"chrI": 1000, "chrII": 500}


def test_regions_are_read(tmp_path):
    text = "# a list\ntrack name=x\nchrI\t0\t500\tHigh Signal Region\n\nchrII 20 30\n"
    path = tmp_path / "list.bed.gz"
    path.write_bytes(gzip.compress(text.encode()))
    regions, notes = read_blacklist(path, LENGTHS, LENGTHS)
    assert regions.chrom.tolist() == ["chrI", "chrII"]
    assert (regions.start.tolist(), regions.end.tolist()) == ([0, 20], [500, 30])
    assert notes == []


def test_strange_chromosomes_are_one_line(tmp_path):
    path = tmp_path / "list.bed"
    names = ["chrI", *(f"chrUn{i}" for i in range(7)), "chrUn0"]
    path.write_text("".join(f"{name}\t1\t2\n" for name in names))
    assert read_blacklist(path, LENGTHS)[1] == [
        "blacklist: 8 of 9 regions lie on 7 chromosomes that no row lies on: chrUn0, chrUn1, "
        "chrUn2, chrUn3, chrUn4 and 2 more"
    ]


@pytest.mark.parametrize(("text", "message"), [
    ("I\t0\t5\nII\t0\t5\n", "has rows, such as 'I'; did you mean chrI"),
    ("chrI\t0\n", ":1: expected at least 3 columns"),
    ("chrI\t9\t5\n", ":1: end 5 lies before start 9"),
    ("chrI\t-1\t5\n", ":1: start -1 is negative"),
    ("chrI\t0\tx\n", ":1: expected an integer end, received 'x'"),
    ("chrI\t0\t5\nchrI\t0\t1001\n", ":2: end 1001 lies past the end of chrI, which has 1000"),
    ("# nothing\n", "holds no region"),
])  # fmt: skip
def test_bad_files(tmp_path, text, message):
    path = tmp_path / "list.bed"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_blacklist(path, LENGTHS, LENGTHS)
    assert message in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"blacklist .* does not exist"):
        read_blacklist(tmp_path / "none.bed", LENGTHS)
