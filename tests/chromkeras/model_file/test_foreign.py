"""Keras models of anybody, which have no run card."""

import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers, ops

from chromkeras.errors import InputError
from chromkeras.model_file.foreign import (
    Sidecar,
    foreign_card,
    has_card,
    load_foreign,
    open_foreign,
    read_sidecar,
    task_names,
)
from chromkeras.model_file.shipped import model_path

LENGTH = 12
X = np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (5, LENGTH))]


def hidden():
    keras.utils.set_random_seed(0)
    x = keras.Input((LENGTH, 4))
    return x, layers.Flatten()(layers.Conv1D(3, 5, activation="relu")(x))


def ending(name: str) -> tuple[keras.Model, keras.Model]:
    """Return a model that ends in some way, and the same without the last activation."""
    x, h = hidden()
    logits = layers.Dense(2, name="logits")(h)
    ends = {
        "layer": lambda: layers.Activation("sigmoid")(logits),
        "operation": lambda: ops.sigmoid(logits),
        "softmax": lambda: layers.Softmax()(logits),
        "none": lambda: logits,
    }
    bare = keras.Model(x, logits)
    if name == "argument":
        last = layers.Dense(2, activation="sigmoid")
        model = keras.Sequential([keras.Model(x, h), last])
        model.build((None, LENGTH, 4))
        last.set_weights(bare.get_layer("logits").get_weights())
        return model, bare
    return keras.Model(x, ends[name]()), bare


@pytest.mark.parametrize("name", ["layer", "operation", "argument", "none"])
def test_outputs_are_logits_whatever_ends_the_model(name, tmp_path):
    model, bare = ending(name)
    model.save(tmp_path / "m.keras")
    opened = open_foreign(tmp_path / "m.keras", foreign_card(("a", "b"), "binary"))
    expected = bare.predict(X, verbose=0)
    np.testing.assert_allclose(opened.network.predict(X, verbose=0), expected, atol=1e-5)
    assert opened.tasks == ("a", "b")
    assert (opened.loss, opened.link) == ("plain", "identity")
    real = open_foreign(tmp_path / "m.keras", foreign_card(("a", "b"), "regression"))
    as_it_is = model.predict(X, verbose=0)
    np.testing.assert_allclose(real.network.predict(X, verbose=0), as_it_is, atol=1e-6)


def test_classes_and_one_number(tmp_path):
    model, _ = ending("softmax")
    model.save(tmp_path / "m.keras")
    card = foreign_card(("kind",), "classes", ("shut", "open"))
    found = open_foreign(tmp_path / "m.keras", card).network.predict(X, verbose=0)
    p = np.exp(found) / np.exp(found).sum(-1, keepdims=True)
    np.testing.assert_allclose(p[:, 0], model.predict(X, verbose=0), atol=1e-6)
    x, h = hidden()
    keras.Model(x, [layers.Dense(3, name="c")(h), layers.Dense(1, name="b")(h)[:, 0]]).save(
        tmp_path / "two.keras"
    )
    card = foreign_card(("a",), "regression")
    for head in (1, "1"):
        opened = open_foreign(tmp_path / "two.keras", card, head=head)
        assert opened.network.output_shape == (None, 1)
    with pytest.raises(InputError, match=r"received \(batch, 3\)"):
        open_foreign(tmp_path / "two.keras", card, head="c")
    with pytest.raises(InputError, match="head="):
        open_foreign(tmp_path / "two.keras", card)


@pytest.mark.parametrize("last", [{"activation": "softmax"}, {}])
def test_a_softmax_over_binary_tasks_keeps_its_probabilities(last, tmp_path):
    x, h = hidden()
    y = layers.Dense(3, **last)(h)
    model = keras.Model(x, y if last else layers.Softmax()(y))
    model.save(tmp_path / "m.keras")
    opened = open_foreign(tmp_path / "m.keras", foreign_card(("a", "b", "c"), "binary"))
    p = 1 / (1 + np.exp(-opened.network.predict(X, verbose=0)))
    np.testing.assert_allclose(p, model.predict(X, verbose=0), atol=1e-6)


