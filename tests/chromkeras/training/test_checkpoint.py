import keras
import numpy as np
import pytest

from chromkeras.model_file.model_file import open_model
from chromkeras.training.train import train


class StopInTheSecondEpoch(keras.callbacks.Callback):
    epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (1, 1):
            raise KeyboardInterrupt


def test_half_an_update_is_taken_up_where_it_was(tiny_dataset, tiny_recipe, tmp_path, monkeypatch):
    """Three batches an epoch and two in an update: the first epoch ends amid an update."""
    settings = ("training.epochs=3", "training.batch_size=16", "training.accumulate=2")
    recipe = tiny_recipe("hard", *settings)
    whole = train(tiny_dataset(), recipe, tmp_path / "whole.keras")
    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.training.run.StopOnDivergence", StopInTheSecondEpoch)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_dataset(), recipe, tmp_path / "broken.keras")
    resumed = train(tiny_dataset(), recipe, tmp_path / "broken.keras", resume=True)
    assert [row["loss"] for row in resumed.rows] == [row["loss"] for row in whole.rows]
    pairs = zip(*(open_model(run.model)[0].get_weights() for run in (whole, resumed)), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)
