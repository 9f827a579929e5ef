"""Names of sequences and where they lie."""

import numpy as np
import pytest

from chrominterpret.errors import InputError
from chrominterpret.report.places import find_places, named, place_names


@pytest.mark.parametrize(
    "given",
    [
        [("chr1", 5), ("chrX", 20)],
        [("chr1", 5, 15), ("chrX", np.int64(20), 30)],
        ["chr1:5-15", "chrX:21-30"],
        ["chr1:6-15", "peak7::chrX:20-30(+)"],
    ],
)
def test_places_in_many_forms(given):
    chrom, start = find_places(given, 2, 10)
    assert chrom.tolist() == ["chr1", "chrX"]
    assert start.tolist() == [5, 20]
    assert place_names((chrom, start), 10) == ("chr1:5-15", "chrX:20-30")


def test_a_bed_file(tmp_path):
    bed = tmp_path / "peaks.bed"
    bed.write_text("track name=a\n#chrom\tstart\nchr1\t5\t15\tname\nchrX\t1000\t1010\n\n")
    chrom, start = find_places(bed, 2, 10)
    assert (chrom.tolist(), start.tolist()) == (["chr1", "chrX"], [5, 1000])
    bed.write_text("chr1 5 15\n\tchrX\t1000 1010\n")
    assert find_places(bed, 2, 10)[1].tolist() == [5, 1000]


def test_names_tell_places_where_all_do():
    assert find_places(None, 1, 10, ["chr1:5-15"])[1].tolist() == [5]
    for names in (["chr1:5-15", "gene"], ["chr1:5-15(-)"], ["chr1:5-99"], []):
        assert find_places(None, len(names), 10, names) is None


@pytest.mark.parametrize(
    "wrong", [["chr1"], [("chr1", -1)], [("chr1", "a")], ["chr1:5-99"], [("chr1", 5, 99)], [7]]
)
def test_wrong_places(wrong, tmp_path):
    with pytest.raises(InputError, match="expected coordinates of sequences of 10 bp"):
        find_places(wrong, 1, 10)
    with pytest.raises(InputError, match="no file"):
        find_places(tmp_path / "none.bed", 1, 10)
    with pytest.raises(InputError, match="of 3 sequences, received 1"):
        find_places([("chr1", 5)], 3, 10)
    with pytest.raises(InputError, match="on the forward strand"):
        find_places(["chr1:5-15(-)"], 1, 10)


def test_names_of_sequences(tmp_path):
    fasta = tmp_path / "two.fa"
    fasta.write_text(">a\nACGT\n>b\nGGGG\n")
    assert named(fasta) == named(str(fasta)) == (["ACGT", "GGGG"], ("a", "b"))
    assert named({"a": "ACGT"}) == (["ACGT"], ("a",))
    x = np.zeros((1, 4, 4))
    assert named(x) == (x, ())
