import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from chromkeras.data.dataset import Dataset
from chromkeras.data.known import from_flagged
from chromkeras.data.packed import PackedSequences
from chromkeras.evaluation.evaluate import evaluate, match_tasks
from chromkeras.evaluation.table import evaluation_table
from chromkeras.problems.registry import find_problem
from chromkeras.registry import PROBLEMS

TASKS = ("gut", "nerve", "muscle")


@pytest.fixture
def dataset():
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 2, (400, 3)).astype(np.int8)
    kind = np.where(rng.random(400) < 0.6, "element", "background")
    labels[kind == "background"] = np.minimum(labels[kind == "background"], 0)
    labels, known = from_flagged(labels)
    return Dataset(
        inputs={"dna": PackedSequences.from_codes(np.zeros((400, 8), np.uint8))},
        labels=labels,
        known=known,
        tasks=TASKS,
        split=np.tile(["train", "valid", "test", "test"], 100),
        kind=kind,
    )


@pytest.fixture
def logits(dataset):
    noise = np.random.default_rng(1).normal(size=dataset.labels.shape)
    return (dataset.labels + noise).astype(np.float32)


def test_every_stratum_equals_scikit_learn(dataset, logits):
    rows = dataset.rows("test")
    evaluation = evaluate(logits[rows], dataset, rows)
    labels = dataset.values(rows)
    n_open, n_known = (labels == 1).sum(axis=1), (labels >= 0).sum(axis=1)
    element = dataset.kind[rows] == "element"
    masks = {
        "all": np.ones(len(rows), bool),
        "elements": element,
        "specific": element & (n_known > 0) & (n_open < n_known / 2),
    }
    assert list(evaluation.strata) == list(masks)
    for name in masks:
        stratum = evaluation.strata[name]
        assert stratum.rows == masks[name].sum()
        for t in range(3):
            known = masks[name] & (labels[:, t] >= 0)
            y, z = labels[known, t], logits[rows][known, t].astype(float)
            p = 1 / (1 + np.exp(-z))
            expected = {
                "known": len(y),
                "positives": y.sum(),
                "auroc": sk.roc_auc_score(y, p),
                "auprc": sk.average_precision_score(y, p),
                "loss": sk.log_loss(y, p),
                "accuracy": sk.accuracy_score(y, p >= 0.5),
                "precision": sk.precision_score(y, p >= 0.5),
                "recall": sk.recall_score(y, p >= 0.5),
                "f1": sk.f1_score(y, p >= 0.5),
            }
            got = {key: stratum.figures[key][t] for key in expected}
            assert got == pytest.approx(expected), (name, t)
        assert stratum.mean["auroc"] == pytest.approx(stratum.figures["auroc"].mean())


def test_masked_labels_count_as_if_absent(dataset, logits):
    rows = np.flatnonzero(dataset.known[:, 0])
    one = dataset.select_tasks(["gut"])
    everything = np.arange(len(dataset))
    with_unknown = evaluate(logits[:, :1], one, everything).strata["all"].figures
    without = evaluate(logits[rows, :1], one, rows).strata["all"].figures
    for name, values in without.items():
        np.testing.assert_allclose(with_unknown[name], values, rtol=1e-12, err_msg=name)


def test_f1_threshold_is_chosen_on_the_validation_split_only(dataset, logits):
    test, valid = dataset.rows("test"), dataset.rows("valid")
    evaluation = evaluate(logits[test], dataset, test, threshold="f1", valid_outputs=logits[valid])
    labels = dataset.values(valid)
    for t, p in enumerate(evaluation.threshold.probability):
        known = labels[:, t] >= 0
        y, z = labels[known, t], logits[valid][known, t]
        cut = np.log(p / (1 - p))
        best = max(sk.f1_score(y, z >= value) for value in np.unique(z))
        assert sk.f1_score(y, z >= cut - 1e-6) == pytest.approx(best)
    assert evaluation.threshold.rule == "f1"


def test_f1_threshold_falls_back_where_validation_has_no_positive(dataset, logits):
    valid = dataset.rows("valid")
    labels = dataset.labels.copy()
    labels[valid, 1] = 0
    changed = replace(dataset, labels=labels)
    found = evaluate(logits, changed, np.arange(400), threshold="f1", valid_outputs=logits[valid])
    assert found.threshold.output[1] == 0


