import keras
import numpy as np
import pytest

from chromkeras.backend.keras_private import FusedAdam

pytestmark = pytest.mark.backend


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"learning_rate": 0.1, "beta_1": 0.8, "epsilon": 1e-3},
        {"weight_decay": 0.1},
        {"amsgrad": True},
    ],
)
def test_equals_keras_adam(options):
    rng = np.random.default_rng(0)
    start = rng.normal(size=(4, 3)).astype(np.float32)
    runs = [(kind(**options), keras.Variable(start)) for kind in (FusedAdam, keras.optimizers.Adam)]
    for _ in range(5):
        gradient = rng.normal(size=start.shape).astype(np.float32)
        for optimizer, variable in runs:
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    ours, theirs = (keras.ops.convert_to_numpy(variable.value) for _, variable in runs)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert not np.allclose(ours, start)


def test_round_trip():
    optimizer = FusedAdam(learning_rate=0.01, beta_1=0.8)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert isinstance(again, FusedAdam)
    assert again.get_config() == optimizer.get_config()
