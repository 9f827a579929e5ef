from types import SimpleNamespace

import keras
import pytest
from keras import layers

from chromkeras.benchmarking import description


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ([layers.Conv1D(2, 3)], "convolutional neural network"),
        ([layers.Conv1D(2, 3, dilation_rate=2)], "dilated convolutional neural network"),
        (
            [layers.Conv1D(2, 3), layers.Bidirectional(layers.LSTM(2))],
            "convolutional and recurrent neural network",
        ),
        ([layers.Flatten(), layers.Dense(2)], "neural network"),
        (
            [keras.Sequential([layers.Input((9, 4)), layers.Conv1D(2, 3)])],
            "convolutional neural network",
        ),
    ],
)
def test_kind_by_layers(inside, expected):
    network = keras.Sequential([keras.Input((9, 4)), *inside])
    assert description.kind(network) == expected


def test_a_module_may_name_no_paper():
    assert description.publication(SimpleNamespace()) == "–"
    assert description.publication(SimpleNamespace(PUBLICATION="Zhou 2015")) == "Zhou 2015"
    assert description.published_length(SimpleNamespace()) is None
