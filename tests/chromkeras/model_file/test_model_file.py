import zipfile

import keras
import pytest

from chromkeras.model_file.model_file import open_model, save_model
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan


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


def test_damaged_model(tiny_dataset, tiny_recipe, tmp_path):
    recipe, path = tiny_recipe(), tmp_path / "m.keras"
    model = build_model(resolve_plan(recipe, ("a",), {"dna": (300, 4)}))
    save_model(
        path,
        resolve_plan(recipe, ("a",), {"dna": (300, 4)}),
        model.get_weights(),
        fingerprint="",
        scores={},
    )
    with zipfile.ZipFile(path) as archive:
        config = archive.read("config.json")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", "{}")
    with pytest.raises(ValueError, match=r"m\.keras is damaged or of another version"):
        open_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "[]")
    with pytest.raises(ValueError, match=r"not a \.keras file"):
        open_model(path)
