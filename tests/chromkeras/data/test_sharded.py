import keras
import numpy as np
import pytest

from chromkeras.data import sharded as module
from chromkeras.data.sharded import in_equal_shards, sharded


class Sizes(keras.utils.PyDataset):
    """Batches of given numbers of rows."""

    def __init__(self, *sizes):
        super().__init__()
        self.sizes, self.epoch = sizes, 0

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, index):
        x = np.arange(self.sizes[index] * 2, dtype=np.float32).reshape(-1, 2)
        return x, x[:, :1] % 2, np.ones((len(x), 1), np.float32)

    def on_epoch_end(self):
        self.epoch += 1


@pytest.fixture
def three(monkeypatch):
    monkeypatch.setattr(module, "replicas", lambda: 3)


def test_one_replica_changes_nothing():
    batches = Sizes(3)
    assert sharded(batches) is batches


def test_a_batch_too_small_goes_whole_to_every_replica(three):
    batches = Sizes(6, 5, 4, 1)
    shards = sharded(batches)
    assert len(shards) == 4
    assert [len(shards[i][0]) for i in range(4)] == [6, 15, 12, 3]  # before the first epoch
    shards.on_epoch_end()
    assert batches.epoch == 1
    assert [len(shards[i][0]) for i in range(4)] == [6, 5, 12, 3]  # 5 is 2, 2 and 1; 4 is 2 and 2
    for given, repeated in zip(batches[2][:2], shards[2][:2], strict=True):
        for part in np.split(repeated, 3):
            np.testing.assert_array_equal(part, given)
    assert shards[2][2][:, 0].tolist() == [1] * 4 + [0] * 8  # known to the first replica alone


class Named(Sizes):
    """The same with two inputs by name."""

    def __getitem__(self, index):
        x, labels, known = super().__getitem__(index)
        return {"a": x, "b": x[:, :1]}, labels, known


def test_inputs_by_name_are_sharded_alike(three):
    shards, plain = sharded(Named(4)), sharded(Sizes(4))
    inputs, *rest = shards[0]
    x, *expected = plain[0]
    np.testing.assert_array_equal(inputs["a"], x)
    np.testing.assert_array_equal(inputs["b"], x[:, :1])
    for one, other in zip(rest, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_inputs_by_name_to_predict_come_out_equal(three):
    x = {"a": np.arange(4.0)[:, None], "b": np.arange(4.0)[:, None, None]}
    longer, _ = in_equal_shards(x, 3)
    assert {name: len(each) for name, each in longer.items()} == {"a": 6, "b": 6}
    np.testing.assert_array_equal(longer["b"][:4], x["b"])


@pytest.mark.parametrize("rows", range(1, 9))
def test_rows_to_predict_come_out_equal(rows, three):
    x = np.arange(rows, dtype=np.float32)[:, None]
    longer, batch_size = in_equal_shards(x, 4)
    assert batch_size == 6
    assert len(longer) % 3 == 0
    np.testing.assert_array_equal(longer[:rows], x)
    assert len(longer) - rows < 3


def test_rows_to_predict_on_one_device_stay():
    x = np.zeros((5, 2), np.float32)
    longer, batch_size = in_equal_shards(x, 4)
    assert longer is x
    assert batch_size == 4