def test_threshold_is_a_probability(dataset, logits):
    rows = dataset.rows("test")
    evaluation = evaluate(logits[rows], dataset, rows, threshold=0.8)
    np.testing.assert_allclose(evaluation.threshold.probability, 0.8)
    called = 1 / (1 + np.exp(-logits[rows].astype(float))) >= 0.8
    figures = evaluation.strata["all"].figures
    np.testing.assert_array_equal(
        figures["tp"] + figures["fp"], (called & dataset.known[rows]).sum(axis=0)
    )


def test_one_class_missing_is_said(dataset, logits):
    labels = dataset.labels.copy()
    labels[labels[:, 2] == 1, 2] = 0
    changed = replace(dataset, labels=labels)
    rows = changed.rows("test")
    evaluation = evaluate(logits[rows], changed, rows)
    stratum = evaluation.strata["all"]
    assert stratum.undefined["auroc"] == ["muscle"]
    assert stratum.mean["auroc"] == pytest.approx(stratum.figures["auroc"][:2].mean())
    text = evaluation_table(evaluation)
    assert "mean, all rows: AUROC, AUPRC, recall undefined for 1 of 3 tasks" in text
    assert "left out of the mean (muscle)" in text


def test_json_holds_every_figure_and_no_nan(dataset, logits):
    known = dataset.known.copy()
    known[:, 2] = False
    changed = replace(dataset, known=known, kind=None)
    rows = changed.rows("test")
    evaluation = evaluate(logits[rows], changed, rows)
    read = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert set(read) == {"threshold", "strata"}
    assert set(read["strata"]) == {"all", "elements", "specific"}
    gut = read["strata"]["all"]["tasks"]["gut"]
    assert gut["tp"] + gut["fp"] + gut["tn"] + gut["fn"] == gut["known"]
    assert read["strata"]["all"]["tasks"]["muscle"]["auroc"] is None
    assert read["threshold"]["probability"]["gut"] == 0.5


def test_table_has_a_line_for_every_task_and_stratum(dataset, logits):
    rows = dataset.rows("test")
    evaluation = evaluate(logits[rows], dataset, rows)
    lines = evaluation_table(evaluation).splitlines()
    firsts = [line.split("  ")[0] for line in lines]
    for name in (*TASKS, "mean, all rows", "mean, elements only", "mean, specific elements"):
        assert name in firsts
    line = lines[firsts.index("mean, all rows")]
    assert f"{evaluation.strata['all'].mean['auroc']:.4f}" in line


def test_tasks_are_matched_by_name(dataset):
    matched = match_tasks(dataset, ("muscle", "gut"))
    np.testing.assert_array_equal(matched.labels, dataset.labels[:, [2, 0]])
    assert match_tasks(dataset, TASKS) is dataset
    with pytest.raises(ValueError, match=r"lacks task 'skin' of the model \(1 of 2 missing\)"):
        match_tasks(dataset, ("gut", "skin"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 1.0}, "strictly between 0 and 1, or f1; received 1.0"),
        ({"threshold": "f2"}, "unknown threshold 'f2'"),
        ({"threshold": "f1"}, "expected its logits"),
    ],
)
def test_bad_thresholds(dataset, logits, options, message):
    rows = dataset.rows("test")
    with pytest.raises(ValueError, match=message):
        evaluate(logits[rows], dataset, rows, **options)


def test_bad_logits(dataset, logits):
    rows = dataset.rows("test")
    with pytest.raises(ValueError, match=r"outputs of shape \(200, 3\) .* received \(200, 2\)"):
        evaluate(logits[rows, :2], dataset, rows)
    broken = logits[rows].copy()
    broken[3, 1] = np.nan
    with pytest.raises(ValueError, match="1 NaN or infinite of 600"):
        evaluate(broken, dataset, rows)
    with pytest.raises(ValueError, match="no rows to evaluate"):
        evaluate(logits[:0], dataset, rows[:0])


OF_PROBLEM = {
    "binary": {},
    "regression": {"problem": "regression"},
    "classes": {"problem": "classes", "classes": ("closed", "open", "both")},
}


