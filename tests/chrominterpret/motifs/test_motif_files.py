from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from Bio import motifs as bio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from memelite.io import read_meme as read_meme_of_memelite

from chrominterpret.motifs.motif_files import (
    read_jaspar,
    read_meme,
    read_motifs,
    write_jaspar,
    write_meme,
)
from chrominterpret.motifs.pwm import Motif
from chrominterpret.sequences import BASES

HEAD = "MEME version 4\n\nALPHABET= ACGT\n\n"
ROW = " 0.25 0.25 0.25 0.25\n"
WORDS = st.text("abcXYZ019:._-()", min_size=1, max_size=8)


@st.composite
def motif_lists(draw: st.DrawFn) -> list[Motif]:
    motifs = []
    for name in draw(st.lists(WORDS, min_size=1, max_size=4, unique=True)):
        shape = st.tuples(st.integers(1, 8), st.just(4))
        raw = draw(hnp.arrays(np.float64, shape, elements=st.floats(0.001, 1)))
        nsites = draw(st.none() | st.integers(2, 500_000).map(float))
        alt_name = " ".join(draw(st.lists(WORDS, max_size=3)))
        motifs.append(Motif(name, raw / raw.sum(axis=1, keepdims=True), alt_name, nsites))
    return motifs


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def assert_same(ours: list[Motif], theirs: list[Motif]) -> None:
    assert [m.name for m in ours] == [m.name for m in theirs]
    assert [m.alt_name for m in ours] == [m.alt_name for m in theirs]
    assert [m.nsites for m in ours] == pytest.approx([m.nsites for m in theirs])
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.ppm, other.ppm, atol=1e-7)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("motifs")


@given(motif_lists())
def test_meme_round_trip(folder: Path, motifs: list[Motif]) -> None:
    write_meme(folder / "a.meme", motifs)
    assert_same(read_meme(folder / "a.meme"), motifs)
    assert_same(read_motifs(folder / "a.meme"), motifs)


@given(motif_lists())
def test_jaspar_round_trip(folder: Path, motifs: list[Motif]) -> None:
    write_jaspar(folder / "a.jaspar", motifs)
    assert_same(read_jaspar(folder / "a.jaspar"), motifs)
    assert_same(read_motifs(folder / "a.jaspar"), motifs)


@pytest.mark.parametrize(
    ("group", "count"), [("nematodes", 103), ("fungi", 178), ("vertebrates", 879)]
)
def test_real_meme_files_agree_with_biopython_and_memelite(
    real_data: Callable[[str], Path], group: str, count: int
) -> None:
    path = real_data(f"motifs/JASPAR2024_CORE_{group}.meme")
    ours = read_motifs(path)
    with path.open() as handle:
        theirs = bio.parse(handle, "minimal")
    exact = read_meme_of_memelite(str(path))
    assert len(ours) == len(theirs) == len(exact) == count
    for motif, peer in zip(ours, theirs, strict=True):
        assert motif.name == peer.name.split()[0]
        assert motif.nsites == pytest.approx(peer.num_occurrences)
        # Biopython turns the probabilities into whole counts
        expected = np.array([peer.pwm[base] for base in BASES]).T
        np.testing.assert_allclose(motif.ppm, expected, atol=4 / motif.nsites)
        np.testing.assert_allclose(motif.ppm, exact[motif.label].T, atol=2e-6)


def test_biopython_reads_what_we_write(tmp_path: Path) -> None:
    ppm = np.array([[0.7, 0.1, 0.1, 0.1], [0.2, 0.2, 0.5, 0.1], [0.0, 1.0, 0.0, 0.0]])
    motif = Motif("f 12", ppm, alt_name="two words", nsites=20)
    write_meme(tmp_path / "a.meme", [motif])
    with (tmp_path / "a.meme").open() as handle:
        peer = bio.parse(handle, "minimal")[0]
    assert peer.name.split()[0] == "f_12"
    np.testing.assert_allclose([peer.pwm[b] for b in BASES], ppm.T, atol=1e-7)
    write_jaspar(tmp_path / "a.jaspar", [motif])
    with (tmp_path / "a.jaspar").open() as handle:
        peer = bio.parse(handle, "jaspar")[0]
    assert peer.matrix_id == "f_12"
    np.testing.assert_allclose([peer.counts[b] for b in BASES], 20 * ppm.T, atol=1e-7)


