import json

import numpy as np
import pytest

from chromkeras.cli.app import run


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A genome and a VCF file in the current folder."""
    monkeypatch.chdir(tmp_path)
    text = "".join(np.random.default_rng(0).choice(list("ACGT"), 3000))
    (tmp_path / "g.fa").write_text(f">chrX\n{text}\n")
    lines = ["##fileformat=VCFv4.2"]
    for place in (1000, 1500, 2000):
        ref = text[place - 1]
        lines.append(f"chrX\t{place}\tv{place}\t{ref}\t{'A' if ref != 'A' else 'C'},{ref}TT")
    lines.append("chrX\t5\tedge\tN\tA")
    (tmp_path / "v.vcf").write_text("\n".join(lines) + "\n")
    return tmp_path


def call(*arguments):
    words = ["--model=worm_hard", "--vcf=v.vcf", "--genome=g.fa", "--out=s.tsv"]
    return run(["variants", *words, *arguments])


def test_variants_are_scored_and_told(files, capsys):
    assert call("--null=0", "--tasks", "Intest,Muscle", "--contrast", "Intest-rest") == 0
    said = capsys.readouterr().out
    assert "4 records: 6 alleles scored, 1 rejected" in said
    assert "  1: an allele has letters other than A, C, G and T" in said
    assert (files / "s.tsv").read_text().startswith("chrom\tpos\tid\tref\talt\tIntest score\tMusc")
    assert call("--null=0", "--tasks", "Intest", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["scored"], told["out"]) == (6, "s.tsv")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shifts=1,x",), "--shifts: expected whole numbers"),
        (("--shifts=1,1",), "--shifts: expected different"),
        (("--tasks=Intestine",), "Intest"),
        (("--contrast=Intest",), "TASK-TASK"),
        (("--part=3/2",), "--part: expected K/N"),
        (("--out=s.txt",), "--out: expected a name that ends in"),
        (("--out=v.vcf",), "--out v.vcf is also the input"),
        (("--vcf=missing.vcf",), "missing.vcf does not exist"),
        (("--genome=v.vcf",), "expected FASTA"),
        (("--vcf=g.fa", "--genome=g.fa"), "expected VCF"),
        (("--model=missing.keras",), "missing.keras"),
    ],
)
def test_wrong_input_ends_in_one_line(files, capsys, words, said):
    before = sorted(path.name for path in files.iterdir())
    assert call(*words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("chromkeras:") == 1
    assert "Traceback" not in error
    assert [
        name for name in sorted(p.name for p in files.iterdir()) if ".fai" not in name
    ] == before
