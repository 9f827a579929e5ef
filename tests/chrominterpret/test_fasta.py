import gzip

import pytest
from Bio import SeqIO

from chrominterpret.errors import InputError
from chrominterpret.fasta import read_fasta

TEXT = b">a first\nACG\nTn\n>b\nttR\n"


@pytest.mark.parametrize("text", [TEXT, TEXT.replace(b"\n", b"\r\n"), gzip.compress(TEXT, mtime=0)])
def test_plain_and_gzipped_records(text, tmp_path):
    path = tmp_path / "x.fa"
    path.write_bytes(text)
    assert read_fasta(path) == {"a": "ACGTN", "b": "TTN"}


def test_the_same_as_biopython(tmp_path):
    path = tmp_path / "x.fa"
    path.write_bytes(TEXT)
    with path.open() as file:
        peer = {r.id: str(r.seq).upper().replace("R", "N") for r in SeqIO.parse(file, "fasta")}
    assert read_fasta(path) == peer


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "at least one FASTA record, received none"),
        (b"hello\nworld\n", "at least one FASTA record, received none"),
        (b">a\nAC\n>a\nAC\n", "name 'a' stands twice"),
        (b">a\nAXC\n", "sequence 'a': expected IUPAC nucleotides, received 'X' at position 1"),
        (b">a\n>b\nAC\n", "records of a name and a sequence"),
        (b">\nAC\n", "records of a name and a sequence"),
        (b"@a\nAC\n+\nII\n", "records of a name and a sequence"),
        (b">a\nAC\xff\n", "expected FASTA, plain or gzipped"),
        (b">a\rAC\rGT\r>b\rAC\r", "its lines end with CR alone"),
        (gzip.compress(b">a\rAC\rGT\r", mtime=0), "its lines end with CR alone"),
        (">a\nAC\n".encode("utf-16"), "it is UTF-16 text"),
        (b">a\nAC\0GT\n", "is damaged: it holds zero bytes"),
        (gzip.compress(TEXT * 999, mtime=0)[:90], "damaged or cut off"),
    ],
)
def test_what_is_no_fasta_is_refused(text, message, tmp_path, capfd):
    path = tmp_path / "x.fa"
    path.write_bytes(text)
    with pytest.raises(InputError, match=message):
        read_fasta(path)
    assert capfd.readouterr().err == ""


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.fa, which is no file"):
        read_fasta(tmp_path / "none.fa")


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf>a\nACGT\n", b">a\r\nAC\r\nGT\r\n"])
def test_a_byte_order_mark_and_line_ends_of_windows_do_no_harm(text, tmp_path):
    (tmp_path / "x.fa").write_bytes(text)
    assert read_fasta(tmp_path / "x.fa") == {"a": "ACGT"}