def test_meme_without_width_or_sites_with_names_of_several_words(tmp_path: Path) -> None:
    matrix = f"letter-probability matrix: alength= 4\n{ROW}{ROW}"
    text = f"{HEAD}strands: + -\n\nMOTIF  A1   zinc finger  2\nURL http://x\n{matrix}"
    motifs = read_meme(write(tmp_path / "a.meme", text + "\nMOTIF A2\n" + matrix))
    assert [(m.name, m.alt_name, m.nsites, len(m)) for m in motifs] == [
        ("A1", "zinc finger 2", None, 2),
        ("A2", "", None, 2),
    ]


def test_meme_log_odds_are_skipped_and_rounded_rows_repaired(tmp_path: Path) -> None:
    text = f"{HEAD}MOTIF A\nlog-odds matrix: alength= 4 w= 1\n-1.0 2 3 -4\n"
    text += "letter-probability matrix: alength= 4 w= 1 nsites= 8\n0.33 0.33 0.33 0\n"
    motif = read_meme(write(tmp_path / "a.meme", text))[0]
    np.testing.assert_allclose(motif.ppm, [[1 / 3, 1 / 3, 1 / 3, 0]])
    assert motif.nsites == 8


def test_duplicate_names_fail_or_are_renamed(tmp_path: Path) -> None:
    one = f"MOTIF A\nletter-probability matrix: w= 1\n{ROW}"
    path = write(tmp_path / "a.meme", HEAD + one + one + one)
    with pytest.raises(ValueError, match=r"a\.meme, line 8: motif name 'A' occurs twice"):
        read_meme(path)
    assert [m.name for m in read_meme(path, duplicates="rename")] == ["A", "A_2", "A_3"]
    with pytest.raises(ValueError, match="'error' or 'rename'; received 'drop'"):
        read_meme(path, duplicates="drop")  # type: ignore[arg-type]


