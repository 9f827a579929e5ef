import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chrominterpret.sequences import decode
from chromkeras.data.splits import Region
from chromkeras.importers import genome as genome_module
from chromkeras.importers.genome import check_regions, load_genome, nearest_names

FASTA = b">chr1 first\nACGTN\nacgtn\n\n>chr2\r\nGGRR\r\nT"


def write(tmp_path: Path, text: bytes, name: str = "g.fa") -> Path:
    (tmp_path / name).write_bytes(text)
    return tmp_path / name


@pytest.mark.parametrize("name", ["g.fa", "g.fa.gz"])
@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_letters_of_every_chromosome(
    tmp_path: Path, name: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(genome_module, "_BLOCK", block)
    text = gzip.compress(FASTA) if name.endswith("gz") else FASTA
    genome = load_genome(write(tmp_path, text, name))
    assert {n: decode(c) for n, c in genome.codes.items()} == {
        "chr1": "ACGTNACGTN",
        "chr2": "GGNNT",
    }
    assert genome.lengths == {"chr1": 10, "chr2": 5}


@pytest.mark.parametrize(("text", "message"), [
    (b"ACGT\n", r"g\.fa:1: expected a FASTA header"),
    (b"chr1\t5\t9\n", r"g\.fa:1: expected a FASTA header"),
    (b">a\nACGT\nACET\n", r"g\.fa:3: sequence a: expected IUPAC nucleotides, received 'E'"),
    (b">a\nAC\n>b\nAC\n\n>a\nAC\n", r"g\.fa:6: sequence name 'a' stands twice"),
    (b">a\nAC\n> \nAC\n", r"g\.fa:3: FASTA header has no name"),
    (b">a\n>b\n", r"g\.fa holds no sequence"),
    (b"\n", r"g\.fa holds no sequence"),
    (b"\xef\xbb\xbf>a\nACGT\n", "it begins with a byte order mark"),
    (b">a\rACGT\r", "its lines end with CR alone"),
    (b"", r"g\.fa is empty"),
])  # fmt: skip
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_other_files_fail_with_their_line(
    tmp_path: Path, text: bytes, message: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(genome_module, "_BLOCK", block)
    with pytest.raises(ValueError, match=message):
        load_genome(write(tmp_path, text))


@given(st.lists(st.tuples(st.sampled_from(["chr1", "chr2"]), st.integers(0, 2)), max_size=9))
def test_windows_come_in_the_order_asked_for(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]
) -> None:
    genome = load_genome(write(tmp_path_factory.mktemp("g"), FASTA))
    chrom = np.array([c for c, _ in rows], dtype=str)
    start = np.array([s for _, s in rows], np.int64)
    blocks = [np.zeros((0, 3), np.uint8), *genome.blocks(chrom, start, 3)]
    expected = [decode(genome.codes[c][s : s + 3]) for c, s in rows]
    assert [decode(row) for row in np.concatenate(blocks)] == expected


def test_the_same_letters_as_pysam(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    letters = "".join(rng.choice(list("ACGTacgtNn"), 5000))
    text = ">s\n" + "\n".join(letters[i : i + 70] for i in range(0, 5000, 70)) + "\n>t\nACG\n"
    path = write(tmp_path, text.encode())
    with pysam.FastaFile(str(path)) as peer:
        ours = load_genome(path).codes["s"]
        assert decode(ours[1234:2234]) == peer.fetch("s", 1234, 2234).upper()


def test_no_index_is_written(tmp_path: Path) -> None:
    path = write(tmp_path, FASTA)
    load_genome(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("name", "hint"), [
    ("1", "did you mean chr1?"), ("chr12", "did you mean chr1 or chrX?"),
    ("zzz", "it has chr1, chrX, MT"),
    ("chrMT", "did you mean MT?"),
])  # fmt: skip
def test_nearest_names(name: str, hint: str) -> None:
    assert nearest_names(name, {"chr1": 5, "chrX": 5, "MT": 5}) == hint


def test_long_lists_of_names_are_cut() -> None:
    names = {f"scaffold{i}": 1 for i in range(400)}
    assert nearest_names("q", names).endswith("scaffold4 and 395 more")


def test_regions_must_lie_in_the_genome() -> None:
    check_regions([Region("chr1"), Region("chr1", 0, 50)], {"chr1": 50})
    with pytest.raises(ValueError, match="region 1 is not in the genome; did you mean chr1"):
        check_regions([Region("1")], {"chr1": 50})
    with pytest.raises(ValueError, match="chr1:0-51 ends past the end of chr1, which has 50 bases"):
        check_regions([Region("chr1", 0, 51)], {"chr1": 50})


def test_worm_genome(real_data: Callable[[str], Path]) -> None:
    genome = load_genome(real_data("worm/genome.fa.gz"))
    assert list(genome.codes) == ["chrIII", "chrX"]
    assert sum(genome.lengths.values()) > 31e6
