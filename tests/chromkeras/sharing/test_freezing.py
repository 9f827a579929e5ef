import keras
import numpy as np
import pytest

from chromkeras.evaluation.predict import predict_logits
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.freezing import freeze_layers, frozen_layers
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.train import train

SHORT = ("training.epochs=2", "training.batch_size=16", "training.learning_rate=0.01")
NUMBERED = {
    0: (),
    1: ("conv_1",),
    3: ("conv_1", "norm_1"),
    4: ("conv_1", "norm_1", "conv_2"),
    10: ("conv_1", "norm_1", "conv_2", "norm_2", "conv_3", "norm_3", "dense_10"),
    11: ("conv_1", "norm_1", "conv_2", "norm_2", "conv_3", "norm_3", "dense_10", "dense_11"),
}


@pytest.mark.parametrize("number", NUMBERED)
def test_layers_are_numbered_as_on_the_poster(number, plan, tiny_recipe):
    names = frozen_layers(tiny_recipe(plan, f"transfer.freeze={number}"))
    assert names == NUMBERED[number]
    model = build_model(
        resolve_plan(tiny_recipe(plan), ("a", "b"), {"dna": (300, 4)}, problem="binary")
    )
    freeze_layers(model, names)
    frozen = {layer.name for layer in model.layers if layer.weights and not layer.trainable}
    assert frozen == set(names)


def test_the_logits_are_always_trained(tiny_recipe):
    with pytest.raises(ValueError, match=r"transfer.freeze: expected 0 to 11 .* received 12"):
        frozen_layers(tiny_recipe("hard", "transfer.freeze=12"))
    short = ("architecture.filters=[4]", "architecture.widths=[5]", "architecture.pools=[4]")
    recipe = tiny_recipe("hard", *short, "architecture.dense=[]", "transfer.freeze=3")
    assert frozen_layers(recipe) == ("conv_1", "norm_1")


@pytest.fixture
def old_model(tiny_recipe, tmp_path):
    """Return a function that writes a model with random weights and statistics to a file."""

    def write(kind):
        recipe, tasks = tiny_recipe(kind), ("task0", "task1", "task2")
        keras.utils.set_random_seed(5)
        model, rng = (
            build_model(resolve_plan(recipe, tasks, {"dna": (300, 4)}, problem="binary")),
            np.random.default_rng(0),
        )
        for layer in model.layers:
            if layer.name.startswith("norm"):
                layer.moving_mean.assign(rng.normal(size=layer.moving_mean.shape) * 0.1)
                layer.moving_variance.assign(rng.uniform(0.5, 1.5, layer.moving_variance.shape))
        path = tmp_path / "old.keras"
        save_model(
            path,
            resolve_plan(recipe, tasks, {"dna": (300, 4)}, problem="binary"),
            model.get_weights(),
            fingerprint="",
            scores={},
        )
        return path

    return write


@pytest.mark.parametrize("plan", ["hard", "soft"])
def test_frozen_layers_stay_and_others_learn(plan, old_model, tiny_dataset, tiny_recipe, tmp_path):
    old = old_model(plan)
    recipe = tiny_recipe(plan, *SHORT, f"transfer.init={old}", "transfer.freeze=6")
    result = train(tiny_dataset(), recipe, tmp_path / "new.keras")
    before, after = open_model(old).network, open_model(result.model).network
    frozen = frozen_layers(recipe)
    assert frozen
    for layer in before.layers:
        for one, two in zip(layer.weights, after.get_layer(layer.name).weights, strict=True):
            unchanged = np.array_equal(one.numpy(), two.numpy())
            assert unchanged == (layer.name in frozen), (layer.name, one.name)
    assert all(layer.trainable for layer in after.layers)
    assert after.get_layer("conv_1").trainable, "the file holds no trace of the freezing"


@pytest.mark.parametrize("plan", ["hard", "soft"])
def test_the_saved_model_predicts_as_the_trained_one(
    plan, tiny_dataset, tiny_recipe, tmp_path, monkeypatch
):
    kept = []
    monkeypatch.setattr(
        "chromkeras.training.train.save_model",
        lambda *a, **k: (kept.append(a[2]), save_model(*a, **k)),
    )
    recipe, dataset = tiny_recipe(plan, *SHORT, "transfer.freeze=4"), tiny_dataset()
    result = train(dataset, recipe, tmp_path / "m.keras")
    frozen = build_model(resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary"))
    freeze_layers(frozen, frozen_layers(recipe))
    frozen.set_weights(kept[0])
    rows = dataset.rows("valid")
    np.testing.assert_array_equal(
        predict_logits(frozen, dataset, rows),
        predict_logits(open_model(result.model).network, dataset, rows),
    )


def test_a_penalty_with_nothing_left_to_tie(tiny_dataset, tiny_recipe, tmp_path):
    losses = []
    for strength in (10, 0):
        settings = (f"sharing.strength={strength}", "transfer.freeze=9")
        recipe = tiny_recipe("soft", *SHORT, *settings)
        losses.append([r["loss"] for r in train(tiny_dataset(), recipe, tmp_path / "m.keras").rows])
    assert losses[0] == losses[1]


@pytest.mark.parametrize(("kind", "layer"), [("hard", "dense_10"), ("soft", "conv_1")])
def test_random_weights_are_not_frozen(kind, layer, old_model, tiny_dataset, tiny_recipe, tmp_path):
    init = f"transfer.init={old_model(kind)}"
    recipe = tiny_recipe("single", init, "transfer.freeze=11")
    with pytest.raises(ValueError, match=f"layer {layer} would stay random for task task3, which"):
        train(tiny_dataset(tasks=4), recipe, tmp_path / "m.keras")
