import csv
import json
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import chromkeras
from chromkeras.benchmarking.benchmark import benchmark
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.progress import reporting
from chromkeras.tables import plain

QUICK = {"bootstrap": 20, "repeats": 1}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_a_model_and_a_seed_add_to_what_is_there(tiny_dataset, tiny_settings_of, tmp_path):
    dataset, out = tiny_dataset(), tmp_path / "out"
    settings = tiny_settings_of("basset", "dilated")
    first = benchmark(
        dataset, out, ["basset"], settings=tiny_settings_of("basset"), seeds=1, split="valid",
        **QUICK,
    )  # fmt: skip
    assert first.differences == ()
    before = {path: path.read_bytes() for path in first.models}

    both = benchmark(
        dataset, out, ["basset", "dilated"], settings=settings, seeds=2, split="valid", **QUICK
    )
    assert {path: path.read_bytes() for path in first.models} == before
    assert [path.name for path in both.models] == [
        f"{model}.small.hard.{seed}.keras" for seed in (0, 1) for model in ("basset", "dilated")
    ]
    difference = both.differences[0]
    names = difference.first.name, difference.second.name
    assert names == ("dilated (small), hard", "basset (small), hard")
    assert difference.low <= difference.high
    basset, dilated = both.table
    gap = dilated["auroc_all"] - basset["auroc_all"]
    assert difference.difference == pytest.approx(gap, abs=1e-6)
    aurocs = []
    for seed in (0, 1):
        path = out / f"basset.small.hard.{seed}.keras"
        report = chromkeras.evaluate(path, dataset, split="valid", out=tmp_path / "metrics.json")
        aurocs.append(report.evaluation.strata["all"].mean["auroc"])
    assert basset["auroc_all"] == pytest.approx(np.mean(aurocs), abs=1e-6)
    assert basset["auroc_all_sd"] == pytest.approx(np.std(aurocs, ddof=1), abs=1e-6)
    assert basset["file_bytes"] == (out / "basset.small.hard.0.keras").stat().st_size
    assert basset["parameters"] == chromkeras.open_model(both.models[0]).network.count_params()
    assert dilated["type"] == "dilated convolutional neural network"
    assert (dilated["inputs"], dilated["input_length"]) == ("DNA", 300)
    assert min(dilated["keras_call_ms"], dilated["predict_ms"]) > 0

    written = table(out / "table.tsv")
    assert [row["model"] for row in written] == ["basset", "dilated"]
    assert float(written[0]["auroc_all"]) == pytest.approx(basset["auroc_all"], rel=1e-4)
    runs = [row for row in table(out / "runs.tsv") if row["stratum"] == "all"]
    assert {row["task"] for row in runs} == {*dataset.tasks, "mean"}
    assert len(runs) == 4 * (len(dataset.tasks) + 1)
    markdown = (out / "table.md").read_text()
    assert f"| {basset['auroc_all']:.3f} ± {basset['auroc_all_sd']:.3f} |" in markdown
    assert "24 rows of the valid split" in markdown
    facts = json.loads((out / "benchmark.json").read_text())
    assert (facts["seeds"], facts["table"]) == (2, plain(both.table))
    assert {"out", "models", "files", "table", "differences"} <= set(plain(both))
    assert (out / "scores.png").stat().st_size > 10_000
    assert not list(out.glob(".*"))

    changed, other = [*settings, "training.epochs=3"], tiny_dataset(seed=1)
    with pytest.raises(InputError, match=r"trained with training.epochs 2, not 3; give the same"):
        benchmark(dataset, out, ["basset", "dilated"], settings=changed, seeds=1, split="valid")
    with pytest.raises(InputError, match="was trained on other data; give the same data"):
        benchmark(other, out, ["basset"], settings=settings[:3], seeds=1, split="valid")


class StopError(Exception):
    pass


@contextmanager
def stopping(label: str):
    """Report as a person would who stops the work in its second epoch."""

    def report(done: int, total: int, note: str = "") -> None:
        if label == "benchmark" and done > 0.7 * total:
            raise StopError

    yield report