MATRIX = "letter-probability matrix: alength= 4 w= 1\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "expected 'MEME version 4'"),
        ("MEME version 3\n", 1, "expected 'MEME version 4' or later"),
        ("\nMOTIF A\n", 2, "expected 'MEME version 4'"),
        ("MEME version 4\nALPHABET= ACDEFGHIKLMNPQRSTVWY\n", 2, "expected 'ALPHABET= ACGT'"),
        (HEAD + "MOTIF\n", 5, "no identifier"),
        (HEAD + "MOTIF A\nMOTIF B\n", 5, "motif 'A' has no matrix"),
        (HEAD + "MOTIF A\n", 5, "motif 'A' has no matrix"),
        (HEAD + MATRIX + ROW, 5, "matrix without a MOTIF line"),
        (HEAD + "MOTIF A\n" + MATRIX + ROW + MATRIX + ROW, 8, "matrix without a MOTIF line"),
        (HEAD + "MOTIF A\n" + MATRIX + ROW + ROW, 6, r"expected 1 rows \(w=\); received 2"),
        (HEAD + "MOTIF A\n" + MATRIX + "\n" + ROW, 6, r"expected 1 rows \(w=\); received 0"),
        (HEAD + "MOTIF A\n" + MATRIX + ROW + "\n" + ROW, 9, "numbers outside a matrix"),
        (HEAD + "MOTIF A\n" + MATRIX + "0.5 0.5 0.5 0\n", 7, "sums to 1.5"),
        (HEAD + "MOTIF A\n" + MATRIX + "0.5 0.5 0\n", 7, "expected four probabilities"),
        (HEAD + "MOTIF A\n" + MATRIX + "0.5 x 0.5 0\n", 7, "expected numbers; received"),
        (HEAD + "MOTIF A\n" + MATRIX + "1.5 -0.5 0 0\n", 7, "numbers of at least 0"),
        (HEAD + "MOTIF A\n" + MATRIX + "nan 0 0 0\n", 7, "numbers of at least 0"),
        (HEAD + "MOTIF A\n" + MATRIX.replace("4", "20") + ROW, 6, "alength= 4; received 20"),
        (HEAD + "MOTIF A\n" + MATRIX.replace("1", "x") + ROW, 6, "expected numbers; received 'x'"),
    ],
)
def test_malformed_meme(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = write(tmp_path / "bad.meme", text)
    with pytest.raises(ValueError, match=rf"bad\.meme, line {line}: .*{message}"):
        read_meme(path)


def test_jaspar_rows_in_any_order_and_bare_rows(tmp_path: Path) -> None:
    text = ">MA1.1 Arnt::Ahr b\nT [3 0]\nA[ 1 4 ]\nG [ 0 0 ]\nC [ 0 0 ]\n\n>B\n1 0\n1 0\n1 0\n1 8\n"
    first, second = read_jaspar(write(tmp_path / "a.jaspar", text))
    assert (first.name, first.alt_name, first.nsites) == ("MA1.1", "Arnt::Ahr b", 4)
    np.testing.assert_allclose(first.ppm, [[0.25, 0, 0, 0.75], [1, 0, 0, 0]])
    assert (second.name, second.alt_name, second.nsites) == ("B", "", 8)
    np.testing.assert_allclose(second.ppm, [[0.25] * 4, [0, 0, 0, 1]])


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\n\n", 1, "received no motif"),
        ("A [ 1 ]\n", 1, "expected '>identifier name'"),
        (">\n1\n1\n1\n1\n", 1, "no identifier"),
        (">A\n1\n1\n1\n", 1, "has 3 rows; expected 4"),
        (">A\n1\n1\n>B\n", 1, "has 2 rows; expected 4"),
        (">A\n1\n1\n1\n1\n1\n", 6, "expected '>identifier name'"),
        (">A\n1\n1 2\n1\n1\n", 1, "rows of different lengths"),
        (">A\nA [ 1 ]\nA [ 1 ]\n", 3, "one row each for A, C, G, T"),
        (">A\nA [ 1 ]\nU [ 1 ]\n", 3, "one row each for A, C, G, T"),
        (">A\nA [ ]\n", 2, "expected a row such as"),
        (">A\n1 b\n", 2, "expected numbers; received '1 b'"),
        (">A\n-1\n1\n1\n1\n", 2, "numbers of at least 0"),
        (">A\n1 0\n1 0\n1 0\n1 0\n", 1, "no counts in column 2"),
        (">A\n1 0.9\n0 0.8\n0 0\n0 0\n", 1, "do not sum to 1: 1.7 in column 2"),
    ],
)
def test_malformed_jaspar(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = write(tmp_path / "bad.jaspar", text)
    with pytest.raises(ValueError, match=rf"bad\.jaspar, line {line}: .*{message}"):
        read_jaspar(path)


def test_neither_format(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"x\.txt, line 2: expected 'MEME version 4', a '>' line"):
        read_motifs(write(tmp_path / "x.txt", "\nhello\n"))
    (tmp_path / "x.bin").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match="expected a text file"):
        read_motifs(tmp_path / "x.bin")


