import numpy as np
import pytest

from chromkeras.data.recycled import RecycledArrays


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_serves_again_once_it_is_free():
    arrays = RecycledArrays()
    first = arrays.empty((3, 5, 4))
    place = address(first)
    assert (first.shape, first.dtype, place % 64) == ((3, 5, 4), np.float32, 0)
    del first
    assert address(arrays.empty((2, 5, 4))) == place


@pytest.mark.parametrize("view", [
    lambda x: x, lambda x: x[1:], lambda x: x.reshape(-1)[::2].T, lambda x: memoryview(x),
    lambda x: x.view(np.int32),
])  # fmt: skip
def test_memory_in_use_is_left_alone(view):
    arrays = RecycledArrays()
    held = arrays.empty((4, 6))
    held[...] = 1
    place, held = address(held), view(held)
    for _ in range(3):
        other = arrays.empty((4, 6))
        other[...] = 2
        assert address(other) != place
    expected = np.ones(1, np.float32).view(np.asarray(held).dtype)
    assert (np.asarray(held) == expected).all()


def test_larger_arrays_get_larger_memory():
    arrays = RecycledArrays()
    del (small := [arrays.empty((2,))])[0]
    assert not small
    large = arrays.empty((10_000,))
    large[...] = 3
    assert large.sum() == 30_000


def test_an_empty_array():
    assert RecycledArrays().empty((0, 4)).shape == (0, 4)
