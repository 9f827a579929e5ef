"""Transfer between every pair of plans: the new model predicts as the old one did."""

from itertools import product

import keras
import numpy as np
import pytest

from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.recipe.choices import PLANS
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import GROUPED, OWN, SHARED, SOFT, resolve_plan, sharing_plan
from chromkeras.sharing.transfer import transfer_weights
from chromkeras.training.init_model import check_init
from chromkeras.training.train import train

TASKS = ("a", "b", "c")
GROUPS = ("sharing.grouped=10", "sharing.groups=c;a,b")
# one network a group, in an order that is not the tasks'
ALONE = ("sharing.depth=0", "sharing.grouped=11", "sharing.groups=b;c;a")
MODELS = [(plan,) for plan in PLANS] + [
    ("hard", "sharing.depth=1"),
    ("hard", "sharing.depth=3"),
    ("hard", "sharing.depth=6"),
    ("hard", "sharing.depth=3", *GROUPS),
    ("single", *GROUPS),
    ("single", *ALONE),
]
PAIRS = [(one, two) for one, two in product(MODELS, MODELS) if len(one) == 1 or len(two) == 1] + [
    (MODELS[-3], MODELS[-2]),
    (MODELS[-2], MODELS[-3]),
]


@pytest.fixture(scope="module")
def built():
    """The models of this module, one of a kind and seed."""
    return {}


@pytest.fixture
def make(tiny_recipe, built):
    """Return a function that gives a model of a plan with random weights and statistics.

    Models are built once: what tests change are their weights, which are drawn anew.
    """

    def build(plan, *settings, tasks=TASKS, seed=1, length=300):
        recipe = tiny_recipe(plan, *settings)
        kind = (plan, settings, tasks, seed, length)
        if kind not in built:
            built[kind] = build_model(
                resolve_plan(recipe, tasks, {"dna": (length, 4)}, problem="binary")
            )
        model = built[kind]
        rng = np.random.default_rng(seed)
        for weight in model.weights:
            spread = rng.normal(size=weight.shape) * 0.3
            weight.assign(np.abs(spread) + 0.5 if "variance" in weight.name else spread)
        return recipe, model

    return build


@pytest.fixture
def dna():
    codes = np.random.default_rng(0).integers(0, 4, (5, 300))
    return np.eye(4, dtype=np.float32)[codes]


def predict(model, x):
    return keras.ops.convert_to_numpy(model(x, training=False))


def same(one, two):
    np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-5)


def shares_more(target, source):
    """Whether tasks share a row of weights in one recipe's model but not in the other's."""
    return any(new < old for new, old in zip(_apart(target), _apart(source), strict=True))


def _apart(recipe):
    grouped = 2 if f"sharing.groups={recipe.sharing.groups}" in ALONE else 1
    degree = {SHARED: 0, GROUPED: grouped, SOFT: 2, OWN: 2}
    return [degree[mode] for mode in sharing_plan(recipe).modes]


@pytest.mark.parametrize(("old", "new"), PAIRS, ids=lambda model: "-".join(model))
def test_predictions_are_those_of_the_old_model(old, new, make, dna):
    (old_recipe, source), (new_recipe, target) = make(*old), make(*new, seed=2)
    before, first = predict(source, dna), predict(target, dna)
    assert np.abs(before - first).max() > 1e-3
    if shares_more(new_recipe, old_recipe):
        with pytest.raises(ValueError, match=r"conv|norm|dense") as caught:
            transfer_weights(source, TASKS, target, TASKS)
        assert "share it here, but not in the model to start from" in str(caught.value)
        assert "by transfer.task: " in str(caught.value)
        np.testing.assert_array_equal(predict(target, dna), first)
    else:
        done = transfer_weights(source, TASKS, target, TASKS)
        same(predict(target, dna), before)
        assert str(done) == "tasks kept: a, b, c"
        assert done.layers[0] == "conv_1"
        assert done.layers[-1] == "logits"
    transfer_weights(source, TASKS, target, TASKS, task="b")
    same(predict(target, dna), before[:, [1, 1, 1]])
    same(predict(source, dna), before)


def test_statistics_travel(make):
    (_, source), (_, target) = make("hard"), make("soft", seed=2)
    transfer_weights(source, TASKS, target, TASKS)
    for name in ("moving_mean", "moving_variance"):
        old, new = (getattr(m.get_layer("norm_2"), name).numpy() for m in (source, target))
        np.testing.assert_array_equal(new.reshape(3, -1), np.tile(old, (3, 1)))


@pytest.mark.parametrize(
    ("source_plan", "target_plan"),
    [("basset", plan) for plan in PLANS] + [("hard", "soft"), ("single", "soft"), ("hard", "hard")],
)
def test_tasks_are_found_by_name(source_plan, target_plan, make, dna):
    _, source = make(source_plan)
    tasks = ("c", "new", "a")
    _, target = make(target_plan, tasks=tasks, seed=2)
    logits = target.get_layer("logits").kernel.numpy()
    done = transfer_weights(source, TASKS, target, tasks)
    same(predict(target, dna)[:, [0, 2]], predict(source, dna)[:, [2, 0]])
    assert (done.kept, done.new, done.left) == (("c", "a"), ("new",), ("b",))
    np.testing.assert_array_equal(target.get_layer("logits").kernel.numpy()[1], logits[1])
    assert done.fresh["logits"] == ("new",)
    assert "tasks kept: c, a; tasks new: new; tasks left out: b; new tasks start afresh in" in str(
        done
    )


