import keras
import numpy as np
import pytest
from keras import ops

from chromkeras.data.known import from_flagged
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.training.task_loss_metric import TaskLosses

pytestmark = pytest.mark.backend

TASKS = ("a", "b", "c")
RHO = [0.2, 0.5, 0.7]


def loss_of(rho):
    return TaskLoss("plain") if rho is None else TaskLoss(positive_fraction=rho)


def draw(rows=20):
    rng = np.random.default_rng(0)
    labels, known = from_flagged(rng.integers(-1, 2, (rows, 3)))
    return labels.astype(np.float32), rng.normal(size=(rows, 3)).astype(np.float32), known


def expected(y, z, known, rho):
    """The mean over each task's known labels, one task at a time."""
    return [
        float(
            (TaskLoss("plain") if rho is None else TaskLoss(positive_fraction=[rho[i]]))(
                y[:, [i]], z[:, [i]], known[:, [i]]
            )
        )
        for i in range(3)
    ]


@pytest.mark.parametrize("rho", [None, RHO])
def test_every_known_label_counts_alike(rho):
    (y, z, known), metric = draw(), TaskLosses(TASKS, loss_of(rho))
    for rows in (slice(0, 3), slice(3, 4), slice(4, 20)):
        metric.update_state(y[rows], z[rows], known[rows])
    result = {name: float(v) for name, v in metric.result().items()}
    assert list(result) == ["loss/a", "loss/b", "loss/c"]
    np.testing.assert_allclose(list(result.values()), expected(y, z, known, rho), rtol=1e-5)


def test_no_known_label_is_not_a_number():
    (y, z, known), metric = draw(), TaskLosses(TASKS, loss_of(None))
    known[:, 1] = False
    metric.update_state(y, z, known)
    values = [float(v) for v in metric.result().values()]
    assert np.isnan(values).tolist() == [False, True, False]
    metric.reset_state()
    assert np.isnan([float(v) for v in metric.result().values()]).all()


def test_fit_and_evaluate_report_each_task():
    y, z, known = draw()
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, use_bias=False)])
    model.set_weights([np.eye(3)])
    model.compile(
        keras.optimizers.SGD(0.0),
        loss_of(RHO),
        weighted_metrics=[TaskLosses(TASKS, loss_of(RHO))],
    )
    history = model.fit(z, y, sample_weight=known, epochs=2, batch_size=7, verbose=0).history
    logs = model.evaluate(z, y, sample_weight=known, batch_size=6, verbose=0, return_dict=True)
    for name, loss in zip(("loss/a", "loss/b", "loss/c"), expected(y, z, known, RHO), strict=True):
        assert history[name] == pytest.approx([loss, loss], rel=1e-5)
        assert ops.convert_to_numpy(logs[name]) == pytest.approx(loss, rel=1e-5)


def test_round_trip():
    metric = TaskLosses(TASKS, loss_of(RHO))
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert again.get_config() == metric.get_config()
