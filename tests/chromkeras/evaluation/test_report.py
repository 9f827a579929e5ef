"""A model file of every problem, evaluated by one call."""

import json
from dataclasses import replace

import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import evaluate
from chromkeras.evaluation.predict import predict_logits
from chromkeras.evaluation.prior import find_prior
from chromkeras.evaluation.report import evaluate_model, metrics_path
from chromkeras.losses.registry import loss_names, of_loss
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.problems.registry import find_problem
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

CLASSES = ("closed", "open", "both")


@pytest.fixture
def make(tiny_recipe, tiny_dataset, tmp_path):
    """Return a function that makes an untrained model file for a loss, and data to evaluate."""

    def made(loss):
        problem = of_loss(loss, "PROBLEM")
        classes = CLASSES if problem == "classes" else ()
        dataset = replace(tiny_dataset(rows=80), problem=problem, classes=classes)
        recipe = tiny_recipe("hard", f"training.loss={loss}")
        kind = {"problem": problem, "classes": classes}
        plan = resolve_plan(recipe, dataset.tasks, dataset.shapes, **kind)
        path = tmp_path / f"{loss}.keras"
        weights = build_model(plan).get_weights()
        save_model(path, plan, weights, fingerprint=dataset.fingerprint, scores={})
        return path, dataset

    return made


@pytest.mark.parametrize("loss", loss_names())
def test_figures_are_those_of_the_model_s_predictions(loss, make):
    path, dataset = make(loss)
    found = evaluate_model(path, dataset, source="here")
    rows = dataset.rows("test")
    model = open_model(path)
    outputs = find_prior(model, dataset).applied(predict_logits(model.network, dataset, rows))
    link = of_loss(loss, "LINK")
    expected = evaluate(outputs, dataset, rows, link=link)
    assert found.metrics == metrics_path(path)
    read = json.loads(found.metrics.read_text())
    assert read["strata"] == json.loads(json.dumps(expected.to_json()["strata"]))
    assert (read["data"], read["split"], read["rows"]) == ("here", "test", len(rows))
    assert read["fingerprint"]["same"]
    assert all(picture.parent == found.metrics.parent for picture in found.pictures)
    assert all(picture.stat().st_size > 1000 for picture in found.pictures)
    if link == "exp":
        raw = evaluate(outputs, dataset, rows).strata["all"].figures
        assert (raw["mse"] != expected.strata["all"].figures["mse"]).all()


def test_a_shift_changes_probabilities_and_no_ranking(make):
    path, dataset = make("rebalanced")
    shifted, trained, given = (
        evaluate_model(path, dataset, **options).evaluation.strata["all"].figures
        for options in ({}, {"calibrated": False}, {"prior": 0.01})
    )
    for other in (trained, given):
        np.testing.assert_allclose(other["auroc"], shifted["auroc"], atol=1e-6)
        assert (other["loss"] != shifted["loss"]).all()
    read = json.loads(metrics_path(path).read_text())["prior"]
    assert read["rule"] == "given"
    assert read["share"] == dict.fromkeys(dataset.tasks, 0.01)


def test_tasks_are_found_by_name_among_others(make):
    path, dataset = make("plain")
    whole = evaluate_model(path, dataset).evaluation.strata["all"].figures
    columns = [2, 0, 1, 0]
    other = replace(
        dataset,
        labels=dataset.labels[:, columns],
        known=dataset.known[:, columns],
        tasks=("task2", "task0", "task1", "more"),
    )
    found = evaluate_model(path, other)
    assert found.dataset.tasks == dataset.tasks
    np.testing.assert_array_equal(found.evaluation.strata["all"].figures["auroc"], whole["auroc"])


def test_what_does_not_fit_is_refused_before_anything_is_written(make):
    path, dataset = make("plain")
    regression = replace(dataset, problem="regression")
    three, mixed = make("crossentropy")[0], {"problem": "classes", "classes": CLASSES[::-1]}
    for model, data, options, message in (
        (path, regression, {}, "the problem binary of the model, received regression"),
        (three, replace(dataset, **mixed), {}, "expected the classes of the model, closed, open"),
        (path, dataset, {"split": "tets"}, r"did you mean test\?"),
        (path, dataset, {"threshold": 1.5}, "strictly between 0 and 1"),
        (path, dataset.select_tasks(["task0"]), {}, "lacks task 'task1'"),
    ):
        with pytest.raises(InputError, match=message):
            evaluate_model(model, data, **options)
    with pytest.raises(InputError, match="no threshold for problem 'regression'"):
        evaluate_model(make("mse")[0], regression, threshold=0.5)
    assert not metrics_path(path).parent.exists()


def test_no_rows_have_no_predictions(make):
    for loss in ("plain", "crossentropy"):
        path, dataset = make(loss)
        outputs = predict_logits(open_model(path).network, dataset, np.arange(0))
        units = find_problem(dataset.problem).units(dataset)
        assert outputs.shape == ((0, 3) if units == 1 else (0, 3, units))
