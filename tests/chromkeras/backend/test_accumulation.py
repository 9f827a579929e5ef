import keras
import numpy as np
import pytest

from chromkeras.backend.keras_private import FusedAdam

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.1}, {"global_clipnorm": 0.5}])
@pytest.mark.parametrize("batches", [2, 3])
def test_equals_keras_accumulation(batches, options):
    rng = np.random.default_rng(0)
    starts = [rng.normal(size=shape).astype(np.float32) for shape in ((4, 3), (5,))]
    kinds = (FusedAdam, keras.optimizers.Adam)
    optimizers = [kind(0.1, gradient_accumulation_steps=batches, **options) for kind in kinds]
    runs = [(optimizer, [keras.Variable(s) for s in starts]) for optimizer in optimizers]
    for _ in range(2 * batches + 1):
        gradients = [rng.normal(size=start.shape).astype(np.float32) for start in starts]
        for optimizer, variables in runs:
            optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients], variables)
    ours, theirs = ([keras.ops.convert_to_numpy(v.value) for v in vs] for _, vs in runs)
    for one, other, start in zip(ours, theirs, starts, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
        assert not np.allclose(one, start)
