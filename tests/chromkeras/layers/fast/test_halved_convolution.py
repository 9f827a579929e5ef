import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from chromkeras.layers.fast.halved_convolution import halved_convolution


def _reference(x, kernel, padding):
    """Convolve in float64, task by task, the way of the definition."""
    tasks, width, channels, filters = kernel.shape
    if padding == "same":
        x = np.pad(x, ((0, 0), (width // 2, width // 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, width, axis=1)
    windows = windows.reshape(*windows.shape[:2], tasks, channels, width)
    out = np.einsum("bltcw,twcf->bltf", windows, kernel)
    return out.reshape(*out.shape[:2], tasks * filters)


@settings(max_examples=10, deadline=None)
@given(
    length=st.integers(1, 9),
    reach=st.integers(1, 3),
    tasks=st.integers(1, 2),
    padding=st.sampled_from(["valid", "same"]),
    seed=st.integers(0, 99),
)
def test_equal_to_the_definition(length, reach, tasks, padding, seed):
    rng, width = np.random.default_rng(seed), 2 * reach + 1
    if padding == "valid":
        length += width - 1
    x = rng.normal(size=(2, length, tasks * 3))
    kernel = rng.normal(size=(tasks, width, 3, 4))
    out = halved_convolution(
        ops.convert_to_tensor(x, "float32"),
        ops.convert_to_tensor(kernel, "float32"),
        padding=padding,
    )
    np.testing.assert_allclose(out, _reference(x, kernel, padding), atol=2e-5)


def test_rounding_is_about_that_of_the_plain_way():
    rng = np.random.default_rng(0)
    x = np.maximum(rng.normal(size=(4, 60, 100)), 0.0)
    kernel = rng.normal(size=(1, 11, 100, 50)) / 33
    x32, kernel32 = x.astype("float32"), kernel.astype("float32")
    exact = _reference(x32.astype(float), kernel32.astype(float), "valid")
    plain = ops.convert_to_numpy(ops.conv(x32, kernel32[0], padding="valid"))
    halved = ops.convert_to_numpy(
        halved_convolution(*map(ops.convert_to_tensor, (x32, kernel32)), padding="valid")
    )
    errors = [np.sqrt(np.mean((out - exact) ** 2)) for out in (halved, plain)]
    assert errors[0] < 2.5 * errors[1]
