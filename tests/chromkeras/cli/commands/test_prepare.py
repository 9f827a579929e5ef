import json
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pybigtools
import pytest

from chromkeras.cli.app import run
from chromkeras.data.hdf5 import load_dataset


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with g.fa, peaks/, signal/ and arrays.h5, made the working folder."""
    rng = np.random.default_rng(0)
    letters = {name: "".join(rng.choice(list("ACGT"), 60_000)) for name in ("chrI", "chrX")}
    (tmp_path / "g.fa").write_text("".join(f">{n}\n{s}\n" for n, s in letters.items()))
    (tmp_path / "peaks").mkdir()
    for name, step in (("gut", 2000), ("skin", 3000), ("all", 1000)):
        lines = [f"{c}\t{s}\t{s + 150}" for c in letters for s in range(1000, 59_000, step)]
        (tmp_path / "peaks" / f"{name}.bed").write_text("\n".join(lines))
    (tmp_path / "signal").mkdir()
    for name in ("gut", "skin"):
        depth = [
            (c, s, s + 50, float(rng.poisson(3))) for c in letters for s in range(0, 60_000, 50)
        ]
        sizes = dict.fromkeys(letters, 60_000)
        pybigtools.open(str(tmp_path / "signal" / f"{name}.bw"), "w").write(sizes, iter(depth))
    with h5py.File(tmp_path / "arrays.h5", "w") as file:
        file["x"] = rng.integers(0, 4, (50, 20), dtype=np.uint8)
        file["y"] = rng.integers(0, 2, (50, 3), dtype=np.int8)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(line: str) -> int:
    return run(["prepare", *line.split()])


SPLIT = "--valid chrX:0-20,000 --test chrX:20000-60000"


def test_peaks_to_a_data_set(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = f"peaks peaks --exclude all --genome g.fa --out w.h5 --background 0.3 {SPLIT}"
    assert call(line) == 0
    dataset = load_dataset("w.h5")
    assert dataset.tasks == ("gut", "skin")
    assert dataset.dna.length == 600
    assert (~dataset.elements).sum() == round(0.3 * dataset.elements.sum())
    printed = capsys.readouterr().out
    assert f"{len(dataset)} rows of 600 bp, 2 tasks, fingerprint {dataset.fingerprint}" in printed
    assert "wrote w.h5" in printed
    assert printed.count("\n  gut ") == 1
    assert call(f"{line} --json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["out"], told["rows"], told["tasks"]) == ("w.h5", len(dataset), ["gut", "skin"])
    assert set(told["splits"]) == {"train", "valid", "test"}
    assert told["dropped"]


@pytest.mark.parametrize("peaks", [
    "peaks peaks/gut.bed peaks/skin.bed", "peaks peaks --exclude all",
    "peaks peaks --exclude all,skin more/skin.bed",
])  # fmt: skip
def test_ways_to_name_peak_files(world: Path, peaks: str) -> None:
    (world / "more").mkdir()
    if "more" in peaks:
        (world / "peaks" / "skin.bed").rename(world / "more" / "skin.bed")
        peaks = peaks.replace("all,skin", "all")
    assert call(f"{peaks} --genome g.fa --out w.h5") == 0
    assert load_dataset("w.h5").tasks == ("gut", "skin")


@pytest.mark.parametrize("way", ["chance", "homology --similarity 0.2"])
def test_how_rows_are_drawn(world: Path, capsys: pytest.CaptureFixture[str], way: str) -> None:
    (world / "list.bed").write_text("chrI\t0\t9000\nchrM\t0\t9\n")
    line = f"peaks peaks --exclude all --genome g.fa --out w.h5 --split-by {way}"
    assert call(f"{line} --blacklist list.bed --background 1") == 0
    printed = capsys.readouterr().out
    assert "1 chromosome that no row lies on: chrM" in printed
    assert "touching the blacklist" in printed
    assert run(["info", "w.h5"]) == 0
    assert f"drawn by {way.split()[0]}, seed 0" in capsys.readouterr().out


def test_signal_to_a_data_set(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = f"bigwig signal --peaks peaks --genome g.fa --out s.h5 --statistic log_sum {SPLIT}"
    assert call(f"{line} --background 1 --width 300 --uncovered unknown") == 0
    dataset = load_dataset("s.h5")
    assert (dataset.problem, dataset.tasks) == ("regression", ("gut", "skin"))
    assert dataset.known.all()
    assert 6 < dataset.labels.mean() < 8
    printed = capsys.readouterr().out
    assert "log(1 + sum) of the signal over the 300 bases in the middle of a row" in printed
    assert "known labels of" in printed


def test_anndata_to_a_data_set(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"chrI:{s}-{s + 100}" for s in range(0, 9000, 300)]
    x = np.random.default_rng(0).gamma(1.0, size=(2, len(names)))
    cells = pd.DataFrame(index=["gut", "skin"])
    anndata.AnnData(x, obs=cells, var=pd.DataFrame(index=names)).write_h5ad("a.h5ad")
    assert call("h5ad a.h5ad --genome g.fa --out a.h5 --length 200") == 0
    dataset = load_dataset("a.h5")
    assert (dataset.tasks, dataset.problem, len(dataset)) == (("gut", "skin"), "regression", 30)
    assert "split: made here" in capsys.readouterr().out


def test_arrays_to_a_data_set(world: Path) -> None:
    assert call("arrays arrays.h5 --out a.h5 --valid-fraction 0.2 --seed 3") == 0
    dataset = load_dataset("a.h5")
    assert [len(dataset.rows(s)) for s in ("train", "valid", "test")] == [35, 10, 5]


def test_arrays_of_classes_with_a_further_input(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with h5py.File("arrays.h5", "a") as file:
        file["inputs/signal"] = np.ones((50, 20), np.float32)
        file["y"][:] = (np.arange(50)[:, None] + np.arange(3)) % 3
    line = "--problem classes --classes low,mid,high --along-dna signal"
    assert call(f"arrays arrays.h5 --out a.h5 {line}") == 0
    dataset = load_dataset("a.h5")
    assert (dataset.problem, dataset.classes) == ("classes", ("low", "mid", "high"))
    assert dataset.inputs["signal"].along_dna
    printed = capsys.readouterr().out
    assert "problem: classes, as asked for" in printed
    assert "input signal: 50 rows of shape (20,), along the DNA" in printed


def test_basset_to_a_data_set(world: Path) -> None:
    with h5py.File("b.h5", "w") as file:
        file["target_labels"] = [b"gut"]
        for part in ("train", "valid", "test"):
            file[f"{part}_in"] = np.eye(4, dtype=np.uint8)[
                np.arange(40).reshape(4, 10) % 4
            ].reshape(4, 4, 1, 10)
            file[f"{part}_out"] = np.array([[1], [0], [1], [0]])
    assert call("basset b.h5 --out d.h5") == 2
    assert call("basset b.h5 --out d.h5 --repair") == 0
    assert len(load_dataset("d.h5")) == 12


PEAKS = "peaks peaks --genome g.fa"
SIGNAL = "bigwig signal --peaks peaks --genome g.fa"
BAD_LINES = {
    "--peaks peaks": "No such option: --peaks",
    "bigbed b.bb": "unknown import format 'bigbed'",
    "peaks peaks": "Missing option '--genome'",
    "arrays arrays.h5 --genome g.fa": "No such option: --genome",
    "arrays arrays.h5 b.h5": "unexpected extra argument",
    "basset b.h5 --valid chrX": "No such option: --valid",
    "arrays arrays.h5 --length 600": "expected sequences of 600 bases, received 20",
    "arrays arrays.h5 --valid chrX": "a split by region needs chrom and start",
    "arrays gone.h5": "array file gone.h5 does not exist",
    "basset arrays.h5": "arrays.h5 is no Basset file: it lacks target_labels",
    "peaks gone --genome g.fa": "peaks gone does not exist",
    "peaks peaks --genome gone.fa": "genome gone.fa does not exist",
    "peaks g.fa --genome g.fa": "g.fa:1: expected at least 3 columns",
    f"{PEAKS} --valid chrX --valid-fraction 0.2": "expected --valid or --valid-fraction",
    f"{PEAKS} --valid X": "region X is not in the genome; did you mean chrX?",
    f"{PEAKS} --valid chrX:9": "expected a region such as chrX or chrX:0-3000000",
    f"{PEAKS} --valid chrX:0-90000": "past the end of chrX, which has 60000 bases",
    f"{PEAKS} --valid chrX --test chrX:5-9": "overlap",
    f"{PEAKS} --exclude al --length 200": "unknown excluded cell type 'al'; did you mean all?",
    f"{PEAKS} --background 0": "expected a positive background ratio, received 0.0",
    f"{PEAKS} --weights task": "unknown weights 'task'; did you mean tasks?",
    f"{PEAKS} --center mid": "unknown center 'mid'",
    f"{PEAKS} --merge-distance 600": "expected a merge distance from 0 to 599, received 600",
    f"{PEAKS} --length 0": "expected a positive length, received 0",
    f"{PEAKS} --exclude all --test chrI,chrX": "no row is left for train",
    f"{PEAKS}": "every region is a peak of 'all', so it has no negatives",
    f"{PEAKS} --split-by homolog": "unknown --split-by 'homolog'; did you mean homology",
    f"{PEAKS} --similarity 0.2": "--similarity is for --split-by homology",
    f"{PEAKS} --split-by homology --similarity 0": "expected --similarity above 0 and at most 1",
    f"{PEAKS} --exclude all --split-by chromosomes": "need rows on at least 3 chromosomes",
    f"{PEAKS} --exclude all --blacklist gone.bed": "blacklist gone.bed does not exist",
    "arrays arrays.h5 --split-by chromosomes": "--split-by chromosomes needs chrom and start",
    "h5ad arrays.h5": "Missing option '--genome'",
    "h5ad gone.h5ad --genome g.fa": "AnnData gone.h5ad does not exist",
    "h5ad arrays.h5 --genome g.fa": "arrays.h5 is no AnnData file, or damaged",
    "bigwig signal --genome g.fa": "Missing option '--peaks'",
    "bigwig gone --peaks peaks --genome g.fa": "bigWig gone does not exist",
    "bigwig peaks --peaks peaks --genome g.fa": "folder peaks holds no .bw or .bigWig file",
    "bigwig g.fa --peaks peaks --genome g.fa": "g.fa is no bigWig file, or damaged",
    f"{SIGNAL} --statistic median": "unknown statistic 'median'",
    f"{SIGNAL} --uncovered none": "unknown --uncovered 'none'",
    f"{SIGNAL} --width 601": "expected --width from 1 to 600, the length of a row, received 601",
    f"{SIGNAL} --test chrX --valid-fraction 2": "expected a valid fraction between 0 and 1",
    f"{PEAKS} --lenght 600": "No such option: --lenght",
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_bad_input_gets_one_line(
    world: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    before = sorted(world.rglob("*"))
    assert run(["prepare", *line.split(), "--out", "out.h5"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert BAD_LINES[line] in printed.err
    assert sorted(world.rglob("*")) == before


def test_an_old_file_stays_when_the_new_one_fails(world: Path) -> None:
    Path("out.h5").write_text("old")
    assert call(f"{PEAKS} --out out.h5") == 2
    assert Path("out.h5").read_text() == "old"


def test_out_must_be_a_file_name(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("arrays arrays.h5 --out peaks") == 2
    assert "--out peaks is a folder" in capsys.readouterr().err
    assert call("arrays arrays.h5") == 2
    assert "'--out'" in capsys.readouterr().err


def test_worm(world: Path, real_data: Callable[[str], Path]) -> None:
    fasta, peaks = real_data("worm/genome.fa.gz"), real_data("worm/peaks")
    line = f"peaks {peaks} --genome {fasta} --exclude all_elements --out w.h5"
    split = "--valid chrX:0-3000000 --test chrX:3000000-6000000"
    assert call(f"{line} {split}") == 0
    dataset = load_dataset("w.h5")
    assert (len(dataset), len(dataset.tasks)) == (8878, 16)
    assert [len(dataset.rows(s)) for s in ("train", "valid", "test")] == [6744, 906, 1228]


def test_zero_is_not_taken_for_left_out(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        "chrI\t1000\t1001",
        "chrI\t1500\t1501",
        *(f"chrX\t{s}\t{s + 9}" for s in range(0, 59_000, 999)),
    ]
    (world / "peaks" / "gut.bed").write_text("\n".join(lines))
    line = "peaks peaks --exclude all --genome g.fa --out w.h5"
    assert call(line) == 0
    apart = len(load_dataset("w.h5"))
    assert call(f"{line} --merge-distance 0") == 0
    assert len(load_dataset("w.h5")) < apart


@pytest.fixture
def expression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with expression, promoters, positions, regulators and marks, the working folder."""
    rng = np.random.default_rng(0)
    genes = [f"g{i}" for i in range(20)]
    table = ["gene,heat,cold", *(f"{gene},{i},{-i}" for i, gene in enumerate([*genes, "extra"]))]
    (tmp_path / "e.csv").write_text("\n".join(table))
    letters = ["".join(row) for row in rng.choice(list("ACGT"), (20, 12))]
    fasta = "".join(f">{gene}\n{s}\n" for gene, s in zip(genes, letters, strict=True))
    (tmp_path / "p.fa").write_text(fasta)
    positions = (f"{gene}\tchr{i % 4}\t{100 * i}\t+\n" for i, gene in enumerate(genes))
    (tmp_path / "pos.tsv").write_text("".join(positions))
    (tmp_path / "r.txt").write_text("g1\ng2\n")
    marks = [f"{gene}\t{b}\t{b}\t1" for gene in genes for b in range(3)]
    (tmp_path / "m.tsv").write_text("\n".join(["gene\tbin\tK4\tK27", *marks]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


EXPRESSION = "expression e.csv --promoters p.fa --positions pos.tsv --valid chr1 --test chr2"


def test_expression_to_a_data_set(expression: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = f"{EXPRESSION} --regulators r.txt --histone heat=m.tsv --histone cold=m.tsv --out e.h5"
    assert call(line) == 0
    dataset = load_dataset("e.h5")
    assert dataset.shapes == {"dna": (12, 4), "regulators": (2,), "histone": (3, 2)}
    assert [len(dataset.rows(split)) for split in ("train", "valid", "test")] == [20, 10, 10]
    printed = capsys.readouterr().out
    assert "20 of gene, 2 of condition, 4 of chrom" in printed
    assert "wrote e.h5 and e_left_out.tsv: 1 names that are left out" in printed
    left_out = (expression / "e_left_out.tsv").read_text()
    assert left_out == "name\tmissing_from\nextra\tthe promoters p.fa\n"
    assert run(["info", "e.h5"]) == 0
    assert "gene       20" in capsys.readouterr().out


def test_expression_of_cell_types_without_dna(
    expression: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (expression / "v.txt").write_text("g3\ng4\n")
    line = "expression e.csv --histone heat=m.tsv --valid-genes v.txt --up 9 --log-marks --json"
    assert call(f"{line} --out e.h5") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["classes"] == ["neither", "up"]
    assert told["left_out"] == "e_left_out.tsv"
    assert "length" not in told
    assert run(["info", "e.h5"]) == 0


def test_a_list_of_an_earlier_run_is_written_anew(expression: Path) -> None:
    assert call(f"{EXPRESSION} --out e.h5") == 0
    (expression / "e.csv").write_text((expression / "e.csv").read_text().rpartition("\n")[0])
    assert call(f"{EXPRESSION} --out e.h5") == 0
    assert "extra" not in (expression / "e_left_out.tsv").read_text()
    assert call(f"{EXPRESSION} --out other.h5") == 0
    assert not (expression / "other_left_out.tsv").exists()


@pytest.mark.parametrize(("line", "told"), [
    ("expression e.csv", "expected something to read"),
    ("expression none.csv --promoters p.fa", "none.csv does not exist"),
    (f"{EXPRESSION} --valid-genes r.txt", "--valid or --valid-genes"),
    ("expression e.csv --histone m.tsv", "expected CELL=FILE as --histone"),
    ("expression e.csv --promoters p.fa --tasks many", "many"),
    ("expression e.csv --histone heat=e.h5", "is also the input"),
    ("expression e.csv --promoters p.fa --regulators e_left_out.tsv", "is also the input"),
])  # fmt: skip
def test_bad_expression_leaves_nothing(
    expression: Path, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    for name in ("e.h5", "e_left_out.tsv"):
        (expression / name).write_text("before")
    before = sorted(expression.iterdir())
    assert call(f"{line} --out e.h5") == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error
    assert sorted(expression.iterdir()) == before
    assert (expression / "e.h5").read_text() == "before"
