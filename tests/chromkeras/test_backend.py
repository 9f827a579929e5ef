import numpy as np
import pytest
from keras import ops

from chromkeras import backend

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("looped_from", [0, 10**9])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_every_task_is_convolved_on_its_own(looped_from, padding, gradients, monkeypatch):
    monkeypatch.setattr(backend, "LOOPED_WEIGHTS", looped_from)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 12, 3 * 4)).astype(np.float32)
    kernel = rng.normal(size=(3, 5, 4, 6)).astype(np.float32)

    def apart(x, kernel):
        own = [ops.conv(x[..., 4 * t : 4 * t + 4], kernel[t], padding=padding) for t in range(3)]
        return ops.concatenate(own, axis=-1)

    def together(x, kernel):
        return backend.grouped_convolution(x, kernel, padding=padding)

    weight = rng.normal(size=apart(x, kernel).shape).astype(np.float32)
    (value, slopes), (expected, expected_slopes) = (
        gradients(lambda *a, f=f: ops.sum(f(*a) * weight), x, kernel) for f in (together, apart)
    )
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    for one, other in zip(slopes, expected_slopes, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
