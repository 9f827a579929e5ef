"""For which share of positives probabilities are given."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from chromkeras.data.held_out import held_out
from chromkeras.errors import InputError
from chromkeras.evaluation.predict import predict_logits
from chromkeras.evaluation.prior import AS_TRAINED, GIVEN, TRAINING, find_prior
from chromkeras.losses.registry import balances_classes, loss_names
from chromkeras.model_file.card import TRAINING_SHARE, RunCard, read_card
from chromkeras.model_file.open_model import OpenModel, open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.scoring.predict import predict
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.train import train

SHARE = np.array([0.1, 0.5, 0.7])


@pytest.fixture
def dataset(tiny_dataset):
    return tiny_dataset()


@pytest.fixture
def model(dataset, tiny_recipe):
    """Return a function that gives a model without a network, that knows its share or does not."""

    def make(loss="rebalanced", share=SHARE, fingerprint="other"):
        recipe = tiny_recipe("hard", f"training.loss={loss}")
        given = {} if share is None else dict(zip(dataset.tasks, share.tolist(), strict=True))
        scores = {TRAINING_SHARE: given} if given else {}
        card = RunCard(dataset.tasks, recipe.to_dict(), fingerprint, scores)
        return OpenModel(Path("m.keras"), None, card)

    return make


def test_class_weights_are_taken_out_of_the_odds(model, dataset):
    true = np.array([0.2, 0.4, 0.9])
    learned = (1 - SHARE) * true / ((1 - SHARE) * true + SHARE * (1 - true))  # least weighted loss
    prior = find_prior(model(), dataset)
    assert prior.rule == TRAINING
    np.testing.assert_allclose(expit(prior.applied(logit(learned))), true, rtol=1e-6)
    assert not find_prior(model("plain"), dataset).shift.any()


def test_a_share_may_be_a_number_of_numpy(model, dataset):
    found = find_prior(model(), dataset, prior=np.float32(0.25))
    np.testing.assert_array_equal(found.shift, find_prior(model(), dataset, prior=0.25).shift)


@pytest.mark.parametrize("loss", loss_names("binary"))
def test_another_share_of_positives(loss, model, dataset):
    """Bayes' theorem: what is learned of the sequence stays, the share of positives does not."""
    likely = np.array([3.0, 0.2, 1.0])  # p(x | 1) / p(x | 0)
    trained = np.full(3, 0.5) if balances_classes(loss) else SHARE
    prior = find_prior(model(loss), dataset, prior=0.02)
    assert prior.rule == GIVEN
    found = expit(prior.applied(logit(trained * likely / (trained * likely + 1 - trained))))
    np.testing.assert_allclose(found, 0.02 * likely / (0.02 * likely + 0.98), rtol=1e-6)
    by_task = find_prior(model(loss), dataset, prior=dict.fromkeys(dataset.tasks, 0.02))
    np.testing.assert_array_equal(by_task.shift, prior.shift)


def test_files_that_do_not_say_ask_the_data_they_were_trained_on(model, dataset, tiny_dataset):
    trained = model(share=None, fingerprint=dataset.fingerprint)
    rho = dataset.positive_fraction("train")
    reordered = dataset.select_tasks(("task2", "task0", "task1"))
    for given in (dataset, held_out(dataset), reordered):
        np.testing.assert_allclose(find_prior(trained, given).share, rho)
    unknown = find_prior(trained, tiny_dataset(seed=1))
    assert unknown.rule == AS_TRAINED
    assert unknown.share.tolist() == [0.5] * 3
    assert not unknown.shift.any()
    with pytest.raises(InputError, match=r"m\.keras does not say the share of positives"):
        find_prior(model("plain", share=None), dataset, prior=0.1)
    assert find_prior(model(share=None), dataset, prior=0.1).rule == GIVEN


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prior": 1.0}, "`prior`: expected a share of positives between 0 and 1, received 1.0"),
        ({"prior": {"task0": 0.1}}, "expected a share for every task, received none for task1"),
        ({"prior": {"tusk": 0.1}}, "unknown task of `prior` 'tusk'"),
        ({"prior": 0.1, "calibrated": False}, "expected none with `calibrated` off, received 0.1"),
    ],
)
def test_what_is_no_share_is_refused(options, message, model, dataset):
    with pytest.raises(InputError, match=message):
        find_prior(model(), dataset, **options)


def test_a_damaged_card_is_refused(model, dataset):
    card = model().card
    for share in (dict.fromkeys(dataset.tasks, 0.0), {"task0": 0.1}, 3):
        broken = replace(card, scores={TRAINING_SHARE: share})
        with pytest.raises(InputError, match="run card: "):
            find_prior(OpenModel(Path("m.keras"), None, broken), dataset)


def test_other_problems_have_no_prior(dataset, tiny_recipe):
    recipe = tiny_recipe("hard", "training.loss=mse")
    card = RunCard(dataset.tasks, recipe.to_dict(), problem="regression")
    model = OpenModel(Path("m.keras"), None, card)
    assert not find_prior(model, dataset).shift.any()
    with pytest.raises(InputError, match=r"none with problem 'regression', received 0\.1"):
        find_prior(model, dataset, prior=0.1)


def test_predictions_are_calibrated_unless_asked_otherwise(dataset, tiny_recipe, tmp_path):
    plan = resolve_plan(tiny_recipe(), dataset.tasks, dataset.shapes, problem="binary")
    scores = {TRAINING_SHARE: dict(zip(dataset.tasks, SHARE.tolist(), strict=True))}
    path = tmp_path / "m.keras"
    weights = build_model(plan).get_weights()
    save_model(path, plan, weights, fingerprint="f", scores=scores)
    opened, rows = open_model(path), dataset.rows("test")
    logits = predict_logits(opened.network, dataset, rows)
    for options, shift in (
        ({}, logit(SHARE)),
        ({"calibrated": False}, 0.0),
        ({"prior": 0.25}, logit(0.25)),
    ):
        found = predict(opened, dataset, split="test", **options)
        np.testing.assert_allclose(found, expit(logits + shift), rtol=1e-5)


def test_training_writes_the_share_of_its_training_rows(dataset, tiny_recipe, tmp_path):
    recipe = tiny_recipe("hard", "training.epochs=1")
    train(dataset, recipe, tmp_path / "m.keras")
    found = read_card(tmp_path / "m.keras").scores[TRAINING_SHARE]
    np.testing.assert_allclose([*found.values()], dataset.positive_fraction("train"))
    assert tuple(found) == dataset.tasks
