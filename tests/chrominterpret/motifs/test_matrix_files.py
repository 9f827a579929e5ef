"""Motif files of HOMER, Cluster-Buster, HOCOMOCO, TRANSFAC and CIS-BP."""

from pathlib import Path

import numpy as np
import pytest

from chrominterpret.motifs.motif_files import (
    FORMATS,
    read_jaspar,
    read_motifs,
    write_jaspar,
    write_meme,
)

# Counts of 20 sites at five positions, and at four where the sums of both axes do not agree.
COUNTS = np.array([[4, 16, 0, 0], [19, 0, 1, 0], [0, 20, 0, 0], [0, 0, 20, 0], [1, 2, 3, 14]])
FOUR = COUNTS[1:]


def rows(values: np.ndarray, form: str = "{:g}", between: str = "\t", first: str = "") -> str:
    """Write a matrix; ``first`` may hold the position."""
    lines = [
        first.format(place) + between.join(form.format(value) for value in row)
        for place, row in enumerate(values, start=1)
    ]
    return "\n".join(lines) + "\n"


def weights(values: np.ndarray, base: float) -> np.ndarray:
    p = (values + 0.75) / (values + 0.75).sum(1, keepdims=True)
    return np.log(p / 0.25) / np.log(base)


def texts(values: np.ndarray) -> dict[str, str]:
    """Return a file of two motifs of the same counts in each format: "one" and "two"."""
    p = values / values.sum(1, keepdims=True)
    transfac = "P0\tA\tC\tG\tT\n" + rows(values, first="{:02d}\t").replace("\n", "\tN\n")
    cisbp = "Family\tAP2\nPos\tA\tC\tG\tT\n" + rows(p, "{:.15g}", first="{}\t") + "\n\n"
    homer = "\t4.97\t-41.5\t0\tT:189.0(55.43%),B:12271.0(32.21%),P:1e-18\n" + rows(p, "{:.6f}")
    return {
        "homer": f">CACGK\tone,BestGuess:Max/Jaspar(0.9){homer}>CACGK\ttwo{homer}",
        "clusterbuster": f">one\n{rows(values, between='   ')}>two\n# WEIGHT: 3.0\n{rows(values)}",
        "hocomoco counts": f">one\n{rows(values, '{:.3f}')}>two\n{rows(values)}",
        "hocomoco weights": f">one\n{rows(weights(values, np.e), '{:.12f}')}"
        f">two\n{rows(weights(values, np.e), '{:.12f}')}",
        "weights in bits": f">one\n{rows(weights(values, 2), '{:.12f}')}"
        f">two\n{rows(weights(values, 2), '{:.12f}')}",
        "transfac": f"VV  EXAMPLE\nXX\n//\nID  one\nXX\nBF  T00140\n{transfac}XX\n//\n"
        f"AC two\nXX\nID V$TWO\nXX\n{transfac}//\n",
        "cisbp": f"TF\tT1\nTF Name\tANT\nMotif\tone\n{cisbp}TF\tT1\nMotif\ttwo\n{cisbp}",
    }


@pytest.mark.parametrize("values", [COUNTS, FOUR], ids=["five", "four"])
@pytest.mark.parametrize("name", texts(COUNTS))
def test_each_format_is_recognised(tmp_path: Path, name: str, values: np.ndarray) -> None:
    (tmp_path / "some.txt").write_text("\n" + texts(values)[name])
    found = read_motifs(tmp_path / "some.txt")
    assert [motif.name for motif in found] == ["one", "two"]
    added = 0.75 if "weights" in name else 0
    expected = (values + added) / (values + added).sum(1, keepdims=True)
    for motif in found:
        np.testing.assert_allclose(motif.ppm, expected, atol=1e-5)
    counted = name in ("clusterbuster", "hocomoco counts", "transfac")
    assert [motif.nsites for motif in found] == [20 if counted else None] * 2
    titles = {"homer": ["CACGK"] * 2, "cisbp": ["ANT", ""], "transfac": ["", "V$TWO"]}
    assert [motif.alt_name for motif in found] == titles.get(name, ["", ""])
    for write in (write_meme, write_jaspar):
        write(tmp_path / "again", found)
        for motif, again in zip(found, read_motifs(tmp_path / "again"), strict=True):
            assert (again.name, again.alt_name) == (motif.name, motif.alt_name)
            np.testing.assert_allclose(again.ppm, motif.ppm, atol=1e-7)