def test_a_stopped_benchmark_goes_on_to_the_same_numbers(tiny_dataset, tiny_settings_of, tmp_path):
    dataset, settings = tiny_dataset(), tiny_settings_of("basset")
    options = {"settings": settings, "seeds": 1, "split": "valid", **QUICK}
    with reporting(stopping), pytest.raises(StopError):
        benchmark(dataset, tmp_path / "a", ["basset"], **options)
    assert [path.name for path in (tmp_path / "a").glob("*.npz")] == [
        "basset.small.hard.0.resume.npz"
    ]
    (stopped,) = benchmark(dataset, tmp_path / "a", ["basset"], **options).table
    (whole,) = benchmark(dataset, tmp_path / "b", ["basset"], **options).table
    figures = [key for key in whole if "auroc" in key or "auprc" in key]
    assert len(figures) >= 4
    for key in figures:
        np.testing.assert_equal(stopped[key], whole[key])
    assert not list((tmp_path / "a").glob("*.resume.npz"))


def test_real_values_and_further_inputs(tiny_dataset, tiny_settings_of, tmp_path):
    made = tiny_dataset(architecture="wakawaka")
    values = made.labels + np.random.default_rng(0).normal(size=made.labels.shape)
    dataset = Dataset(
        made.inputs, values.astype(np.float32), made.tasks, made.split, made.known,
        problem="regression",
    )  # fmt: skip
    settings = [*tiny_settings_of("wakawaka"), "training.epochs=1"]
    found = benchmark(dataset, tmp_path, ["wakawaka"], settings=settings, seeds=1, **QUICK)
    (row,) = found.table
    assert row["inputs"] == "histone + DNA"
    assert {"pearson_all", "spearman_all", "validation_pearson"} <= set(row)
    assert "Pearson r, all rows" in (tmp_path / "table.md").read_text()
    assert found.differences == ()


BAD = {
    "seeds": ({"seeds": 0}, "`seeds`: expected at least 1, received 0"),
    "split": ({"split": "train"}, "unknown `split` 'train'; expected one of test, valid"),
    "model": ({"models": ["baset"]}, "unknown model 'baset'"),
    "input": ({"models": ["deepreg"]}, "deepreg reads dna, regulators, and the data set has no"),
    "plan": ({"plans": ["hrad"]}, "unknown plan 'hrad'"),
    "recurrent": (
        {"settings": ["architecture.filters=[1]"]},
        "expected as many architecture.filters as widths",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_trains_nothing(name, tiny_dataset, tmp_path):
    given, message = BAD[name]
    with pytest.raises(InputError, match=message):
        benchmark(tiny_dataset(), tmp_path / "out", **{"models": ["basset"], **given})
    assert not (tmp_path / "out").exists()


def test_a_baseline_beside_a_network(tiny_dataset, tiny_settings_of, tmp_path):
    dataset = tiny_dataset()
    settings = [*tiny_settings_of("basset"), "kmer:baseline.k=3", "training.epochs=1"]
    found = benchmark(
        dataset, tmp_path, ["kmer", "basset"], settings=settings, seeds=2, split="valid", **QUICK
    )
    assert [path.name for path in found.models] == [
        "kmer.0.keras", "basset.small.hard.0.keras", "basset.small.hard.1.keras"
    ]  # fmt: skip
    kmer = found.table[0]
    assert (kmer["plan"], kmer["seeds"]) == ("", 1)
    assert np.isnan(kmer["auroc_all_sd"])
    assert kmer["type"].startswith("logistic regression on k-mer counts")
    assert [(one.first.model, one.second.model) for one in found.differences] == [
        ("basset", "kmer")
    ] * len(found.differences)
    with pytest.raises(InputError, match=r"trained with baseline\.k 3, not 2"):
        benchmark(dataset, tmp_path, ["kmer"], settings=["kmer:baseline.k=2"], split="valid")
