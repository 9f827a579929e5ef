"""How many rows a memory budget holds."""

import keras
import pytest
from keras import layers

from chrominterpret.engine.graph import values_per_row
from chrominterpret.engine.memory import LARGEST, rows_at_once
from chrominterpret.errors import InputError

pytestmark = pytest.mark.backend


def model_of(length) -> keras.Model:
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(5), layers.ReLU()])
    x = keras.Input((length, 4))
    h = layers.GlobalMaxPooling1D()(layers.Conv1D(3, 3, padding="same")(x))
    keras.Model(x, h)  # another model over the same layers counts for nothing
    return keras.Model(x, [layers.Dense(2)(inner(h)), layers.Dense(100, name="other")(h)])


@pytest.mark.parametrize("length", [10, None])
def test_numbers_of_a_row_by_hand(length):
    model = model_of(length)
    assert values_per_row(model, 0, 10) == 10 * 3 + 3 + 5 + 5 + 2
    assert values_per_row(model, 1, 10) == 10 * 3 + 3 + 100


def test_rows():
    model = model_of(10)
    per_row = 45 * 4 * 2 / 1e9
    assert rows_at_once(model, 0, 10, memory=7.5 * per_row) == 7
    assert rows_at_once(model, 0, 10, memory=7.5 * per_row, copies=4) == 3
    assert rows_at_once(model, 0, 10, memory=0.1 * per_row) == 1
    assert rows_at_once(model, 0, 10, memory=100) == LARGEST
    assert rows_at_once(model, 0, 10, batch_size=1000, memory=1e-9) == 1000
    with pytest.raises(InputError, match="batch_size of at least 1"):
        rows_at_once(model, 0, 10, batch_size=0)
    for memory in (0, -1, float("nan")):
        with pytest.raises(InputError, match="memory="):
            rows_at_once(model, 0, 10, memory=memory)
