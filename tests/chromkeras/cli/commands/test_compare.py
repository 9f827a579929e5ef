import csv
import json
import re
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from chromkeras.cli.app import run
from chromkeras.cost.growth import measure_growth
from chromkeras.data.hdf5 import save_dataset
from chromkeras.data.held_out import held_out
from chromkeras.evaluation.predict import predict_logits
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

QUICK = ("--bootstrap", "20", "--parts", "predictions,costs")
COSTS = ("--parts", "costs")


@pytest.fixture
def make(tiny_recipe, tiny_dataset, tmp_path):
    """A data set's file, and a function that makes untrained models for some of its tasks."""
    dataset = tiny_dataset(rows=200)
    kind = np.where(np.arange(200) % 3 == 0, "background", "element")
    labels = np.where((kind == "background")[:, None], 0, dataset.labels).astype(np.int8)
    dataset = replace(dataset, kind=kind, labels=labels)
    save_dataset(dataset, tmp_path / "data.h5")

    def build(name, plan="hard", *settings, tasks=dataset.tasks, length=300, seed=0):
        recipe = tiny_recipe(plan, *settings, f"training.seed={seed}")
        path = tmp_path / name
        keras.utils.set_random_seed(seed)
        model = build_model(resolve_plan(recipe, tasks, {"dna": (length, 4)}, problem="binary"))
        save_model(
            path,
            resolve_plan(recipe, tasks, {"dna": (length, 4)}, problem="binary"),
            model.get_weights(),
            fingerprint=dataset.fingerprint,
            scores={},
        )
        return path

    return build, dataset, tmp_path / "data.h5"


def call(*arguments):
    return run(["compare", *map(str, arguments)])


