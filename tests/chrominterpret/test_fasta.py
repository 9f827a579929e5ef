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
