import keras
import pytest

from chromkeras.training.model_file import open_model


def test_a_stranger_s_model_is_refused(tmp_path):
    inputs = keras.Input((4,))
    keras.Model(inputs, keras.layers.Dense(1)(inputs)).save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="without a chromkeras run card"):
        open_model(tmp_path / "m.keras")


def test_no_keras_file(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        open_model(tmp_path / "m.keras")
    (tmp_path / "empty.keras").touch()
    with pytest.raises(ValueError, match="is empty"):
        open_model(tmp_path / "empty.keras")
    (tmp_path / "text.keras").write_text("no model")
    with pytest.raises(ValueError, match=r"not a .keras file"):
        open_model(tmp_path / "text.keras")
