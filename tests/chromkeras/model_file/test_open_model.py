import io
import random
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.model_file.allowed import BY_MODULE, allow
from chromkeras.model_file.open_model import open_model

SHIPPED = sorted((Path(__file__).parents[3] / "models").rglob("*.keras"))


def test_a_model_comes_back_with_what_is_known_about_it(model_path, small_recipe):
    found = open_model(model_path)
    assert found.path == model_path
    assert found.tasks == ("a", "b", "c")
    assert found.recipe == small_recipe
    names = [entry.name for entry in found.layers]
    assert (names[:2], len(names)) == (["conv_1", "norm_1"], 13)
    assert found.card.fingerprint == "f"
    expected = keras.saving.load_model(model_path, compile=False)
    for one, other in zip(found.network.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: "/".join(path.parts[-2:]))
def test_shipped_models_open(path):
    found = open_model(path)
    outputs = found.network.predict(np.zeros((1, *found.network.input_shape[1:])), verbose=0)
    assert outputs.shape == (1, len(found.tasks))
    assert np.isfinite(outputs).all()


def test_there_are_shipped_models():
    assert len(SHIPPED) >= 6


def test_opening_leaves_no_trace(model_path):
    """What is built without weights is forgotten, with its names and the seeds it drew."""
    random.seed(0)
    keras.saving.load_model(model_path, compile=False)
    plain = random.random()
    random.seed(0)
    opened = open_model(model_path).network
    assert random.random() == plain
    assert opened.losses == keras.saving.load_model(model_path, compile=False).losses == []
    before = keras.layers.Dense(1).name
    open_model(model_path)
    number = int(before.rpartition("_")[2]) if "_" in before else 0
    assert keras.layers.Dense(1).name == f"dense_{number + 1}"
    with keras.StatelessScope():  # its end gives a value to every variable that waits for one
        pass


def refused(path, message):
    with pytest.raises(InputError, match=message) as caught:
        open_model(path)
    assert str(caught.value).isprintable()


def test_no_file(tmp_path):
    refused(tmp_path / "m.keras", "does not exist")
    (tmp_path / "empty.keras").touch()
    refused(tmp_path / "empty.keras", "is empty")
    refused(tmp_path, "is a folder")


def test_members_are_those_of_keras(model_path, parts, mutations, tmp_path):
    path = tmp_path / "m.keras"
    path.write_bytes(mutations.zipped([("config.json", b"[]"), ("metadata.json", b"{}")]))
    refused(path, r"expected members .*model\.weights\.h5; received config\.json, metadata\.json")


@pytest.mark.parametrize("place", [12, 15])
def test_registered_classes_are_layers_of_ours(made, layer, mutations, traps, place):
    payload = mutations.payloads(traps)[place]

    def change(model):
        layer(model, "activation_1")["config"]["extra"] = payload

    refused(
        made(change),
        "class '.*' is of another package|is not known to this version|expected a layer",
    )
    assert not Path(traps.canary).exists()


@pytest.mark.parametrize(
    ("name", "key", "value", "message"),
    [
        ("conv_1", "kernel_size", [3], "damaged or of another version|declare"),
        ("dense_7", "units", 5, "damaged or of another version|declare"),
        ("pool_1", "pool_size", 0, "damaged or of another version"),
        ("activation_1", "unknown", 1, "damaged or of another version.*unknown"),
        ("flatten", "tasks", 2, "damaged or of another version|declare"),
        ("join", "tasks", 2, "expected an output for each of 3 tasks, received shape"),
    ],
)
def test_what_makes_no_sense_is_one_line(made, layer, name, key, value, message):
    refused(made(lambda model: layer(model, name)["config"].update({key: value})), message)


def test_more_weights_than_the_file_has_are_not_made(made, layer):
    """The sizes that are looked at beforehand agree, those that follow from them do not."""

    def change(model):
        model["layers"][0]["config"]["batch_shape"] = [None, 10**9, 4]
        for entry in model["layers"]:
            entry.pop("build_config", None)

    refused(made(change), r"its layers declare \d.* weights, but the file holds")


def test_layers_that_put_out_too_much(made, layer):
    def change(model):
        model["layers"][0]["config"]["batch_shape"] = [None, 2**40, 4]
        layer(model, "pool_1")["config"] |= {"pool_size": [2**36], "strides": [2**36]}
        for entry in model["layers"]:
            entry.pop("build_config", None)

    refused(made(change), "declare|put out at most|damaged")


@pytest.mark.parametrize("recipe", [{"plan": "x"}, {"plan": "hard", "data": {"shift": "far"}}])
def test_recipes_are_checked(made, layer, recipe):
    path = made(lambda model: layer(model, "run_card")["config"].update(recipe=recipe))
    refused(path, r"made\.keras: (unknown plan 'x'|data.shift: expected a whole number)")


def test_missing_weights(parts, made):
    held = io.BytesIO(parts.weights)
    with h5py.File(held, "r+") as file:
        path = "layers/conv1d/vars/0"
        file["other"] = file[path][...]
        del file[path]
    refused(
        made(weights=held.getvalue()),
        r"damaged or of another version .*Skipping nested|could not be loaded",
    )


@pytest.mark.parametrize("module", BY_MODULE)
def test_listed_classes_are_there_in_keras(module):
    home = keras if module == "keras" else getattr(keras, module.partition(".")[2])
    assert [name for name in BY_MODULE[module] if not isinstance(getattr(home, name), type)] == []


@keras.saving.register_keras_serializable(package="test_open_model")
class Doubled(keras.layers.Layer):
    """A layer of somebody else's architecture."""

    def call(self, inputs):
        return 2 * inputs


@keras.saving.register_keras_serializable(package="test_open_model")
class Loss(keras.losses.Loss):
    """What no layer is."""


def test_a_new_architecture_allows_its_own_layers(made, layer, model_path):
    def change(model):
        layer(model, "activation_1").update(
            class_name="Doubled", module="elsewhere", registered_name="test_open_model>Doubled"
        )
        del layer(model, "activation_1")["config"]["activation"]

    path = made(change)
    refused(path, "class 'test_open_model>Doubled' is of another package")
    allow(Doubled)
    network = open_model(path).network
    assert isinstance(network.get_layer("activation_1"), Doubled)
    for other in (keras.losses.MeanSquaredError, Loss):
        with pytest.raises(InputError, match=r"not known to this version|expected a layer"):
            allow(other)
