import keras
import numpy as np
import pytest

from chromkeras.layers.task_axis import JoinLogits
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.layers.task_dense import TaskDense
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.optimizers.optimizers import OPTIMIZERS, PerUpdate, make_optimizer
from chromkeras.recipe.recipe import TrainingRecipe

TASKS, BATCH, UPDATES = 2, 4, 4


def model_without_batch_statistics():
    keras.utils.set_random_seed(0)
    dna = keras.Input((12, 4))
    x = TaskConv1D(TASKS, 3, 5)(dna)
    x = keras.layers.Flatten()(keras.layers.Activation("relu")(x))
    return keras.Model(dna, JoinLogits(TASKS)(TaskDense(TASKS, 1)(x)))


def trained(training, steps):
    """Weights and optimizer after ``UPDATES`` updates on fully known labels."""
    rng = np.random.default_rng(0)
    rows = BATCH * UPDATES * 3
    x = rng.normal(size=(rows, 12, 4)).astype(np.float32)
    y = (rng.random((rows, TASKS)) < 0.4).astype(np.float32)
    model = model_without_batch_statistics()
    optimizer = make_optimizer(training, steps)
    model.compile(optimizer, TaskLoss(positive_fraction=[0.3, 0.6]), jit_compile=False)
    model.fit(x, y, batch_size=training.batch_size, shuffle=False, verbose=0)
    return model, optimizer


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_accumulated_batches_equal_one_large_batch(kind, schedule):
    common = {"optimizer": kind, "schedule": schedule, "weight_decay": 0.1, "epochs": 1}
    whole = TrainingRecipe(batch_size=3 * BATCH, learning_rate=0.01, **common)
    parts = TrainingRecipe(batch_size=BATCH, accumulate=3, learning_rate=0.01, **common)
    large, _ = trained(whole, UPDATES)
    small, optimizer = trained(parts, 3 * UPDATES)
    start = model_without_batch_statistics().get_weights()
    for one, other, before in zip(large.get_weights(), small.get_weights(), start, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
        assert not np.allclose(one, before, atol=1e-3)
    assert int(optimizer.iterations) == UPDATES


@pytest.mark.backend
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_weights_wait_for_the_last_batch_of_an_update(kind):
    optimizer = make_optimizer(TrainingRecipe(optimizer=kind, accumulate=2), 10)
    variable = keras.Variable(np.ones(3, np.float32))
    optimizer.build([variable])
    moved = []
    for _ in range(4):
        before = keras.ops.convert_to_numpy(variable.value)
        optimizer.apply([keras.ops.ones(3)], [variable])
        moved.append(not np.array_equal(before, keras.ops.convert_to_numpy(variable.value)))
    assert moved == [False, True, False, True]


@pytest.mark.backend
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_slots_are_what_the_optimizer_makes(kind):
    for accumulate in (1, 2):
        optimizer = make_optimizer(TrainingRecipe(optimizer=kind, accumulate=accumulate), 10)
        variable = keras.Variable(np.ones(1000, np.float32))
        optimizer.build([variable])
        kept = sum(int(np.prod(v.shape)) for v in optimizer.variables if v.shape == (1000,))
        assert kept == 1000 * (OPTIMIZERS[kind].slots + (accumulate > 1))


@pytest.mark.backend
def test_the_cosine_ends_at_zero_with_the_last_update():
    optimizer = make_optimizer(TrainingRecipe(epochs=3, accumulate=4, learning_rate=0.5), 8)
    schedule = optimizer._learning_rate
    rates = [float(schedule(batch)) for batch in range(25)]
    assert rates[:4] == [0.5] * 4
    np.testing.assert_allclose(rates[12:16], [0.25] * 4, atol=1e-6)
    assert rates[24] == pytest.approx(0, abs=1e-7)


@pytest.mark.backend
def test_schedule_round_trip():
    schedule = PerUpdate(keras.optimizers.schedules.CosineDecay(0.1, 20), 3)
    serialize, deserialize = (
        keras.optimizers.schedules.serialize,
        keras.optimizers.schedules.deserialize,
    )
    again = deserialize(serialize(schedule))
    assert isinstance(again, PerUpdate)
    assert again.get_config() == schedule.get_config()
    assert float(again(7)) == float(schedule(7))


@pytest.mark.backend
def test_a_run_too_short_for_one_update():
    with pytest.raises(ValueError, match=r"training\.accumulate: expected at most the 6 batches"):
        make_optimizer(TrainingRecipe(epochs=2, accumulate=7), 3)
