import gzip
from pathlib import Path

import pytest

from chromkeras.importers.annotation import read_annotation, read_positions


def line(feature: str, start: object, end: object, strand: str, attributes: str) -> str:
    return f"chrI\tx\t{feature}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}\n"


GTF = (
    "#!genome\n"
    + line("gene", 11, 15, "+", 'gene_id "P.1"; gene_name "with; semicolon";')
    + line("transcript", 12, 15, "+", 'gene_id "P.1"; transcript_id "P.1.1";')
    + line("gene", 3, 8, "-", 'gene_id "M"; gene_name "mike";')
    + line("transcript", 30, 40, "-", 'gene_id "T"; transcript_id "T.1";')
    + line("transcript", 31, 50, "-", 'gene_id "T"; transcript_id "T.2";')
    + line("transcript", 60, 70, "+", 'gene_id "U"; transcript_id "U.1";')
    + line("transcript", 55, 58, "+", 'gene_id "U"; transcript_id "U.2";')
    + line("exon", 1, 2, "+", 'gene_id "onlyexon"; transcript_id "e";')
)
GFF3 = (
    "##gff-version 3\n"
    + line("gene", 11, 15, "+", "ID=gene:P;Name=a%20b")
    + line("mRNA", 12, 15, "+", "ID=transcript:P.1;Parent=gene:P")
    + line("ncRNA_gene", 3, 8, "-", "ID=gene-M;locus_tag=M")
    + line("mRNA", 30, 40, "-", "ID=T.1;Parent=T")
    + "##FASTA\n>chrI\nACGT\n"
)


def write(tmp_path: Path, text: str, name: str = "a.gtf") -> Path:
    path = tmp_path / name
    if name.endswith(".gz"):
        with gzip.open(path, "wt") as file:
            file.write(text)
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["a.gtf", "a.gtf.gz"])
def test_starts_of_gtf_depend_on_the_strand(tmp_path: Path, name: str) -> None:
    places = read_annotation(write(tmp_path, GTF, name))
    rows = places.match(["P.1", "M", "T", "U", "mike", "with; semicolon", "onlyexon", "P.1.1"])
    # by hand: P starts at its first base, M at its last; T at the last of its transcripts, U at
    # the first of them
    assert rows.tolist() == [0, 1, 2, 3, 1, 0, -1, -1]
    assert places.base[rows[:4]].tolist() == [10, 7, 49, 54]
    assert places.strand[rows[:4]].tolist() == [1, -1, -1, 1]
    assert set(places.chrom.tolist()) == {"chrI"}


def test_starts_of_gff3(tmp_path: Path) -> None:
    places = read_annotation(write(tmp_path, GFF3, "a.gff3"))
    rows = places.match(["P", "M", "T", "a b", "gene-M"])
    assert rows.tolist() == [0, 1, 2, 0, 1]
    assert places.base.tolist() == [10, 7, 39]


def test_a_name_that_two_genes_have_is_none(tmp_path: Path) -> None:
    text = "".join(
        line("gene", 1 + i, 9, "+", f'gene_id "g{i}"; gene_name "same";') for i in range(2)
    )
    assert read_annotation(write(tmp_path, text)).match(["same", "g1"]).tolist() == [-1, 1]


def test_versions_are_tried(tmp_path: Path) -> None:
    text = line("gene", 1, 9, "+", 'gene_id "ENSG00000141510.17";')
    assert read_annotation(write(tmp_path, text)).match(["ENSG00000141510"]).tolist() == [0]


@pytest.mark.parametrize(("text", "told"), [
    ("chrI\tgene\t1\n", ":1: expected the 9 columns"),
    ("#x\n" + line("gene", "x", 9, "+", "ID=a"), ":2: expected start and end of a gene"),
    (line("gene", 9, 1, "+", "ID=a"), "'9' and '1'"),
    (line("gene", 0, 1, "+", "ID=a"), "counted from 1"),
    (line("exon", 1, 9, "+", "ID=a"), "holds no gene or transcript"),
    ("\x00\x01\n", "9 columns"),
])  # fmt: skip
def test_bad_annotations_are_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=told) as raised:
        read_annotation(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_positions_with_and_without_a_header(tmp_path: Path) -> None:
    text = "# made up\na\tchrI\t-5\t+\nb\tchrII\t7\t-\tmore\n"
    for path in (write(tmp_path, text), write(tmp_path, "gene\tchrom\tstart\tstrand\n" + text)):
        places = read_positions(path)
        assert places.match(["b", "a", "c"]).tolist() == [1, 0, -1]
        assert places.base.tolist() == [-5, 7]
        assert places.strand.tolist() == [1, -1]


@pytest.mark.parametrize(("text", "told"), [
    ("a\tchrI\t1\n", ":1: expected gene, chrom, start and strand"),
    ("a\tchrI\t1\t.\n", r":1: expected .*strand \(\+ or -\)"),
    ("g\tc\ts\tx\na\tchrI\tone\t+\n", ":2: expected gene"),
    ("a\tchrI\t1\t+\na\tchrI\t2\t+\n", "gene 'a' stands twice"),
    ("# a\n", "holds no gene"),
])  # fmt: skip
def test_bad_positions_are_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path, text, "p.tsv")
    with pytest.raises(ValueError, match=told) as raised:
        read_positions(path)
    assert str(path) in str(raised.value)
