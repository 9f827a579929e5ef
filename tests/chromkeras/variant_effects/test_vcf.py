import gzip

import pysam
import pytest

from chromkeras.errors import InputError
from chromkeras.variant_effects import vcf
from chromkeras.variant_effects.vcf import count_records, read_alleles

RECORDS = {
    "chr1 10 a A G": "",
    "chr1 10 a a g": "",
    "chr1 9 late AC A": "",
    "chr1 10 . . G": vcf.NO_REFERENCE,
    "chr1 10 .  G": vcf.NO_REFERENCE,
    "chr1 10 . A .": vcf.NO_ALTERNATE,
    "chr1 10 . A *": vcf.SPANNING,
    "chr1 10 . A <DEL>": vcf.SYMBOLIC,
    "chr1 10 . A G]chr2:5]": vcf.SYMBOLIC,
    "chr1 10 . A .G": vcf.SYMBOLIC,
    "chr1 10 . A N": vcf.UNKNOWN_BASE,
    "chr1 10 . R A": vcf.UNKNOWN_BASE,
    "chr1 10 . A 1": vcf.UNKNOWN_BASE,
    "chr1 10 . A a": vcf.SAME,
    "chr1 0 . A G": vcf.BAD_POSITION,
    "chr1 -3 . A G": vcf.BAD_POSITION,
    "chr1 1e3 . A G": vcf.BAD_POSITION,
    "chr1 99999999999999999999 . A G": vcf.BAD_POSITION,
    "chr1 10 . A": vcf.FEW_COLUMNS,
    "chr1": vcf.FEW_COLUMNS,
}


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_has_its_reason_or_none(record, write_vcf):
    ((allele,),) = read_alleles(write_vcf([record]))
    assert allele.reason == RECORDS[record]
    assert allele.line == 3


def test_each_alternate_allele_is_one_of_its_record(write_vcf):
    records = list(read_alleles(write_vcf(["chr1 7 rs1 ac T,<INS>,at,* 9 PASS DP=3", "2 1 . A C"])))
    assert [[a.alt for a in each] for each in records] == [["T", "<INS>", "AT", "*"], ["C"]]
    assert [a.number for a in records[0]] == [0, 1, 2, 3]
    first = records[0][0]
    assert (first.chrom, first.position, first.id, first.ref) == ("chr1", 7, "rs1", "AC")


@pytest.mark.parametrize("packing", ["plain", "gzip", "bgzip", "windows"])
def test_packed_files_are_read_alike(packing, write_vcf, tmp_path):
    path = write_vcf([f"chr1 {i + 1} . A G" for i in range(5000)])
    text = path.read_bytes()
    packed = tmp_path / "packed.vcf.gz"
    if packing == "gzip":
        packed.write_bytes(gzip.compress(text))
    elif packing == "bgzip":
        with pysam.BGZFile(str(packed), "wb") as file:
            file.write(text)
    else:
        packed = path
        path.write_bytes(text.replace(b"\n", b"\r\n") if packing == "windows" else text)
    assert count_records(packed).records == 5000
    some = [a[0].position for a in read_alleles(packed, first=4998, stop=5000)]
    assert some == [4999, 5000]


def test_empty_lines_and_late_comments_are_no_records(write_vcf):
    path = write_vcf(["chr1 1 . A G", "", "#x", "chr2 2 . A G"])
    assert count_records(path) == vcf.Counted(2, ("chr1", "chr2"))
    assert [a[0].line for a in read_alleles(path)] == [3, 6]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"chr1\t1\t5\tpeak\n", "expected VCF"),
        (b"BCF\x02\x02", "bcftools view"),
        (b"##fileformat=VCFv4.2\n", "no record"),
        (b"##fileformat=VCFv4.2\n#CHROM\tPOS\n", "no record"),
        (gzip.compress(b"##fileformat=VCFv4.2\nchr1\t1\t.\tA\tG\n" * 999)[:-20], "cut short"),
    ],
)
def test_what_is_no_vcf_file_is_said(content, said, tmp_path):
    path = tmp_path / "x.vcf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        count_records(path)


def test_a_file_without_a_header_line_of_columns_is_read(tmp_path):
    path = tmp_path / "x.vcf"
    path.write_bytes("\ufeff##fileformat=VCFv4.2\nchr1\t1\t.\tA\tG\n".encode())
    assert count_records(path).records == 1
