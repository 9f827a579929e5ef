import json

import pytest

from chromkeras.errors import InputError
from chromkeras.model_file.card import read_card
from chromkeras.model_file.check import check_model_file


def test_a_saved_model_passes(model_path, small_recipe):
    found = check_model_file(model_path)
    assert found.card.recipe == small_recipe.to_dict()
    assert found.card.tasks == ("a", "b", "c")
    assert "chromkeras>TaskConv1D" in found.config.registered
    assert found.keras_version.startswith("3.")


def refused(path, message):
    with pytest.raises(InputError, match=message) as caught:
        read_card(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", 3, "layer 2: name: expected text, received 3"),
        ("name", "other", "layer other: name in config: expected the same name"),
        ("config", [], "layer 2: config|layer conv_1: config: expected a table"),
        ("class_name", "Lambda", "unknown class of keras.layers 'Lambda'"),
        ("registered_name", "x", "layer conv_1: registered_name: expected 'package>Name'"),
        ("module", None, "layer conv_1: expected text, received null"),
        ("build_config", {"input_shape": [0]}, "build_config: expected a whole number of at least"),
        ("build_config", {"path": "x"}, "build_config: expected input_shape, shapes_dict"),
        ("inbound_nodes", [], "layer conv_1: inbound_nodes: expected at least one node"),
        ("inbound_nodes", [[]], "layer conv_1: node: expected a table, received a list of 0"),
        ("extra", 1, "layer 2: expected .*, received 'extra'"),
    ],
)
def test_entries_of_layers(made, layer, key, value, message):
    def change(model):
        layer(model, "conv_1")[key] = value

    refused(made(change), message)


# Of the payloads, those that are registered classes by their names: test_open_model has them.
WHEN_OPENED = (12, 15)


@pytest.mark.parametrize("place", [place for place in range(27) if place not in WHEN_OPENED])
def test_objects_that_are_no_layers_of_the_list(made, layer, mutations, traps, place):
    payload = mutations.payloads(traps)[place]

    def change(model):
        layer(model, "norm_1")["config"]["beta_initializer"] = payload

    refused(made(change), "layer norm_1: ")

    def put(model):
        layer(model, "activation_1").update(payload)

    refused(made(put), "expected|received|unknown class")


def test_all_payloads_are_tried(mutations, traps):
    assert len(mutations.payloads(traps)) == 27


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("activation", "owned", "layer activation_1: unknown activation 'owned'"),
        ("activation", "chromkeras>RunCard", "unknown activation"),
        ("dtype", "int8", "unknown type 'int8'"),
        ("quantization_config", {}, "quantization_config: expected null"),
        ("noise", "evil>thing", "no name of a registered object"),
    ],
)
def test_words_that_keras_would_look_up(made, layer, key, value, message):
    def change(model):
        layer(model, "activation_1")["config"][key] = value

    refused(made(change), message)


def test_the_type_of_the_card_is_checked_too(made, layer):
    def change(model):
        layer(model, "run_card")["config"]["dtype"] = {"class_name": "Lambda", "config": {}}

    refused(made(change), "layer run_card: .*expected module")


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (["nowhere", 0, 0], "unknown layer 'nowhere'"),
        (["activation_1", 5, 0], "layer pool_1 reads from a node that does not exist"),
        (["activation_1", -1, 0], "expected a whole number from 0"),
        (["pool_1", 0, 0], "layer pool_1 reads from a node that does not exist, or the layers"),
        (["run_card", 0, 0], "form a loop"),
        ([], "expected a list of 3 to 3 values"),
    ],
)
def test_layers_read_from_layers_that_exist(made, layer, history, message):
    def change(model):
        node = layer(model, "pool_1")["inbound_nodes"][0]
        node["args"][0]["config"]["keras_history"] = history

    refused(made(change), message)


def test_layers_may_stand_in_any_sensible_order_only(made):
    def swap(model):
        model["layers"][3:5] = model["layers"][4:2:-1]

    assert read_card(made(swap)).tasks == ("a", "b", "c")
    refused(made(lambda model: model["layers"].reverse()), "stand in no order")


def test_names_of_layers_are_unique(made):
    def change(model):
        model["layers"][3] = model["layers"][2]

    refused(made(change), "duplicate layer")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("input_layers", ["nowhere", 0, 0], "config.json: input_layers: unknown layer"),
        ("output_layers", ["run_card", 1, 0], "output_layers: layer run_card has no node 1"),
        ("output_layers", [], "output_layers: expected a list of 3"),
        ("layers", [], "config.json: layers: expected a list of 1 to 2,000 values"),
        ("layers", {}, "config.json: layers: expected a list"),
        ("name", None, "config.json: name: expected text"),
        ("trainable", 1, "config.json: trainable: expected true or false"),
        ("path", "x", "config.json: config: expected .*, received 'path'"),
    ],
)
def test_the_model_itself(made, key, value, message):
    refused(made(lambda model: model.update({key: value})), message)


@pytest.mark.parametrize(
    ("name", "key", "size", "message"),
    [
        (
            "conv_2",
            "filters",
            10**12,
            r"layer conv_2: filters is 1000000000000, but the file holds",
        ),
        ("dense_7", "units", 3 * 10**7, "layer dense_7: units is 30000000"),
        ("join", "tasks", 4, "layer join: tasks is 4, but the file holds 3 tasks"),
    ],
)
def test_no_layer_is_larger_than_the_file(made, layer, name, key, size, message):
    path = made(lambda model: layer(model, name)["config"].update({key: size}))
    with pytest.raises(InputError, match=message):
        check_model_file(path)


@pytest.mark.parametrize("module", ["os", "keras_evil", "keras.src.saving", None, ["keras"]])
def test_the_model_is_of_keras(parts, made, module):
    text = json.dumps(parts.config | {"module": module}).encode()
    refused(made(raw=text), "config.json: class_name: expected 'Functional' of Keras")


def test_escapes_in_names_are_shown_not_sent(made, layer, mutations):
    def change(model):
        layer(model, "pool_1")["name"] = mutations.ESCAPE

    refused(made(change), r"layer \\x1b\]0;owned\\x07")