def table(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_tables_summary_pictures_and_page(make, tmp_path, capsys):
    build, dataset, data = make
    wide = ("architecture.filters=[8, 6, 4]",)
    paths = [
        build("single.keras", "single"),
        build("hard.keras"),
        build("b.keras", "basset", *wide),
    ]
    (tmp_path / "hard.history.csv").write_text("epoch,seconds,val_auroc\n1,5,0.6\n2,7,0.7\n")
    out = tmp_path / "out"
    assert call(*paths, "--data", data, "--out", out, *QUICK) == 0
    assert sorted(p.name for p in out.iterdir()) == sorted(
        ["models.tsv", "recipes.tsv", "tasks.tsv", "differences.tsv", "costs.tsv", "summary.json",
         "report.html", "differences.png", "reliability.png", "agreement.png"]
    )  # fmt: skip
    assert "baseline" in capsys.readouterr().out
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["split"] == "test"
    assert summary["baseline"] == "single"
    rows = dataset.rows("test")
    labels = dataset.values(rows)
    for path in paths:
        logits = predict_logits(open_model(path).network, dataset, rows)
        own = [row for row in table(out / "tasks.tsv") if row["model"] == path.stem]
        whole = [row for row in own if row["stratum"] == "all"]
        assert [row["task"] for row in whole] == list(dataset.tasks)
        for row in whole:
            t = dataset.tasks.index(row["task"])
            known = labels[:, t] >= 0
            pair = labels[known, t], logits[known, t]
            assert float(row["auroc"]) == pytest.approx(roc_auc_score(*pair), abs=1e-5)
            assert float(row["auprc"]) == pytest.approx(average_precision_score(*pair), abs=1e-5)
    costs = {row["model"]: row for row in table(out / "costs.tsv")}
    assert costs["hard"]["seconds_to_best"] == "12"
    assert costs["single"]["seconds_to_best"] == ""
    differences = table(out / "differences.tsv")
    assert len(differences) == 3 * 3 * len(dataset.tasks)
    assert {row["other"] for row in differences} == {"single", "hard"}
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "No history file beside single, b" in page
    assert not re.search(r'(src|href)="http', page)


def test_a_model_compared_with_itself_shows_no_difference(make, tmp_path):
    build, _, data = make
    path, out = build("m.keras"), tmp_path / "out"
    assert call(path, path, "--data", data, "--out", out, *QUICK) == 0
    rows = table(out / "differences.tsv")
    assert rows
    for row in rows:
        assert (row["model"], row["other"]) == ("m (2)", "m (1)")
        assert {row[key] for key in ("auroc_difference", "low", "high")} == {"0"}
        assert (row["q"], row["loss_difference"]) == ("1", "0")
    whole = [row for row in table(out / "differences.tsv") if row["stratum"] == "all"]
    assert {(row["logit_correlation"], row["equal_calls"]) for row in whole} == {("1", "1")}


def test_common_tasks_are_found_by_name(make, tmp_path, capsys):
    build, _, data = make
    first = build("first.keras", tasks=("task2", "task0"))
    second = build("second.keras", "single", tasks=("task0", "task1", "task2"))
    out = tmp_path / "out"
    assert call(first, second, "--data", data, "--out", out, *COSTS) == 0
    said = capsys.readouterr().out
    assert "second: 1 of its 3 tasks are left out" in said
    assert f"look first at {out}/report.html: which model predicts what better" in said
    assert call(first, second, "--data", data, "--out", out, *COSTS, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    summary = json.loads((out / "summary.json").read_text())
    assert (told.pop("out"), told.pop("report")) == (str(out), f"{out}/report.html")
    assert told.pop("written") == sorted(file.name for file in out.iterdir())
    assert told == summary
    assert summary["tasks"] == ["task2", "task0"]


def test_seeds_share_a_line_and_stay_listed(make, tmp_path):
    build, _, data = make
    paths = [build("s.0.keras", "single"), build("h.0.keras"), build("h.1.keras", seed=1)]
    out = tmp_path / "out"
    options = ("--baseline", "h.1", *QUICK)
    assert call(*paths, "--data", data, "--out", out, *options) == 0
    recipes = {r["recipe"]: r for r in table(out / "recipes.tsv") if r["stratum"] == "all"}
    models = {r["model"]: float(r["auroc"]) for r in table(out / "models.tsv")
              if r["stratum"] == "all"}  # fmt: skip
    both = [models["h.0"], models["h.1"]]
    assert float(recipes["h"]["auroc"]) == pytest.approx(np.mean(both), abs=1e-5)
    assert float(recipes["h"]["auroc_sd"]) == pytest.approx(np.std(both, ddof=1), abs=1e-5)
    assert recipes["s.0"]["auroc_sd"] == ""
    against = json.loads((out / "summary.json").read_text())["against the baseline"]
    assert set(against["models"]) == {"s.0", "h.0"}
    assert set(against["recipes"]) == {"s.0"}
    assert "±" in (out / "report.html").read_text(encoding="utf-8")


def test_bad_input_ends_with_one_line_and_writes_nothing(make, tmp_path, capsys):
    build, dataset, data = make
    hard, single = build("hard.keras"), build("single.keras", "single")
    other = build("other.keras", tasks=("x", "y"))
    longer = build("longer.keras", length=320)
    strange = tmp_path / "strange.h5"
    save_dataset(replace(dataset, tasks=("p", "q", "r")), strange)
    (tmp_path / "text.keras").write_text("no model")
    for models, options, message in (
        ((hard,), (), "expected at least 2 models, received 1"),
        ((hard, tmp_path / "none.keras"), (), "none.keras does not exist"),
        ((hard, tmp_path / "text.keras"), (), "is not a .keras file"),
        ((hard, other), (), "no task in common: hard has task0, task1, task2; other has x, y"),
        ((hard, longer), (), "longer reads sequences of 320 bases, but the data set's have 300"),
        ((hard, single), ("--baseline", "hrd"), "did you mean hard?"),
        ((hard, single), ("--split", "tets"), "did you mean test?"),
        ((hard, single), ("--parts", "predictons"), "did you mean predictions or gradients?"),
        ((hard, single), ("--motifs", tmp_path / "none.meme"), "no file"),
        ((hard, single), ("--modisco", 5, "--modisco-tasks", "task0, taks1"), "did you mean task"),
        ((hard, single), ("--modisco", 5, *COSTS), "the part patterns among --parts"),
        ((hard, single), ("--parts", "patterns"), "expected --modisco above 0 as well"),
        ((hard, single), ("--modisco", -1), "Invalid value for '--modisco'"),
        ((hard, single), ("--modisco-tasks", "task0"), "expected --modisco above 0 as well"),
        ((hard, single), ("--out", data), "is a file; expected a folder"),
        ((hard, single), ("--data", strange), "the data set has no task that all models have"),
    ):
        out = tmp_path / "out"
        given = ("--data", data, "--out", out, *options)
        assert call(*models, *given) == 2, message
        error = capsys.readouterr().err.strip().splitlines()
        assert message in error[-1]
        assert not out.exists()


def test_other_data_is_said(make, tiny_dataset, tmp_path, capsys):
    build, _, _ = make
    other = tmp_path / "other.h5"
    save_dataset(tiny_dataset(seed=1), other)
    paths = [build("hard.keras"), build("single.keras", "single")]
    assert call(*paths, "--data", other, "--out", tmp_path / "out", *COSTS) == 0
    assert "note: hard was trained on other data" in capsys.readouterr().out


def test_held_out_rows_around_the_models_say_what_the_whole_data_set_does(
    make, tmp_path, capsys, monkeypatch
):
    build, dataset, data = make
    two = dataset.select_tasks(["task2", "task0"])
    for folder in ("models/a", "models/b"):
        (tmp_path / folder).mkdir(parents=True)
    paths = [build("models/a/hard.keras"), build("models/b/single.keras", "single")]
    save_dataset(held_out(dataset, [two.tasks]), tmp_path / "models" / "held.h5")
    monkeypatch.chdir(tmp_path)
    found, expected = tmp_path / "found", tmp_path / "expected"
    quick = ("--bootstrap", "20", "--parts", "predictions")
    assert call(*paths, "--out", found, *quick) == 0
    said = capsys.readouterr()
    assert "no --data given: using models/held.h5" in said.err
    assert "trained on other data" not in said.out
    assert call(*paths, "--data", data, "--out", expected, *quick) == 0
    for name in ("tasks.tsv", "models.tsv", "differences.tsv"):
        assert (found / name).read_bytes() == (expected / name).read_bytes()
    page, other = ((at / "report.html").read_text(encoding="utf-8") for at in (found, expected))
    cells = [re.findall("<td.*?</td>", calibration(text)) for text in (page, other)]
    assert len(cells[0]) == 2 * 5, "with those that need the shares of the training rows"
    assert cells[0] == cells[1]
    assert f"the rows that were held out of {dataset.fingerprint}" in page
    assert call(*paths, "--split", "train", "--out", tmp_path / "none") == 2
    assert "the train split has no rows" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "none").exists()


def test_growth_is_measured_when_asked(make, tmp_path, monkeypatch):
    build, _, data = make
    monkeypatch.setattr(
        "chromkeras.cost.growth.step_seconds",
        lambda recipes, *a, **k: dict.fromkeys(recipes, 0.25),
    )
    quick = partial(measure_growth, measured=(1, 2), estimated=(5,))
    monkeypatch.setattr("chromkeras.comparison.costs.part.measure_growth", quick)
    paths = [build("hard.keras"), build("single.keras", "single")]
    out = tmp_path / "out"
    options = ("--data", data, "--out", out, "--growth", "--parts", "costs")
    assert call(*paths, *options) == 0
    found = table(out / "growth.tsv")
    hard = [(r["tasks"], r["step"]) for r in found if r["recipe"] == "hard"]
    assert hard == [("1", "measured"), ("2", "measured"), ("5", "estimated")]
    assert [r["seconds_per_step"] for r in found][:2] == ["0.25", "0.25"]
    assert (out / "growth.png").exists()
    assert not (out / "models.tsv").exists()


def test_all_parts_stand_on_the_page(make, tmp_path):
    build, _, data = make
    paths = [build("soft.keras", "soft"), build("hard.keras"), build("hard2.keras", seed=1)]
    motifs = tmp_path / "known.meme"
    motifs.write_text(known_motifs())
    out = tmp_path / "out"
    options = ("--bootstrap", "10", "--sequences", "24", "--attributed", "2", "--motifs", motifs)
    assert call(*paths, "--data", data, "--out", out, *options) == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    titles = re.findall("<h2>(.*)</h2>", page)
    assert titles == [
        "Summary", "Prediction", "Gains and losses", "Calibration", "Agreement", "Cost",
        "Hidden layers", "Learned filters", "Known motifs", "Distance between tasks",
        "Attributions", "Where gradients die", "How it was made",
    ]  # fmt: skip
    layers = table(out / "layers.tsv")
    assert {row["kind"] for row in layers} == {"models", "two seeds", "untrained"}
    assert {row["model"] for row in table(out / "task_distance.tsv")} == {"soft"}
    shares = table(out / "filters.tsv")
    assert (shares[0]["first"], shares[0]["second"]) == ("soft", "hard")
    assert shares[0]["second_sharing"] == "hard, 1-9 shared"
    assert shares[0]["first_sharing"] == "soft, 1-9 at λ 0.001"
    pairs = {(r["first"], r["second"]) for r in table(out / "attributions.tsv")}
    assert len(pairs) == 3 + 3
    for name in ("layers", "layer_pairs", "task_distance", "attributions"):
        assert (out / f"{name}.png").exists()


def calibration(page):
    """The page's text between two titles."""
    return page.split("<h2>Calibration</h2>")[1].split("<h2>")[0]


def known_motifs(count=30):
    """MEME text of random motifs."""
    rng = np.random.default_rng(0)
    lines = ["MEME version 4", "", "ALPHABET= ACGT", ""]
    for i in range(count):
        lines.append(f"MOTIF K{i}")
        lines.append("letter-probability matrix: alength= 4 w= 8 nsites= 20")
        lines += [" ".join(f"{p:.6f}" for p in row) for row in rng.dirichlet([0.3] * 4, 8)]
        lines.append("")
    return "\n".join(lines)
