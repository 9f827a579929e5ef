"""The change of a convolution from the change of its input, against the convolution itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers, ops

from chrominterpret.engine.spread import spread, spreads

pytestmark = pytest.mark.backend


@settings(max_examples=15, deadline=None)
@given(width=st.integers(1, 6), reach=st.integers(1, 6), seed=st.integers(0, 99))
def test_it_is_the_convolution_of_the_change_with_zeros_around_it(width, reach, seed):
    rng = np.random.default_rng(seed)
    change = rng.normal(size=(2, width, 3)).astype("float32")
    kernel = rng.normal(size=(reach, 3, 5)).astype("float32")
    around = np.pad(change, ((0, 0), (reach - 1, reach - 1), (0, 0)))
    expected = ops.conv(around, kernel, padding="valid")
    found = spread(ops.convert_to_tensor(change), ops.convert_to_tensor(kernel))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "width", "expected"),
    [
        (layers.Conv1D(4, 5), 5, True),
        (layers.Conv1D(4, 5, padding="causal", activation="relu"), 1, True),
        (layers.Conv1D(4, 5), 6, False),
        (layers.Conv1D(4, 5, strides=2), 2, False),
        (layers.Conv1D(4, 5, dilation_rate=2), 2, False),
        (layers.Conv1D(4, 5, groups=2), 2, False),
        (layers.Conv1D(4, 5, dtype="mixed_bfloat16"), 2, False),
        (layers.SeparableConv1D(4, 5), 2, False),
        (layers.Dense(4), 1, False),
    ],
)
def test_where_it_pays_and_is_right(layer, width, expected):
    assert spreads(layer, width) is expected
