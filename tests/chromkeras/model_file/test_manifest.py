"""Ensembles: a folder of models that is one model, whose outputs are the mean of theirs."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import chrominterpret
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import evaluate
from chromkeras.evaluation.predict import mean_logits, predict_logits
from chromkeras.evaluation.prior import find_prior
from chromkeras.evaluation.report import evaluate_model, metrics_path
from chromkeras.losses.registry import loss_names, of_loss
from chromkeras.model_file.card import TRAINING_SHARE, read_card
from chromkeras.model_file.info import info
from chromkeras.model_file.manifest import Manifest, is_ensemble, read_manifest, write_manifest
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.model_report.interpret import interpret
from chromkeras.problems.binary import Binary
from chromkeras.scoring.predict import predict
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.init_model import check_init, own_recipe

CLASSES = ("closed", "open", "both")
SHARES = (0.2, 0.3, 0.5)


@pytest.fixture
def make(tiny_recipe, tiny_dataset, tmp_path):
    """Return a function that makes an ensemble of three untrained models, and data for it."""

    def made(loss="rebalanced", plan="hard", architecture="basset", tasks=None):
        problem = of_loss(loss, "PROBLEM")
        classes = CLASSES if problem == "classes" else ()
        dataset = tiny_dataset(rows=40, architecture=architecture)
        dataset = replace(dataset, problem=problem, classes=classes)
        recipe = tiny_recipe(plan, f"training.loss={loss}", architecture=architecture)
        kind = {"problem": problem, "classes": classes}
        plan = resolve_plan(recipe, tasks or dataset.tasks, dataset.shapes, **kind)
        folder = tmp_path / "cv"
        folder.mkdir(exist_ok=True)
        paths = tuple(folder / f"fold_{i}.keras" for i in (1, 2, 3))
        for path, share in zip(paths, SHARES, strict=True):
            weights = build_model(plan).get_weights()
            scores = (
                {TRAINING_SHARE: dict.fromkeys(plan.tasks, share)} if problem == "binary" else {}
            )
            save_model(path, plan, weights, fingerprint="of a fold", scores=scores)
        write_manifest(folder, Manifest(paths, dataset.fingerprint))
        return folder, dataset, paths

    return made


@pytest.mark.grid
@pytest.mark.parametrize("loss", loss_names())
def test_an_ensemble_is_the_mean_of_its_members(loss, make):
    folder, dataset, paths = make(loss)
    assert is_ensemble(folder)
    rows, opened, each = dataset.rows("test"), open_model(folder), []
    assert [member.path for member in opened.members] == list(paths)
    for member in opened.members:
        own = predict_logits(member.network, dataset, rows)
        each.append(find_prior(member, dataset).applied(own))
    moved = find_prior(opened, dataset).applied(mean_logits(opened, dataset, rows))
    np.testing.assert_allclose(moved, np.mean(each, axis=0), atol=1e-5)
    expected = opened.problem.predictions(np.mean(each, axis=0), opened.link)
    np.testing.assert_allclose(predict(opened, dataset, split="test"), expected, atol=1e-5)


def test_figures_are_those_of_the_mean(make):
    folder, dataset, _ = make()
    rows, opened = dataset.rows("test"), open_model(folder)
    outputs = find_prior(opened, dataset).applied(mean_logits(opened, dataset, rows))
    found = evaluate_model(folder, dataset)
    expected = evaluate(outputs, dataset, rows).strata["all"].figures
    for name, values in found.evaluation.strata["all"].figures.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5)
    assert found.metrics == metrics_path(folder) == folder.parent / "cv_evaluation/metrics.json"
    assert found.facts["fingerprint"]["same"]  # that of the whole, not of a fold


@pytest.mark.grid
def test_every_architecture_and_plan_makes_ensembles(
    architecture, plan, make, tiny_recipe, skip_refused
):
    skip_refused(tiny_recipe(plan, architecture=architecture))
    folder, dataset, _ = make("plain", plan, architecture)
    opened = open_model(folder)
    outputs = predict_logits(opened.network, dataset, np.arange(4))
    each = [predict_logits(m.network, dataset, np.arange(4)) for m in opened.members]
    np.testing.assert_allclose(outputs, np.mean(each, axis=0), atol=1e-5)


def test_shares_are_averaged_by_their_log_odds(make):
    folder, dataset, _ = make()
    share = read_card(folder).scores[TRAINING_SHARE]["task1"]
    expected = np.mean([math.log(p / (1 - p)) for p in SHARES])
    assert math.log(share / (1 - share)) == pytest.approx(expected)
    given = predict(folder, dataset, prior=0.1)
    logits = mean_logits(open_model(folder), dataset, np.arange(len(dataset)))
    shifted = Binary().predictions(logits + math.log(0.1 / 0.9))
    np.testing.assert_allclose(given, shifted, atol=1e-5)


def test_attributions_of_an_ensemble_are_the_mean_of_its_members(make):
    folder, dataset, _ = make()
    opened, x = open_model(folder), dataset.one_hot(np.arange(2))
    options = {"references": np.full(4, 0.25, np.float32)}
    whole = chrominterpret.deep_lift_shap(opened.network, x, **options)
    each = [chrominterpret.deep_lift_shap(m.network, x, **options) for m in opened.members]
    mean = np.mean([one.attributions for one in each], axis=0)
    np.testing.assert_allclose(whole.attributions, mean, atol=1e-5)


def test_rows_that_members_saw_are_told(make, caplog):
    folder, dataset, _ = make()
    line = "members were trained on rows of the valid split; judge it by the test split"
    predict(folder, dataset, split="test")
    evaluate_model(folder, dataset)
    assert not caplog.records
    predict(folder, dataset, split="valid")
    assert caplog.text.count(line) == 1
    evaluate_model(folder, dataset, threshold="f1")
    assert caplog.text.count(line) == 2
    caplog.clear()
    other = replace(dataset, split=np.roll(dataset.split, 1))  # other data, which is said elsewhere
    predict(folder, other, split="valid")
    assert not caplog.records


def test_info_describes_an_ensemble(make):
    folder, dataset, paths = make()
    facts = info(folder)
    assert (facts["kind"], facts["members"]) == ("ensemble", [path.name for path in paths])
    assert facts["data fingerprint"] == dataset.fingerprint


def test_what_needs_one_network_says_so(make, tiny_recipe, tmp_path):
    folder, dataset, paths = make()
    for call in (
        lambda: interpret(folder, dataset, tmp_path / "out"),
        lambda: own_recipe(str(folder)),
        lambda: check_init(tiny_recipe("hard", f"transfer.init={folder}")),
    ):
        with pytest.raises(InputError, match=f"ensemble of 3 networks.* such as {paths[0]}"):
            call()


def test_members_belong_together(make):
    folder, *_ = make()
    other = folder / "fold_2.keras"
    make(tasks=("task0", "task2", "task1"))
    stranger = other.read_bytes()
    make()
    other.write_bytes(stranger)
    for call in (read_card, open_model, info):
        with pytest.raises(InputError, match=r"equal tasks; .*fold_2.keras has others than"):
            call(folder)


GOOD = {"format": "chromkeras ensemble", "version": 1, "fingerprint": "x"}
HOSTILE = {
    "expected format, version, members, fingerprint, received no members": GOOD,
    "a list of 2 to 1,000 values": {**GOOD, "members": ["fold_1.keras"]},
    "names of .keras files in the same folder, received '../a.keras'": {
        **GOOD, "members": ["../a.keras", "fold_1.keras"],
    },
    "received '/etc/passwd'": {**GOOD, "members": ["/etc/passwd", "fold_1.keras"]},
    "received 'ensemble.json'": {**GOOD, "members": ["ensemble.json", "fold_1.keras"]},
    "duplicate member": {**GOOD, "members": ["fold_1.keras", "fold_1.keras"]},
    "absent.keras does not exist": {**GOOD, "members": ["absent.keras", "fold_1.keras"]},
    "loop.keras is a folder": {**GOOD, "members": ["loop.keras", "fold_1.keras"]},
    "expected the format": {**GOOD, "format": "other", "members": []},
    "version: expected a whole number": {**GOOD, "version": 2, "members": []},
    "expected a table": [],
}  # fmt: skip


@pytest.mark.parametrize("message", HOSTILE)
def test_hostile_manifests(message, tmp_path):
    (tmp_path / "fold_1.keras").write_text("x")
    (tmp_path / "loop.keras").symlink_to(tmp_path)
    (tmp_path / "ensemble.json").write_text(json.dumps(HOSTILE[message]))
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value) or message == "duplicate member"


def test_a_folder_is_no_model_without_a_manifest(tmp_path):
    with pytest.raises(InputError, match=r"is a folder without ensemble.json; expected a model"):
        read_card(tmp_path)
    (tmp_path / "ensemble.json").write_bytes(b" " * (2**20 + 1))
    with pytest.raises(InputError, match="at most 1,048,576 bytes"):
        read_manifest(tmp_path)
