import keras
import numpy as np
import pytest

from chromkeras.layers.pairwise_distance import pairwise_distance
from chromkeras.layers.sharing_penalty import SharingPenalty
from chromkeras.layers.task_axis import JoinLogits
from chromkeras.layers.task_dense import TaskDense

pytestmark = pytest.mark.backend


def model(strength=0.5, **options):
    inputs = keras.Input((4,))
    x = TaskDense(3, 5, soft=True, name="one")(inputs)
    x = TaskDense(3, 2, name="free")(x)
    x = TaskDense(3, 1, soft=True, name="two")(x)
    return keras.Model(inputs, SharingPenalty(strength, name="tie", **options)(JoinLogits(3)(x)))


def expected(net):
    weights = [w for name in ("one", "two") for w in net.get_layer(name).stacked_weights()]
    return 0.5 * float(pairwise_distance(weights))


def test_ties_the_soft_layers_upstream_and_no_other():
    net = model()
    net.compile("sgd", "mse")
    x = np.ones((6, 4), np.float32)
    prediction = net.predict(x, verbose=0)
    assert net.evaluate(x, prediction, verbose=0) == pytest.approx(expected(net), rel=1e-5)


def test_survives_saving_and_cloning(tmp_path):
    net = model()
    net.save(tmp_path / "net.keras")
    x = np.ones((6, 4), np.float32)
    for copy in (keras.models.load_model(tmp_path / "net.keras"), keras.models.clone_model(net)):
        copy.set_weights(net.get_weights())
        copy.compile("sgd", "mse")
        loss = copy.evaluate(x, net.predict(x, verbose=0), verbose=0)
        assert loss == pytest.approx(expected(net), rel=1e-5)
        assert len(copy.weights) == len(net.weights)


def test_pulls_networks_together():
    net = model(strength=1.0)
    net.compile(keras.optimizers.SGD(0.01), "mse")
    x = np.zeros((8, 4), np.float32)
    before = float(net.get_layer("tie").distance())
    net.fit(x, np.zeros((8, 3)), epochs=5, verbose=0)
    assert float(net.get_layer("tie").distance()) < before


def test_a_callback_may_set_the_strength_without_a_new_trace(tmp_path):
    net = model(strength=0.5)
    net.compile("sgd", "mse")
    x = np.ones((6, 4), np.float32)
    y = net.predict(x, verbose=0)
    layer = net.get_layer("tie")
    distance = float(layer.distance())
    for strength in (0.5, 0.0, 2.0):
        layer.current.assign(strength)
        assert net.evaluate(x, y, verbose=0) == pytest.approx(strength * distance, abs=1e-5)
    assert sum(layer.layer_distances().values()) > distance
    assert set(layer.layer_distances()) == {"one", "two"}
    assert float(layer.layer_distances()["one"]) == pytest.approx(
        float(pairwise_distance(net.get_layer("one").stacked_weights())), rel=1e-6
    )
    assert layer.weights == []
    assert any(v is layer.current for v in net.non_trainable_variables)
    net.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert float(again.get_layer("tie").current) == 0.5  # λ of the recipe, not of an epoch


def test_frozen_soft_layers_add_nothing():
    net = model()
    for name in ("one", "two"):
        net.get_layer(name).trainable = False
    net.compile("sgd", "mse")
    x = np.ones((6, 4), np.float32)
    assert net.evaluate(x, net.predict(x, verbose=0), verbose=0) == pytest.approx(0, abs=1e-6)


def test_negative_strength_is_refused():
    with pytest.raises(ValueError, match="at least 0, received -1"):
        SharingPenalty(-1)