def test_a_last_layer_that_is_called_twice_stays_as_it_is(tmp_path):
    x, h = hidden()
    last = layers.Dense(2, activation="sigmoid")
    model = keras.Model(x, last(last(layers.Dense(2)(h))))
    model.save(tmp_path / "m.keras")
    opened = open_foreign(tmp_path / "m.keras", foreign_card(("a", "b"), "binary"))
    p = 1 / (1 + np.exp(-opened.network.predict(X, verbose=0)))
    np.testing.assert_allclose(p, model.predict(X, verbose=0), atol=1e-6)


def test_models_with_and_without_a_card(tmp_path):
    assert has_card("worm_hard")
    path = tmp_path / "m.keras"
    ending("none")[0].save(path)
    assert not has_card(path)
    (tmp_path / "damaged.keras").write_bytes(path.read_bytes()[:900])
    with pytest.raises(InputError, match="damaged"):
        has_card(tmp_path / "damaged.keras")
    with pytest.raises(InputError, match="does not exist"):
        has_card(tmp_path / "none.keras")
    (tmp_path / "text.h5").write_text("no model")
    with pytest.raises(InputError, match="not an HDF5 file"):
        open_foreign(tmp_path / "text.h5", foreign_card(("a",), "binary"))
    with pytest.raises(InputError, match="does not exist"):
        open_foreign(tmp_path / "none.h5", foreign_card(("a",), "binary"))
    assert model_path("worm_hard").suffix == ".keras"


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("ending_of_name", [".keras", ".h5"])
def test_code_in_a_model_is_not_run_and_other_files_are_not_read(ending_of_name, tmp_path):
    x, h = hidden()
    path = tmp_path / f"lambda{ending_of_name}"
    keras.Model(x, layers.Lambda(lambda v: v * 2)(h)).save(path)
    with pytest.raises(InputError, match="Keras cannot load it"):
        load_foreign(path)
    plain = tmp_path / f"plain{ending_of_name}"
    ending("none")[0].save(plain)
    assert load_foreign(plain).count_params() > 0
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(1000))
    weights = tmp_path / "model.weights.h5"
    if ending_of_name == ".h5":
        weights = plain
    else:
        with zipfile.ZipFile(plain) as archive:
            archive.extract(weights.name, tmp_path)
    with h5py.File(weights, "a") as file:
        file.create_dataset("stolen", (10,), "u1", external=[(str(secret), 0, 10)])
    if ending_of_name == ".keras":
        with zipfile.ZipFile(plain) as old, zipfile.ZipFile(tmp_path / "new.keras", "w") as new:
            for name in old.namelist():
                own = name == weights.name
                new.writestr(name, weights.read_bytes() if own else old.read(name))
        plain = tmp_path / "new.keras"
    with pytest.raises(InputError, match="lies in another file"):
        load_foreign(plain)


def test_names_come_from_the_caller_or_the_file_beside(tmp_path):
    path, beside = tmp_path / "m.keras", tmp_path / "m.toml"
    assert read_sidecar(path) == Sidecar()
    with pytest.raises(InputError, match=r"expected `tasks`.*m\.toml"):
        task_names(path)
    beside.write_text('tasks = ["a", "b"]\nhead = 1\n')
    assert read_sidecar(path) == Sidecar(("a", "b"), 1)
    assert task_names(path) == ("a", "b")
    assert task_names(path, ("c",)) == ("c",)
    with pytest.raises(InputError, match="'c'"):
        task_names(path, ("c", "c"))
    for wrong, message in [
        ("task = 1", "expected head, tasks, received"),
        ("tasks = 1", "a list"),
        ("tasks = [1]", "tasks"),
        ('tasks = ["a", "a"]', "duplicate task"),
        ("head = true", "head: expected a name"),
        ("tasks = [", "not valid TOML"),
    ]:
        beside.write_text(wrong)
        with pytest.raises(InputError, match=message):
            read_sidecar(path)