def features(model, x, name):
    return predict(keras.Model(model.input, model.get_layer(name).output), x)


@pytest.mark.parametrize("target_plan", PLANS)
def test_new_tasks_read_the_old_backbone(target_plan, make, dna):
    (_, source), (_, target) = make("basset"), make(target_plan, tasks=("x", "y"), seed=2)
    done = transfer_weights(source, TASKS, target, ("x", "y"))
    old, new = (features(m, dna, "pool_3") for m in (source, target))
    for part in np.split(new, new.shape[-1] // old.shape[-1], axis=-1):
        same(part, old)
    old, new = (features(m, dna, "activation_11") for m in (source, target))
    for part in new.reshape(-1, *old.shape):
        same(part, old)
    assert set(done.fresh) == {"logits"}


def test_one_task_is_no_choice(make, dna):
    (_, source), (_, target) = make("single", tasks=("a",)), make("hard", seed=2)
    done = transfer_weights(source, ("a",), target, TASKS)
    same(predict(target, dna)[:, 0], predict(source, dna)[:, 0])
    assert done.fresh == dict.fromkeys(("dense_10", "dense_11", "logits"), ("b", "c"))


def test_models_that_do_not_fit(make, dna):
    _, source = make("hard")
    for settings, message in (
        (
            ("architecture.filters=[6, 9, 4]",),
            r"layer conv_2: expected kernel \(11, 6, 9\), received kernel \(11, 6, 5\) from",
        ),
        (("architecture.dense=[7]",), "layers conv_1, .*, dense_10, logits; received conv_1, "),
    ):
        _, target = make("soft", *settings, seed=2)
        before = predict(target, dna)
        with pytest.raises(ValueError, match=message):
            transfer_weights(source, TASKS, target, TASKS)
        np.testing.assert_array_equal(predict(target, dna), before)
    with pytest.raises(ValueError, match=r"dense_10: .* which reads 300 bases, not 400"):
        transfer_weights(source, TASKS, make("single", length=400)[1], TASKS)
    with pytest.raises(ValueError, match="unknown task of the model to start from: 'd'"):
        transfer_weights(source, TASKS, make("soft")[1], TASKS, task="d")
    with pytest.raises(ValueError, match=r"nothing can be copied.* tasks x, y; .*: a, b, c"):
        transfer_weights(make("soft")[1], TASKS, make("single", tasks=("x", "y"))[1], ("x", "y"))


@pytest.fixture
def trained(make, tmp_path):
    """Return a function that writes a model with random weights to a file."""

    def write(plan="hard", tasks=("task0", "task1", "task2")):
        recipe, model = make(plan, tasks=tasks)
        path = tmp_path / f"{plan}.keras"
        resolved = resolve_plan(recipe, tasks, {"dna": (300, 4)}, problem="binary")
        save_model(path, resolved, model.get_weights(), fingerprint="f", scores={})
        return path, model

    return write


STILL = ("training.epochs=1", "training.learning_rate=1e-12", "transfer.freeze=9")


def test_training_starts_from_the_model_of_the_recipe(
    trained, tiny_dataset, tiny_recipe, dna, tmp_path, caplog
):
    caplog.set_level("INFO")
    path, source = trained()
    out = tmp_path / "soft.keras"
    recipe = tiny_recipe("soft", f"transfer.init={path}", *STILL)
    train(tiny_dataset(), recipe, out)
    found = open_model(out)
    model, card = found.network, found.card
    same(predict(model, dna), predict(source, dna))
    assert f"started from {path}: tasks kept: task0, task1, task2" in caplog.messages
    assert card.recipe["transfer"]["init"] == str(path)


@pytest.mark.slow
def test_an_interrupted_transfer_resumes_without_the_old_model(
    trained, tiny_dataset, tiny_recipe, tmp_path, monkeypatch
):
    path, _ = trained()
    short = ("training.epochs=2", "training.batch_size=16", "transfer.freeze=3")
    recipe = tiny_recipe("soft", f"transfer.init={path}", *short)
    whole = train(tiny_dataset(), recipe, tmp_path / "whole.keras")

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 5:
                raise KeyboardInterrupt

    broken = tmp_path / "broken.keras"
    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.training.run.StopOnDivergence", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_dataset(), recipe, broken)
    path.unlink()
    train(tiny_dataset(), recipe, broken, resume=True)
    for one, two in zip(*(open_model(p).network.get_weights() for p in (whole.model, broken)),
                        strict=True):  # fmt: skip
        np.testing.assert_array_equal(one, two)


def test_the_model_to_start_from_is_looked_at_first(trained, tiny_recipe, tmp_path):
    path, _ = trained("single")
    init = f"transfer.init={path}"
    check_init(tiny_recipe("hard", init, "transfer.task=task1", "architecture.dropout=0.1"))
    for settings, message in (
        (("transfer.task=a",), "transfer.task is a, a task of the model to start from; name that"),
        ((f"transfer.init={tmp_path / 'no.keras'}",), r"no\.keras does not exist; check the path"),
        ((init, "transfer.task=tsk1"), r"unknown task of .*single\.keras: 'tsk1'; did you mean"),
        (
            (init, "architecture.pools=[3, 4, 4]"),
            r"architecture \(architecture.pools is \[4, 4, 4\] there and \[3, 4, 4\] here\)",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            check_init(tiny_recipe("hard", *settings))
