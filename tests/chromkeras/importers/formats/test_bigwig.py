from pathlib import Path

import numpy as np
import pybigtools
import pytest

from chromkeras.importers.formats.bigwig import NOWHERE, prepare
from chromkeras.importers.formats.peaks import prepare as prepare_peaks

LENGTHS = {"chr1": 40_000, "chr2": 40_000, "chr3": 2000}
HALVES = {"valid": "chr1:0-10000", "test": "chr1:10000-20000"}
ROWS = {"length": 200, "merge_distance": 50}


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Peaks of both strands on three chromosomes, and signal on the first two, 1 to 3 a base."""
    rng = np.random.default_rng(0)
    fasta = [f">{name}\n{''.join(rng.choice(list('ACGT'), n))}\n" for name, n in LENGTHS.items()]
    (tmp_path / "g.fa").write_text("".join(fasta))
    lines = [
        f"{c}\t{s}\t{s + 100}\tp\t0\t{'+-'[s // 1000 % 2]}"
        for c, n in LENGTHS.items()
        for s in range(300, n - 400, 1000)
    ]
    (tmp_path / "regions.bed").write_text("\n".join(lines) + "\n")
    (tmp_path / "signal").mkdir()
    for name, factor in (("gut", 1.0), ("skin", 2.0)):
        values = [
            (c, s, s + 100, factor * (1 + s // 100 % 3))
            for c in ("chr1", "chr2")
            for s in range(0, 40_000, 100)
        ]
        path = tmp_path / "signal" / f"{name}.bw"
        pybigtools.open(str(path), "w").write(LENGTHS, iter(values))
    return tmp_path


def test_labels_are_the_signal_of_each_row(world: Path) -> None:
    prepared = prepare(
        world / "signal", world / "regions.bed", world / "g.fa", background=1, **HALVES, **ROWS
    )
    dataset = prepared.dataset
    assert (dataset.problem, dataset.tasks) == ("regression", ("gut", "skin"))
    assert set(dataset.chrom) == {"chr1", "chr2"}
    assert prepared.dropped[NOWHERE] > 0
    assert dataset.known.all()
    assert (~dataset.elements).sum() > 50
    for row in range(0, len(dataset), 5):
        bases = np.arange(dataset.start[row], dataset.start[row] + 200)
        expected = (1 + bases // 100 % 3).mean()
        np.testing.assert_allclose(dataset.labels[row], [expected, 2 * expected], rtol=1e-6)
    assert "labels: mean of the signal over the 200 bases in the middle of a row" in prepared.notes


def test_rows_are_those_of_prepare_peaks(world: Path) -> None:
    options = {**HALVES, **ROWS, "background": 1, "seed": 3}
    ours = prepare(world / "signal", [world / "regions.bed"], world / "g.fa", **options).dataset
    theirs = prepare_peaks(
        [world / "regions.bed"], world / "g.fa", ignore_strand=True, **options
    ).dataset
    places, others = (set(zip(d.chrom, d.start, d.split, d.kind)) for d in (ours, theirs))  # noqa: B905
    assert places == {place for place in others if place[0] != "chr3"}


def test_the_middle_alone(world: Path) -> None:
    found = prepare(
        world / "signal", world / "regions.bed", world / "g.fa",
        width=2, statistic="sum", **HALVES, **ROWS,
    ).dataset  # fmt: skip
    middle = found.start + 99
    expected = (1 + middle // 100 % 3) + (1 + (middle + 1) // 100 % 3)
    np.testing.assert_array_equal(found.labels[:, 0], expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 201}, "expected `width` from 1 to 200, the length of a row, received 201"),
        ({"width": 0}, "received 0"),
        ({"statistic": "median"}, "unknown statistic 'median'"),
        ({"test": "chr9"}, "chromosome of region chr9 is not in the genome"),
    ],
)
def test_wrong_options(world: Path, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prepare(world / "signal", world / "regions.bed", world / "g.fa", **ROWS | options)


def test_a_signal_without_variation_is_refused(world: Path) -> None:
    flat = [("chr1", 0, 40_000, 2.0), ("chr2", 0, 40_000, 2.0)]
    pybigtools.open(str(world / "signal" / "skin.bw"), "w").write(LENGTHS, iter(flat))
    with pytest.raises(ValueError, match="task 'skin' has only the value 2 among the"):
        prepare(world / "signal", world / "regions.bed", world / "g.fa", **HALVES, **ROWS)