def test_four_by_four_is_read_as_its_sums_say(tmp_path: Path) -> None:
    path = tmp_path / "four.txt"
    path.write_text(">one\n" + rows(FOUR))
    (by_position,) = read_motifs(path)
    np.testing.assert_allclose(by_position.ppm, FOUR / 20)
    path.write_text(">one\n" + rows(FOUR.T))
    (by_base,) = read_motifs(path)
    np.testing.assert_allclose(by_base.ppm, FOUR / 20)
    np.testing.assert_allclose(read_jaspar(path)[0].ppm, FOUR / 20)
    path.write_text(">one\n" + rows(10 * np.eye(4)) + ">wide\n" + rows(COUNTS))
    assert [len(motif) for motif in read_motifs(path)] == [4, 5]  # the other motif tells
    path.write_text(">one\n" + rows(10 * np.eye(4)[[1, 2, 3, 0]]))
    with pytest.raises(ValueError, match=r"four\.txt, line 1: .*four by four; name the format"):
        read_motifs(path)
    first = [read_motifs(path, format=name)[0].ppm for name in ("columns", "jaspar")]
    np.testing.assert_allclose(first[0], first[1].T)


def test_a_bare_matrix_of_cisbp_is_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "M0316_2.00.txt").write_text("Pos\tA\tC\tG\tT\n" + rows(COUNTS / 20, first="{}\t"))
    assert [motif.name for motif in read_motifs(tmp_path / "M0316_2.00.txt")] == ["M0316_2.00"]


PO = "ID a\nP0 A C G T\n"


@pytest.mark.parametrize(
    ("format", "text", "line", "message"),
    [
        ("columns", ">a\n", 1, "expected rows of four numbers; received none"),
        ("columns", ">\n1 2 3 4\n", 1, "no identifier"),
        ("columns", ">a\n1 2 3\n", 2, "expected four numbers"),
        ("columns", ">a\n1 2 3 x\n", 2, "expected numbers"),
        ("columns", ">a\n1 2 3 4\n>a\n1 2 3 4\n", 3, "'a' occurs twice"),
        ("columns", ">a\n1 2 3 4\n0 0 0 0\n", 1, "no counts in column 2"),
        ("columns", ">a\n1 2 -3 4\n", 1, "no weights"),
        ("columns", "a\n1 2 3 4\n", 1, "expected '>identifier'"),
        ("homer", ">ACG\n1 0 0 0\n", 1, "name and threshold, parted by tabs"),
        ("homer", ">ACG\ta\tx\n1 0 0 0\n", 1, "expected numbers; received 'x'"),
        ("homer", ">ACG\ta\t1\n1 0 0 -1\n", 2, "numbers of at least 0"),
        ("homer", "\n", 1, "at least one motif"),
        ("transfac", "P0 A C G T\n1 1 2 3 4 N\n//\n", 1, "one of AC, ID, NA"),
        ("transfac", "ID a\nP0 A C G U\n1 1 2 3 4 N\n//\n", 2, "the columns A C G T"),
        ("transfac", PO + "//\n", 2, "rows of four numbers; received none"),
        ("transfac", PO + "01 1 2 3 4 N\n03 1 2 3 4 N\n//\n", 4, "expected position 2"),
        ("transfac", PO + "01 1 2 3 N\n//\n", 3, "expected numbers; received '1 2 3 N'"),
        ("transfac", PO + "01 1 2 3 4\nP0 A C G T\n", 4, "'//' between two matrices"),
        ("transfac", "hello\n", 1, "a field of two letters"),
        ("cisbp", "Motif\ta\nPos\tA\tC\tG\tT\n", 2, "rows of four numbers; received none"),
        ("cisbp", "Pos\tA\tC\tG\tT\n1\t.5\t0\t0\t0\n2\t1\t0\t0\t0\n", 1, "do not sum to 1"),
        ("cisbp", "Motif\n", 1, "a field and its value"),
        ("cisbp", "Motif\ta\n", 2, "the end of the file"),
    ],
)
def test_malformed_files(tmp_path: Path, format: str, text: str, line: int, message: str) -> None:
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(ValueError, match=rf"bad\.txt, line {line}: .*{message}"):
        read_motifs(tmp_path / "bad.txt", format=format)


def test_formats_have_names(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"format= of \('meme', .* received 'fasta'"):
        read_motifs(tmp_path / "any", format="fasta")
    assert set(FORMATS) > {"columns", "homer", "transfac", "cisbp"}