@pytest.fixture(params=PROBLEMS.names())
def other(request, dataset):
    """A data set of every problem, and outputs that its labels had a part in."""
    changed = replace(dataset, **OF_PROBLEM[request.param])
    rng = np.random.default_rng(2)
    labels = changed.labels.astype(float)
    if request.param == "classes":
        labels = 2 * (np.arange(3) == labels[..., None])
    return changed, (labels + rng.normal(size=labels.shape)).astype(np.float32)


def test_every_stratum_has_the_figures_of_the_problem(other):
    dataset, outputs = other
    rows = dataset.rows("test")
    evaluation = evaluate(outputs[rows], dataset, rows)
    problem = find_problem(dataset.problem)
    for name, mask in problem.strata(dataset, rows).items():
        stratum = evaluation.strata[name]
        expected = problem.figures(
            dataset.values(rows)[mask], outputs[rows][mask], threshold=evaluation.threshold
        )
        assert stratum.rows == mask.sum()
        assert list(stratum.figures) == list(expected)
        for figure, values in expected.items():
            np.testing.assert_array_equal(stratum.figures[figure], values)
        assert set(stratum.mean) == set(expected) - problem.counts
    read = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert list(read["strata"]) == list(problem.strata_titles)


def test_the_table_has_the_columns_of_the_problem(other):
    dataset, outputs = other
    rows = dataset.rows("test")
    evaluation = evaluate(outputs[rows], dataset, rows)
    problem, text = evaluation.problem, evaluation_table(evaluation)
    blocks = [block.splitlines() for block in text.split("\n\n")]
    assert len(blocks) == len(problem.tables) + bool(problem.row_columns)
    for table, lines in zip(problem.tables, blocks, strict=False):
        assert lines[0].startswith(table.title)
        places = [lines[0].index(column.heading) for column in table.columns]
        assert places == sorted(places)
        assert [line.split("  ")[0] for line in lines[1:4]] == list(TASKS)
        means = [f"mean, {title}" for title in problem.strata_titles.values()]
        assert [line.split("  ")[0] for line in lines[4:]] == (means if table.means else [])
    score = next(c for c in problem.tables[0].columns if c.figure == problem.score)
    assert format(evaluation.strata["all"].mean[problem.score], score.format) in blocks[0][4]


def test_log_rates_are_evaluated_as_rates(dataset):
    values = replace(dataset, problem="regression")
    rows = np.arange(400)
    outputs = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
    found = evaluate(outputs, values, rows, link="exp").strata["all"].figures
    expected = evaluate(np.exp(outputs.astype(float)), values, rows).strata["all"].figures
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], err_msg=name)


def test_outputs_must_have_a_logit_for_every_class(dataset):
    three = replace(dataset, **OF_PROBLEM["classes"])
    rows = three.rows("test")
    with pytest.raises(
        ValueError, match=r"outputs of shape \(200, 3, 3\) \(rows, tasks, classes\)"
    ):
        evaluate(np.zeros((200, 3)), three, rows)


def test_regression_is_also_measured_across_the_tasks_of_each_row(dataset, logits):
    labels = np.random.default_rng(2).gamma(1.0, size=dataset.labels.shape).astype(np.float32)
    changed = replace(dataset, labels=labels, problem="regression")
    rows = changed.rows("test")
    outputs = (labels[rows] + logits[rows]).astype(np.float32)
    evaluation = evaluate(outputs, changed, rows)
    each = evaluation.problem.row_figures(changed.values(rows), outputs)
    element = changed.elements[rows]
    assert list(evaluation.strata) == ["all", "elements", "specific"]
    mean, count = evaluation.strata["elements"].across["spearman"]
    assert mean == pytest.approx(np.nanmean(each["spearman"][element]))
    assert count == np.isfinite(each["spearman"][element]).sum() > 0
    read = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    told = read["strata"]["elements"]["across tasks"]["spearman"]
    assert (told["mean"], told["rows"]) == (pytest.approx(mean), count)
    text = evaluation_table(evaluation)
    assert "mean over rows, across 3 tasks" in text
    assert "r of task means" in text
    assert "across" not in evaluation_table(evaluate(logits[rows], dataset, rows))
