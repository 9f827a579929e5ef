import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from chromkeras.data.codes import encode
from chromkeras.importers.assemble import STRADDLING
from chromkeras.importers.formats.peaks import prepare
from chromkeras.importers.regions import SHORT

HALVES = {"valid": "chr1:0-10000", "test": "chr1:10000-20000"}
SHORT_ROWS = {"length": 200, "merge_distance": 50}


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Two cell types on a genome of two chromosomes and one that is too short."""
    rng = np.random.default_rng(0)
    chromosomes = {name: "".join(rng.choice(list("ACGTacgt"), 40_000)) for name in ("chr1", "chr2")}
    chromosomes["tiny"] = "ACGT" * 10
    fasta = "".join(f">{name}\n{letters}\n" for name, letters in chromosomes.items())
    (tmp_path / "g.fa").write_text(fasta)
    (tmp_path / "peaks").mkdir()
    starts = {"gut": range(300, 39_000, 1000), "skin": range(800, 39_000, 1500)}
    for name, places in starts.items():
        lines = [f"{c}\t{s}\t{s + 100}" for c in ("chr1", "chr2") for s in places]
        (tmp_path / "peaks" / f"{name}.bed").write_text("\n".join([*lines, "tiny\t5\t9"]) + "\n")
    return tmp_path


def test_rows_are_windows_around_peaks(world: Path) -> None:
    prepared = prepare([world / "peaks"], world / "g.fa", **HALVES, **SHORT_ROWS)
    dataset = prepared.dataset
    assert dataset.tasks == ("gut", "skin")
    assert dataset.dna.length == 200
    assert dataset.elements.all()
    assert dataset.chrom is not None
    assert dataset.start is not None
    letters = (world / "g.fa").read_text().split("\n")
    genome = {"chr1": encode(letters[1]), "chr2": encode(letters[3])}
    for row in range(0, len(dataset), 7):
        chrom, start = str(dataset.chrom[row]), int(dataset.start[row])
        assert (start + 100 - 350) % 1000 == 0 or (start + 100 - 850) % 1500 == 0
        np.testing.assert_array_equal(
            dataset.codes(np.array([row]))[0], genome[chrom][start : start + 200]
        )
    assert prepared.dropped == {SHORT: 2, "nothing but N": 0, STRADDLING: 0}


def test_splits_and_rows_across_their_boundary(world: Path) -> None:
    plan = {"valid": "chr1:0-10,300", "test": "chr1:10300-20000"}
    prepared = prepare([world / "peaks"], world / "g.fa", **plan, **SHORT_ROWS)
    dataset = prepared.dataset
    assert dataset.start is not None
    assert prepared.dropped[STRADDLING] == 1
    valid = dataset.rows("valid")
    assert (dataset.start[valid] + 200 <= 10_300).all()
    assert (dataset.start[dataset.rows("test")] >= 10_300).all()


def test_background_is_all_negative_and_touches_no_peak(world: Path) -> None:
    chosen = SHORT_ROWS | {"background": 0.5, "seed": 4, "exclude": ("skin",)}
    dataset = prepare([world / "peaks"], world / "g.fa", **HALVES, **chosen).dataset
    assert dataset.tasks == ("gut",)
    assert dataset.chrom is not None
    assert dataset.start is not None
    other = np.flatnonzero(~dataset.elements)
    assert len(other) == round(0.5 * dataset.elements.sum())
    assert (dataset.labels[other] == 0).all()
    for start in dataset.start[other]:
        near = ((start + np.arange(200) - 300) % 1000 < 100) & (start + np.arange(200) < 39_000)
        skin = ((start + np.arange(200) - 800) % 1500 < 100) & (start + np.arange(200) > 799)
        assert not near.any()
        assert not (skin & (start + np.arange(200) < 38_900)).any()


def test_the_same_seed_gives_the_same_data_set(world: Path) -> None:
    prints = [
        prepare(
            [world / "peaks"], world / "g.fa", background=1, seed=s, **SHORT_ROWS
        ).dataset.fingerprint
        for s in (1, 1, 2)
    ]
    assert prints[0] == prints[1] != prints[2]


def test_a_cell_type_without_negatives_fails(world: Path) -> None:
    with pytest.raises(ValueError, match=r"every region is a peak of 'gut'.*`background` 1"):
        prepare([world / "peaks" / "gut.bed"], world / "g.fa", **HALVES, **SHORT_ROWS)


def test_strands_apart_or_together(world: Path) -> None:
    lines = ["chr1\t500\t600\tp\t0\t+", "chr1\t500\t600\tp\t0\t-"] + [
        f"chr2\t{s}\t{s + 10}\tp\t0\t+" for s in range(1000, 30_000, 900)
    ]
    (world / "peaks" / "gut.bed").write_text("\n".join(lines))
    plan = {"valid_fraction": 0.2, "test_fraction": 0.2}
    apart = prepare([world / "peaks"], world / "g.fa", **plan, **SHORT_ROWS)
    chosen = SHORT_ROWS | {"ignore_strand": True}
    together = prepare([world / "peaks"], world / "g.fa", **plan, **chosen)
    assert len(apart.dataset) == len(together.dataset) + 1
    assert "1 peaks are on the - strand" in apart.notes[0]
    assert len(together.notes) == 1


def test_n_rows_fail_or_are_dropped(world: Path) -> None:
    letters = (world / "g.fa").read_text().split("\n")
    letters[1] = "N" * 2000 + letters[1][2000:]
    (world / "g.fa").write_text("\n".join(letters))
    with pytest.raises(ValueError, match=r"row 0 \(chr1:250-450\) is nothing but N"):
        prepare([world / "peaks"], world / "g.fa", **HALVES, **SHORT_ROWS)
    prepared = prepare([world / "peaks"], world / "g.fa", **HALVES, drop_unknown=True, **SHORT_ROWS)
    assert prepared.dropped["nothing but N"] == 3


@pytest.mark.parametrize(("regions", "message"), [
    (["1"], "chromosome of region 1 is not in the genome; did you mean chr1"),
    (["chr1:0-50000"], "ends past the end of chr1, which has 40000 bases"),
    (["tiny"], "no row is left for test"),
])  # fmt: skip
def test_splits_that_cannot_be(world: Path, regions: list[str], message: str) -> None:
    plan = {"test": regions}
    with pytest.raises(ValueError, match=message):
        prepare([world / "peaks"], world / "g.fa", **plan, **SHORT_ROWS)


def test_a_genome_of_short_chromosomes_fails(world: Path) -> None:
    with pytest.raises(ValueError, match="no peak lies on a chromosome of at least 50000 bases"):
        prepare([world / "peaks"], world / "g.fa", **HALVES, length=50_000)


def test_worm_agrees_with_the_original_program(real_data: Callable[[str], Path]) -> None:
    plan = {"valid": "chrX:0-3,000,000", "test": "chrX:3000000-6000000"}
    chosen = {"exclude": ("all_elements",), "background": 1}
    fasta = real_data("worm/genome.fa.gz")
    dataset = prepare([real_data("worm/peaks")], fasta, **plan, **chosen).dataset
    assert dataset.chrom is not None
    assert dataset.start is not None
    lines = (
        gzip.decompress(real_data("worm/basset_merge.bed.gz").read_bytes()).decode().splitlines()
    )
    expected = {}
    for line in lines:
        chrom, start, _, _, _, _, tasks = line.split("\t")
        expected[chrom, int(start)] = sorted(map(int, tasks.split(",")))
    elements = np.flatnonzero(dataset.elements)
    assert len(elements) == len(expected) == 8878
    for row in elements:
        place = str(dataset.chrom[row]), int(dataset.start[row])
        assert np.flatnonzero(dataset.labels[row]).tolist() == expected[place]
    assert (~dataset.elements).sum() == 8878
    assert not dataset.labels[~dataset.elements].any()
    _agrees_with_fasta(fasta, dataset.chrom, dataset.start, dataset.codes(np.arange(len(dataset))))


def _agrees_with_fasta(
    fasta: Path, chrom: np.ndarray, start: np.ndarray, codes: np.ndarray
) -> None:
    records = gzip.decompress(fasta.read_bytes()).split(b">")[1:]
    for record in records:
        name, sequence = record.split(b"\n", 1)
        genome = encode(sequence.replace(b"\n", b""))
        rows = np.flatnonzero(chrom == name.decode())
        windows = genome[start[rows][:, None] + np.arange(600)]
        np.testing.assert_array_equal(codes[rows], windows)


def test_a_blacklist_takes_rows_and_background_away(world: Path) -> None:
    (world / "list.bed").write_text("chr1\t12000\t30000\nchrM\t0\t9\n")
    options = {**HALVES, **SHORT_ROWS, "background": 1, "test": "chr1:30000-40000"}
    whole = prepare([world / "peaks"], world / "g.fa", **options)
    prepared = prepare([world / "peaks"], world / "g.fa", blacklist=world / "list.bed", **options)

    def touching(dataset):
        return (dataset.chrom == "chr1") & (dataset.start < 30000) & (dataset.start + 200 > 12000)

    lost = touching(whole.dataset) & whole.dataset.elements
    assert not touching(prepared.dataset).any()
    assert prepared.dropped["touching the blacklist"] == lost.sum() > 0
    kept = prepared.dataset.elements
    assert kept.sum() == whole.dataset.elements.sum() - lost.sum()
    assert (~kept).sum() > 0.9 * kept.sum()
    assert any("1 of 2 regions lie on 1 chromosome" in note for note in prepared.notes)


def test_a_blacklist_that_takes_all(world: Path) -> None:
    (world / "list.bed").write_text("chr1\t0\t40000\nchr2\t0\t40000\n")
    with pytest.raises(ValueError, match="every region touches the blacklist"):
        prepare([world / "peaks"], world / "g.fa", blacklist=world / "list.bed", **SHORT_ROWS)


def test_a_split_by_homology_says_what_it_found(world: Path) -> None:
    prepared = prepare([world / "peaks"], world / "g.fa", split_by="homology", **SHORT_ROWS)
    assert any(note.startswith("homology: ") for note in prepared.notes)
    assert prepared.dataset.split_by.endswith("relatives share 0.1 of their 14-mers")