STARS = "*" * 80 + "\n"
ALPHABET = """ALPHABET "DNA" DNA-LIKE
A "Adenine" CC0000 ~ T "Thymine" 008000
C "Cytosine" 0000CC ~ G "Guanine" FFB300
N "Any base" = ACGT
R "Purine" = AG
U = T
END ALPHABET
"""
FOUND = "letter-probability matrix: alength= 4 w= 2 nsites= 12 E= 3.6e-9\n" + ROW + ROW
REPORTS = {
    "meme": f"""{STARS}MEME - Motif discovery tool
{STARS}MEME version 5.5.5 (Release date: Thu Sep 14 2023)

PRIMARY SEQUENCES= peaks.fa
ALPHABET= ACGT
Sequence name            Weight Length  Sequence name            Weight Length
101                      1.0000     50  102                      1.0000     50
Letter frequencies in dataset:
A 0.3 C 0.2 G 0.2 T 0.3
{STARS}MOTIF WTGACW MEME-1\twidth =   2  sites =  12  llr = 150  E-value = 3.6e-9
{STARS}\tMotif WTGACW MEME-1 Description
Simplified        A  5:
101                          +      7  1.71e-06     ATTTTG GT ATTT
BL   MOTIF WTGACW width=2 seqs=12
101                      (    7) GT  1
//
log-odds matrix: alength= 4 w= 2 n= 90 bayes= 3.3 E= 3.6e-9
    20   -176    194    -73
 -1499    -82    147     40
{FOUND}--------------------------------------------------------------------------------
Time 14.73 secs.
101                              1.7e-06  6_[+1]_4
Stopped because requested number of motifs (1) found.
""",
    "streme": f"""{STARS}STREME - Sensitive, Thorough, Rapid, Enriched Motif Elicitation
{STARS}MEME version 5.5.5 (Release date: Thu Sep 14 2023)

REFERENCE
If you use this program in your research, please cite:

{ALPHABET}
strands: + -

Background letter frequencies
A 0.3 C 0.2 G 0.2 T 0.3

MOTIF WTGACW MEME-1
{FOUND}
{STARS}
FINALTIME 3.2 seconds
{STARS}""",
    "dreme": f"""# DREME 5.1.1
#     command: dreme -p peaks.fa

MEME version 5.1.1

{ALPHABET}
strands: + -

Background letter frequencies (from dataset):
A 0.3 C 0.2 G 0.2 T 0.3


MOTIF WTGACW MEME-1

#             Word    RC Word        Pos        Neg    P-value    E-value
# BEST      WTGACW     WGTCAW        922        464   6.7e-071   3.0e-066
{FOUND}

# Stopping reason: target motif count reached
""",
}


@pytest.mark.parametrize("program", REPORTS)
def test_reports_of_the_meme_suite(tmp_path: Path, program: str) -> None:
    (motif,) = read_motifs(write(tmp_path / "report.txt", REPORTS[program]))
    assert (motif.name, motif.alt_name, motif.nsites) == ("WTGACW", "MEME-1", 12)
    np.testing.assert_allclose(motif.ppm, np.full((2, 4), 0.25))


@pytest.mark.parametrize(
    ("alphabet", "line", "message"),
    [
        (ALPHABET.replace("~ T", "~ U"), 3, r"the letters A C G T; received"),
        (ALPHABET.replace("END ALPHABET\n", ""), 3, "without END ALPHABET"),
        ('ALPHABET "DNA" = ACGT\n', 3, "expected 'ALPHABET= ACGT' or"),
    ],
)
def test_other_alphabets(tmp_path: Path, alphabet: str, line: int, message: str) -> None:
    path = write(tmp_path / "bad.meme", f"MEME version 5\n\n{alphabet}\nMOTIF A\n{FOUND}")
    with pytest.raises(ValueError, match=rf"bad\.meme, line {line}: .*{message}"):
        read_meme(path)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_other_line_ends(tmp_path: Path, end: str) -> None:
    text = f"{HEAD}MOTIF A\n{FOUND}".replace("\n", end)
    (tmp_path / "a.meme").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [motif.name for motif in read_motifs(tmp_path / "a.meme")] == ["A"]


@pytest.mark.parametrize("writer", [write_meme, write_jaspar])
def test_writers_refuse_names_that_would_collide(
    tmp_path: Path, writer: Callable[[Path, list[Motif]], None]
) -> None:
    ppm = np.full((2, 4), 0.25)
    with pytest.raises(ValueError, match="unique motif names; received 'a_b' twice"):
        writer(tmp_path / "x", [Motif("a b", ppm), Motif("a_b", ppm)])
    with pytest.raises(ValueError, match="received an empty one"):
        writer(tmp_path / "x", [Motif("", ppm)])
    assert not (tmp_path / "x").exists()
