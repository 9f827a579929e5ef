"""Several models as members of an ensemble."""

import numpy as np
import pytest
from scipy.special import expit, logit

from chromkeras.errors import InputError
from chromkeras.model_file.manifest import Manifest, write_manifest
from chromkeras.model_file.open_model import open_model
from chromkeras.scoring.contrasts import choose_targets
from chromkeras.scoring.members import check_scale, open_members


@pytest.fixture
def three(models):
    return open_members(models(3))


def targets(members, tasks=(), contrasts=()):
    return choose_targets(tasks, contrasts, members.tasks)


def test_the_mean_is_that_of_the_calibrated_log_odds(three):
    logits = np.random.default_rng(0).normal(size=(3, 5, 3)).astype(np.float32)
    moved = logits + logit(np.array([0.2, 0.3, 0.5]))[:, None, None]  # the loss learned a half
    scores = three.scores(logits, targets(three))
    np.testing.assert_allclose(scores.mean, expit(moved.mean(axis=0)), rtol=1e-5)
    np.testing.assert_allclose(scores.each, expit(moved), rtol=1e-5)
    np.testing.assert_allclose(scores.spread, np.std(expit(moved), axis=0, ddof=1), rtol=1e-4)
    on_logits = three.scores(logits, targets(three), scale="logit")
    np.testing.assert_allclose(on_logits.mean, moved.mean(axis=0), atol=1e-5)


def test_a_contrast_is_a_difference_of_log_odds_on_either_scale(three):
    logits = np.random.default_rng(0).normal(size=(3, 5, 3)).astype(np.float32)
    chosen = targets(three, ["nerve"], ["gut - nerve", "gut-rest"])
    assert three.headings(chosen) == ("nerve", "gut - nerve", "gut - rest")
    moved = three.moved(logits)
    for scale in ("probability", "logit"):
        scores = three.scores(logits, chosen, scale=scale)
        difference = moved[..., 0] - moved[..., 1]
        np.testing.assert_allclose(scores.each[..., 1], difference, atol=1e-9)
        np.testing.assert_allclose(scores.mean[:, 1], difference.mean(axis=0), atol=1e-9)
        rest = moved[..., 0] - moved[..., 1:].mean(axis=-1)
        np.testing.assert_allclose(scores.each[..., 2], rest, atol=1e-9)


def test_classes_lie_side_by_side(models):
    members = open_members(models(2, loss="crossentropy"))
    chosen = targets(members, ["gut"], ["gut - nerve"])
    assert members.headings(chosen)[:4] == ("gut:closed", "gut:open", "gut:both",
                                            "gut - nerve:closed")  # fmt: skip
    logits = np.random.default_rng(0).normal(size=(2, 5, 3, 3)).astype(np.float32)
    scores = members.scores(logits, chosen)
    np.testing.assert_allclose(scores.mean[:, :3].sum(axis=1), 1, rtol=1e-6)
    difference = logits[..., 0, :] - logits[..., 1, :]
    np.testing.assert_allclose(scores.each[..., 3:], difference, atol=1e-6)


def test_one_model_has_no_spread(models):
    members = open_members(models(1))
    scores = members.scores(np.zeros((1, 4, 3), np.float32), targets(members))
    assert not scores.spread.any()
    np.testing.assert_allclose(scores.mean, 0.2, rtol=1e-6)


def test_a_folder_stands_for_its_members(models, tmp_path):
    paths = models(3)
    write_manifest(paths[0].parent, Manifest(tuple(paths), "whole"))
    assert len(open_members(paths[0].parent)) == 3
    with pytest.raises(InputError, match="given twice"):
        open_members([paths[0].parent, paths[0]])
    assert len(open_members([open_model(paths[0]), paths[1]])) == 2


def test_models_that_differ_are_refused(models):
    first = models(1)[0]
    for other, what in (
        (models(1, tasks=("gut",))[0], "tasks"),
        (models(1, loss="mse")[0], "labels"),
        (models(1, length=64)[0], "inputs"),
    ):
        with pytest.raises(InputError, match=f"models with equal {what}"):
            open_members([first, other])
    with pytest.raises(InputError, match="at least one model"):
        open_members([])
    with pytest.raises(InputError, match="unknown scale"):
        check_scale("percent")


def test_a_sequence_alone_is_not_enough_for_several_inputs(tiny_recipe, tiny_dataset, tmp_path):
    from chromkeras.model_file.save_model import save_model
    from chromkeras.sharing.builder import build_model
    from chromkeras.sharing.plan import resolve_plan

    dataset = tiny_dataset(rows=8, architecture="deepreg")
    recipe = tiny_recipe("hard", architecture="deepreg")
    plan = resolve_plan(recipe, dataset.tasks, dataset.shapes, problem="binary")
    save_model(tmp_path / "m.keras", plan, build_model(plan).get_weights(), fingerprint="",
               scores={})  # fmt: skip
    with pytest.raises(InputError, match=r"reads regulators beside DNA.*expected `data`"):
        _ = open_members(tmp_path / "m.keras").length
