from itertools import combinations

import keras
import numpy as np
import pytest

from chromkeras.backend.operations import compile_model
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.penalty import FollowPenalty, strength_share

TASKS = ("a", "b", "c")
EPOCHS = 3


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [1.0, 1.0, 1.0, 1.0, 1.0]),
        ("rising", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("falling", [1.0, 0.75, 0.5, 0.25, 0.0]),
    ],
)
def test_share_by_hand(schedule, expected):
    assert [strength_share(schedule, epoch, 5) for epoch in range(5)] == expected
    assert strength_share(schedule, 0, 1) == 1.0


def test_unknown_schedule():
    with pytest.raises(ValueError, match="constant, rising, falling, received 'sine'"):
        strength_share("sine", 0, 1)


def tiny(tiny_recipe, plan="soft"):
    keras.utils.set_random_seed(0)
    model = build_model(
        resolve_plan(
            tiny_recipe(plan, "sharing.strength=0.5", "sharing.soft=6"),
            TASKS,
            {"dna": (300, 4)},
            problem="binary",
        )
    )
    compile_model(model, keras.optimizers.Adam(1e-3), TaskLoss("plain"))
    return model


def data(n=8):
    rng = np.random.default_rng(0)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (n, 300))]
    return x, rng.integers(0, 2, (n, 3)).astype(np.float32)


def fit(model, callback, first=0):
    rows, lambdas = [], []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rows.append(dict(logs))
            if "penalty" in logs:
                layer = self.model.get_layer("sharing_penalty")
                lambdas.append(float(layer.current))

    model.fit(
        *data(), batch_size=8, epochs=EPOCHS, initial_epoch=first, shuffle=False,
        callbacks=[callback, Watch()], verbose=0,
    )  # fmt: skip
    return rows, lambdas


def pair_sum(weights):
    """The double loop over tasks in NumPy."""
    flat = np.concatenate([w.reshape(3, -1) for w in weights], axis=1).astype(float)
    return sum(np.linalg.norm(flat[i] - flat[k]) for i, k in combinations(range(3), 2))


@pytest.mark.backend
def test_logs_what_the_weights_say(tiny_recipe):
    model = tiny(tiny_recipe)
    rows, _ = fit(model, FollowPenalty("constant", EPOCHS))
    tied = {
        name: [keras.ops.convert_to_numpy(w) for w in model.get_layer(name).trainable_weights]
        for name in ("conv_1", "norm_1", "conv_2", "norm_2")
    }
    for name, weights in tied.items():
        assert rows[-1][f"penalty/{name}"] == pytest.approx(pair_sum(weights), rel=1e-4)
    everything = [w for weights in tied.values() for w in weights]
    assert rows[-1]["penalty"] == pytest.approx(0.5 * pair_sum(everything), rel=1e-4)
    assert {k for k in rows[0] if k.startswith("penalty/")} == {f"penalty/{n}" for n in tied}


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("rising", [0, 0.25, 0.5]), ("falling", [0.5, 0.25, 0]), ("constant", [0.5] * 3)],
)
def test_the_loss_follows_the_schedule(schedule, expected, tiny_recipe):
    model, callback = tiny(tiny_recipe), FollowPenalty(schedule, EPOCHS)
    start = float(model.get_layer("sharing_penalty").distance())
    rows, lambdas = fit(model, callback)
    assert lambdas == pytest.approx(expected)
    plain = tiny(tiny_recipe)
    plain.get_layer("sharing_penalty").current.assign(0.0)
    without = plain.evaluate(*data(), batch_size=8, verbose=0)
    again = tiny(tiny_recipe)
    again.get_layer("sharing_penalty").current.assign(expected[0])
    assert again.evaluate(*data(), batch_size=8, verbose=0) == pytest.approx(
        without + expected[0] * start, rel=1e-4
    )
    assert rows[0]["penalty"] == pytest.approx(expected[0] * start, rel=0.1)


def test_a_resumed_run_has_the_epoch_s_strength(tiny_recipe):
    _, lambdas = fit(tiny(tiny_recipe), FollowPenalty("rising", EPOCHS), first=2)
    assert lambdas == [0.5]


def test_a_model_without_a_penalty_is_left_alone(tiny_recipe):
    model = tiny(tiny_recipe, "hard")
    rows, _ = fit(model, FollowPenalty("rising", EPOCHS))
    assert not any(key.startswith("penalty") for row in rows for key in row)


def test_the_step_is_traced_once(tiny_recipe):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("counts TensorFlow's traces")
    model = tiny(tiny_recipe)
    traces = []
    layer = model.get_layer("sharing_penalty")
    plain = layer.call
    layer.call = lambda inputs: (traces.append(1), plain(inputs))[1]
    fit(model, FollowPenalty("rising", EPOCHS))
    assert len(traces) == 1
