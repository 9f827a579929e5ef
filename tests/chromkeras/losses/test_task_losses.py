import keras
import numpy as np
import pytest

from chromkeras.losses.task_losses import LOSSES, TaskCrossentropy

pytestmark = pytest.mark.backend

RHO = [0.25, 0.1]


def reference(y, z, known, rho):
    """Plain loops over rows and tasks, in float64."""
    total = 0.0
    for task in range(y.shape[1]):
        losses = []
        for label, logit, shown in zip(
            y.T[task], z.T[task].astype(float), known.T[task], strict=True
        ):
            if not shown:
                continue
            probability = 1 / (1 + np.exp(-logit))
            weight = 1.0 if rho is None else (1 - rho[task] if label == 1 else rho[task])
            losses.append(-weight * np.log(probability if label == 1 else 1 - probability))
        total += np.mean(losses) if losses else 0.0
    return total


def draw(seed=0, shape=(9, 2)):
    rng = np.random.default_rng(seed)
    y = rng.integers(-1, 2, shape).astype(np.float32)
    z = rng.normal(size=shape).astype(np.float32)
    return np.where(y < 0, np.nan, y), z, (y >= 0).astype(np.float32)


@pytest.mark.parametrize("rho", [None, RHO])
def test_equals_plain_loops(rho):
    y, z, known = draw()
    found = float(TaskCrossentropy(rho)(y, z, known))
    assert found == pytest.approx(reference(y, z, known, rho), rel=1e-5)


def test_by_hand():
    y, z = np.array([[1.0, 0.0]], np.float32), np.zeros((1, 2), np.float32)
    assert float(TaskCrossentropy(RHO)(y, z)) == pytest.approx(np.log(2) * (0.75 + 0.1))
    assert float(TaskCrossentropy()(y, z)) == pytest.approx(2 * np.log(2))


def test_unknown_is_absent():
    y, z, known = draw()
    there = known[:, 0] > 0
    alone = TaskCrossentropy(RHO[:1])(y[there, :1], z[there, :1])
    known[:, 1] = 0
    assert float(TaskCrossentropy(RHO)(y, z, known)) == pytest.approx(float(alone), rel=1e-6)


def test_an_unknown_label_may_be_anything(gradients):
    y, z, known = draw()
    results = []
    for anything in (0.0, 1.0, -1.0, 7.5, np.nan, np.inf):
        some = np.where(known > 0, y, np.float32(anything))
        value, (slope,) = gradients(lambda z, some=some: TaskCrossentropy(RHO)(some, z, known), z)
        results.append((value, slope))
        assert (slope[known == 0] == 0).all()
    for value, slope in results:
        assert value == results[0][0]
        np.testing.assert_array_equal(slope, results[0][1])


def test_numerical_gradient(gradients):
    y, z, known = draw()
    _, (slope,) = gradients(lambda z: TaskCrossentropy(RHO)(y, z, known), z)
    for place in [(0, 0), (3, 1), (8, 0)]:
        step = np.zeros_like(z, np.float64)
        step[place] = 1e-5
        rise = reference(y, z + step, known, RHO) - reference(y, z - step, known, RHO)
        assert slope[place] == pytest.approx(rise / 2e-5, abs=1e-5)


def test_large_logits_stay_finite():
    y = np.array([[1.0], [0.0]], np.float32)
    z = np.array([[-1000.0], [1000.0]], np.float32)
    assert float(TaskCrossentropy()(y, z)) == pytest.approx(1000.0)


@pytest.mark.parametrize("name", LOSSES)
def test_every_registered_loss_round_trips(name):
    y, z, known = draw()
    loss = LOSSES[name](np.array(RHO))
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert float(again(y, z, known)) == float(loss(y, z, known))
    assert again.get_config() == loss.get_config()


class Weights:
    """Stands for a layer of weights."""

    def __init__(self, weights):
        self.weights = weights

    def task_weights(self):
        return self.weights

    def penalty(self, present):
        return 0.0


def test_weights_scale_the_gradient_and_not_the_value(gradients):
    y, z, known = draw()
    plain, weighted = (
        TaskCrossentropy(RHO),
        TaskCrossentropy(RHO).weighted_by(Weights(np.array([3.0, 0.5], np.float32))),
    )
    value, (slope,) = gradients(lambda z: plain(y, z, known), z)
    same, (scaled,) = gradients(lambda z: weighted(y, z, known), z)
    assert same == value
    np.testing.assert_allclose(scaled, slope * [3.0, 0.5], rtol=1e-5)


def test_the_gradient_reaches_what_the_weights_are_made_of(gradients):
    y, z, known = draw()
    losses = np.array([reference(y[:, [i]], z[:, [i]], known[:, [i]], None) for i in range(2)])
    _, (slope,) = gradients(
        lambda w: TaskCrossentropy().weighted_by(Weights(keras.ops.exp(w)))(y, z, known),
        np.array([0.3, -0.2], np.float32),
    )
    np.testing.assert_allclose(slope, np.exp([0.3, -0.2]) * losses, rtol=1e-5)


def test_a_saved_loss_is_the_plain_one():
    y, z, known = draw()
    weighted = TaskCrossentropy(RHO).weighted_by(Weights(np.ones(2, np.float32)))
    again = keras.losses.deserialize(keras.losses.serialize(weighted))
    assert again.get_config() == TaskCrossentropy(RHO).get_config()
    assert float(again(y, z, known)) == float(TaskCrossentropy(RHO)(y, z, known))


def test_sums_leave_unknown_labels_out():
    y, z, known = draw()
    sums, counts = TaskCrossentropy(RHO).sums(y, z, known)
    np.testing.assert_array_equal(counts, known.sum(axis=0))
    expected = reference(y, z, known, RHO)
    assert float(keras.ops.sum(sums / counts)) == pytest.approx(expected, rel=1e-5)
