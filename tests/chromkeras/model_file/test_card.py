import re
import subprocess
import sys

import keras
import pytest

from chromkeras.errors import InputError
from chromkeras.layers.run_card import RunCard as CardLayer
from chromkeras.model_file.card import RunCard, read_card

FULL = RunCard(
    tasks=("a", "b"), recipe={"plan": "hard", "data": {"shift": 3, "x": [1, 2], "y": None}},
    fingerprint="f", scores={"loss": 0.5, "auroc": {"a": 0.5, "b": float("inf")}},
    problem="classes", classes=("x", "y"), inputs={"dna": (600, 4)},
    layers={"entries": [{"name": "conv_1", "sharing": "shared"}], "groups": [0, 1], "backbone": 1},
    version="0.1.0",
)  # fmt: skip
TABLE = {"entries": [], "groups": [0], "backbone": 0}
OLD = {"tasks": ["a"], "recipe": {"plan": "hard"}, "fingerprint": "f", "scores": {}}


def test_the_layer_and_the_card_have_the_same_fields():
    assert RunCard.from_config(FULL.to_config()) == FULL
    held = CardLayer(**FULL.to_config()).get_config()
    assert RunCard.from_config(held) == FULL
    assert {key: held[key] for key in FULL.to_config()} == FULL.to_config()


def test_a_card_of_a_file_from_before_has_defaults():
    card = RunCard.from_config(OLD)
    assert (card.problem, card.classes, card.layers, card.inputs, card.version) == (
        "binary", (), {}, {}, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("tasks", None, "a list of 1 to 10,000 values, received null"),
        ("tasks", [], "a list of 1 to 10,000 values, received a list of 0"),
        ("tasks", "ab", "a list of 1 to 10,000 values, received 'ab'"),
        ("tasks", [1], "text, received 1"),
        ("tasks", [""], "a name, received ''"),
        ("recipe", [], "a table, received a list of 0"),
        ("recipe", {}, "plan, received no plan"),
        ("recipe", {"plan": "hard", "data": 3}, "a table, received 3"),
        ("recipe", {"plan": "hard", "data": {"a": {}}}, "a number, received a table of 0 keys"),
        ("fingerprint", 3, "text, received 3"),
        ("scores", [0.5], "a table, received a list of 1"),
        ("scores", {"a": {"b": {}}}, "a number, received a table of 0 keys"),
        ("problem", None, "text, received null"),
        ("classes", "ab", "a list, received 'ab'"),
        ("layers", [3], "a table, received a list of 1"),
        ("layers", {"entries": []}, "entries, groups, backbone, received no groups"),
        ("layers", TABLE | {"entries": [3]}, "a table, received 3"),
        ("layers", TABLE | {"groups": [-1]}, "a whole number from 0 to 10000, received -1"),
        ("inputs", {"dna": [None]}, "whole numbers, received a list of 1"),
        ("inputs", {"dna": 600}, "a list, received 600"),
        ("version", 1, "text, received 1"),
    ],
)
def test_every_field_has_its_type(field, value, expected):
    with pytest.raises(InputError, match=rf"^run card: {field}.*: expected {re.escape(expected)}$"):
        RunCard.from_config(OLD | {field: value})


def test_fields_are_there_and_known():
    for field in OLD:
        with pytest.raises(InputError, match=f"run card: expected .*, received no {field}"):
            RunCard.from_config({k: v for k, v in OLD.items() if k != field})
    with pytest.raises(InputError, match="unknown run card field 'task'; did you mean tasks"):
        RunCard.from_config(OLD | {"task": 1})
    with pytest.raises(InputError, match="duplicate task 'a'"):
        RunCard.from_config(OLD | {"tasks": ["a", "a"]})


def test_every_task_has_its_group():
    with pytest.raises(InputError, match="groups: expected one for each of 1 tasks, received a li"):
        RunCard.from_config(OLD | {"layers": TABLE | {"groups": [0, 0]}})


def test_a_card_is_read_without_keras(model_path):
    code = (
        "import sys; from chromkeras.model_file.card import read_card; "
        f"print(read_card({str(model_path)!r}).tasks, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "('a', 'b', 'c') False\n"


def test_models_of_others_have_none(tmp_path):
    inputs = keras.Input((4,))
    keras.Model(inputs, keras.layers.Dense(1)(inputs)).save(tmp_path / "m.keras")
    with pytest.raises(InputError, match=r"m\.keras: .*without a chromkeras run card"):
        read_card(tmp_path / "m.keras")


def test_two_cards(made):
    def change(model):
        second = {**model["layers"][-1], "name": "again"}
        second["config"] = {**second["config"], "name": "again"}
        model["layers"].append(second)

    with pytest.raises(InputError, match="expected one run card, received 2"):
        read_card(made(change))
