"""A baseline beside a network in a comparison: parts that mean nothing for it leave it out."""

from dataclasses import replace

import keras
import pytest

from chromkeras.baselines.options import baseline_options
from chromkeras.baselines.train import train_baseline
from chromkeras.comparison.core.compare import compare
from chromkeras.comparison.core.comparison import CompareOptions
from chromkeras.comparison.predictions.against import check_against, evaluate_against
from chromkeras.errors import InputError
from chromkeras.model_file.save_model import save_model
from chromkeras.model_report.interpret import InterpretOptions, interpret
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.init_model import check_init

PARTS = ("attributions", "costs", "distances", "filters", "gradients", "layers", "predictions")


@pytest.fixture
def data(tiny_dataset):
    return tiny_dataset(rows=120)


@pytest.fixture
def network(data, tiny_recipe, tmp_path):
    plan = resolve_plan(tiny_recipe("hard"), data.tasks, {"dna": (300, 4)}, problem="binary")
    path = tmp_path / "hard.keras"
    weights = build_model(plan).get_weights()
    save_model(path, plan, weights, fingerprint=data.fingerprint, scores={})
    return path


@pytest.fixture
def baseline(data, tmp_path):
    path = tmp_path / "kmer.keras"
    train_baseline(data, baseline_options("kmer", ["baseline.k=2"]), path)
    return path


def test_every_part_takes_a_baseline_or_leaves_it_out(data, network, baseline, tmp_path):
    options = CompareOptions(parts=PARTS, bootstrap=10, sequences=8, attributed=2, growth=False)
    found = compare([network, baseline], data, tmp_path / "out", options)
    assert set(found["models"]) == {"hard", "kmer"}
    assert found["costs"]["kmer"]["parameters"] > 0
    assert found["costs"]["kmer"]["memory_bytes_estimated"] is None
    page = (tmp_path / "out" / "report.html").read_text()
    assert "as a baseline has learned no hidden layers: kmer" in page
    assert "a baseline, C" in page
    assert "Trained by no epochs" in page


def test_the_difference_is_that_of_the_scores(data, network, baseline):
    found = evaluate_against(baseline, network, data, split="valid", replicates=50)
    area = found.differences["auroc"]
    assert area.difference == pytest.approx(area.scores[0] - area.scores[1])
    assert (area.interval[0] <= area.interval[1]).all()
    assert ((area.p >= 0) & (area.p <= 1)).all()
    back = evaluate_against(network, baseline, data, split="valid", replicates=50)
    for key, each in found.differences.items():
        assert back.differences[key].difference == pytest.approx(-each.difference)
        assert back.differences[key].mean_interval == pytest.approx(-each.mean_interval[::-1])


def test_models_without_a_common_task_are_refused(data, network, tmp_path):
    other = replace(data, tasks=("x", "y", "z"))
    train_baseline(other, baseline_options("kmer", ["baseline.k=2"]), tmp_path / "other.keras")
    with pytest.raises(InputError, match="a task in common"):
        check_against(network, tmp_path / "other.keras", data)
    with pytest.raises(InputError, match="a task in common"):
        evaluate_against(network, tmp_path / "other.keras", data)


def test_a_baseline_is_no_model_to_start_from(baseline, tiny_recipe):
    recipe = tiny_recipe("hard", f"transfer.init={baseline}")
    with pytest.raises(InputError, match="expected a network, received the baseline kmer"):
        check_init(recipe)


def test_what_looks_words_up_is_explained_by_mutagenesis_alone(data, tmp_path):
    path = tmp_path / "gkmsvm.keras"
    small = ["baseline.length=4", "baseline.informative=3", "baseline.window=30"]
    train_baseline(data, baseline_options("gkmsvm", small), path)
    with pytest.raises(
        InputError, match="expected `methods` in_silico_mutagenesis and `modisco` 0"
    ):
        interpret(path, data, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    options = InterpretOptions(
        methods=("in_silico_mutagenesis",), modisco=0, sequences=2, scan=20, tasks=("task0",)
    )
    found = interpret(path, data, tmp_path / "out", options)
    assert found["attributed sequences"] == 2
    assert "filters" not in found


def test_a_model_of_anybody_is_compared_in_what_it_predicts_and_costs(data, network, tmp_path):
    keras.utils.set_random_seed(0)
    x = keras.Input((None, 4), name="one_hot")  # of any length
    h = keras.layers.GlobalMaxPooling1D()(keras.layers.Conv1D(4, 9, activation="relu")(x))
    path = tmp_path / "any.keras"
    model = keras.Model(x, keras.layers.Dense(3, activation="sigmoid")(h))
    model.save(path)
    options = CompareOptions(parts=("predictions", "costs", "layers"), bootstrap=10)
    with pytest.raises(InputError, match=r"expected `tasks`.*any\.toml"):
        compare([network, path], data, tmp_path / "out", options)
    named = replace(options, tasks=data.tasks)
    found = compare([network, path], data, tmp_path / "out", named)
    assert found["costs"]["any"]["parameters"] == model.count_params()
    assert found["notes"] == ["any does not say on which data it was trained; perhaps on these."]
    assert len(found["models"]["any"]) > 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "as a model without a run card does not say what its layers are" in page
    assert "a Keras model without a run card" in page
    with pytest.raises(InputError, match="`tasks`: expected none, as all models have a run card"):
        compare([network, network], data, tmp_path / "none", named)
