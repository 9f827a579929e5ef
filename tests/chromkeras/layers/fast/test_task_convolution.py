import numpy as np
import pytest
from keras import ops

from chromkeras.layers.fast import task_convolution as module
from chromkeras.layers.fast.task_convolution import task_convolution

pytestmark = pytest.mark.backend
ALWAYS, NEVER = (0, 0), (10**9, 10**9)


@pytest.mark.parametrize(("looped_from", "halved_from"), [(0, ALWAYS), (0, NEVER), (10**9, NEVER)])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_every_task_is_convolved_on_its_own(
    looped_from, halved_from, padding, gradients, monkeypatch
):
    monkeypatch.setattr(module, "LOOPED_WEIGHTS", looped_from)
    monkeypatch.setattr(module, "HALVED_WIDTH", halved_from)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 12, 3 * 4)).astype(np.float32)
    kernel = rng.normal(size=(3, 5, 4, 6)).astype(np.float32)

    def apart(x, kernel):
        own = [ops.conv(x[..., 4 * t : 4 * t + 4], kernel[t], padding=padding) for t in range(3)]
        return ops.concatenate(own, axis=-1)

    def together(x, kernel):
        return task_convolution(x, kernel, padding=padding)

    weight = rng.normal(size=apart(x, kernel).shape).astype(np.float32)
    (value, slopes), (expected, expected_slopes) = (
        gradients(lambda *a, f=f: ops.sum(f(*a) * weight), x, kernel) for f in (together, apart)
    )
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    for one, other in zip(slopes, expected_slopes, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(("width", "dtype"), [(4, "float32"), (5, "bfloat16")])
def test_even_widths_and_few_digits_are_not_halved(width, dtype, monkeypatch):
    monkeypatch.setattr(module, "LOOPED_WEIGHTS", 0)
    monkeypatch.setattr(module, "HALVED_WIDTH", ALWAYS)
    monkeypatch.setattr(module, "halved_convolution", None)
    x, kernel = ops.ones((1, 8, 2), dtype), ops.ones((1, width, 2, 3), dtype)
    assert task_convolution(x, kernel, padding="valid").shape == (1, 9 - width, 3)
