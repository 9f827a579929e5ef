"""Operations of a backend; most are tested by the layers and models that use them."""

import keras
import numpy as np
import pytest

from chromkeras.backend.operations import traced_once

pytestmark = pytest.mark.backend


def test_a_function_traced_once_gives_the_same_with_the_same_gradients(gradients):
    calls = []

    def function(x, y):
        calls.append(x)
        return x * y, x + y

    def total(call, a, b):
        one, other = call(a, b)
        more, _ = call(other, a)
        return keras.ops.sum(one * other) + keras.ops.sum(more)

    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, 4)).astype(np.float32)
    plain, slopes = gradients(lambda *ab: total(function, *ab), a, b)
    calls.clear()
    traced, same = gradients(lambda *ab: total(traced_once(function), *ab), a, b)
    assert traced == pytest.approx(plain, rel=1e-6)
    for one, other in zip(slopes, same, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    if keras.backend.backend() == "tensorflow":
        assert len(calls) == 1
