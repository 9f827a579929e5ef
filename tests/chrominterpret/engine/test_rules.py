"""Which rule each layer gets."""

import keras
import pytest
from keras import layers

from chrominterpret.engine.graph import Step
from chrominterpret.engine.keras_private import nodes_of
from chrominterpret.engine.rule_table import (
    LAYERS,
    MEANING,
    OPERATIONS,
    RULE_OF_LAYER,
    RULE_OF_OPERATION,
)
from chrominterpret.engine.rules import INSIDE, logit_step, prepare_call, register_rule, rule_of
from chrominterpret.engine.secant import RULES, Pair


def rule(operation, active: int = 1) -> str | None:
    step = Step(operation, (0,), 1)
    marks = tuple(Pair(None, None, 1, True) for _ in range(active))
    return rule_of(step, prepare_call(step, marks, {}))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Conv1D(2, 3, activation="relu"), "linear"),
        (layers.Dense(2, activation=layers.LeakyReLU(0.1)), "linear"),
        (layers.BatchNormalization(), "linear"),
        (layers.Dropout(0.1), "identity"),
        (layers.Activation("gelu"), "elementwise"),
        (layers.Activation(layers.ReLU()), "elementwise"),
        (layers.Activation("linear"), "identity"),
        (layers.MaxPooling1D(2), "max_pool"),
        (layers.Dense(2, activation="softmax"), "linear"),
        (layers.Activation("softmax"), "softmax"),
        (layers.LSTM(2), "recurrent"),
        (layers.LayerNormalization(), "opened"),
    ],
)
def test_rules_of_layers(layer, expected):
    assert rule(layer) == expected


def test_products_are_linear_in_one_active_input():
    multiply = layers.Multiply()
    assert [rule(multiply, active) for active in (0, 1, 2, 3)] == [
        "linear",
        "linear",
        "product",
        "product",
    ]
    assert rule(layers.Dot(1), 2) == "bilinear"


def test_linear_in_the_first_argument_alone():
    x, weights = keras.Input((3,)), keras.Input((3,))
    average = keras.Function([x, weights], keras.ops.average(x, axis=1, weights=weights))
    step = Step.of(nodes_of(average)[-1])

    def of(*active: bool) -> str | None:
        args, given = [Pair(None, None, 1, mark) for mark in active]
        return rule_of(step, prepare_call(step, (args,), {"weights": given}))

    assert of(True, False) == "linear"
    assert of(True, True) is of(False, True) is None
    assert rule(layers.Add(), 2) == rule(layers.Concatenate(), 3) == "linear"


@pytest.mark.parametrize(
    "layer",
    [
        layers.Activation(lambda x: x**2),
        layers.Dot(1, normalize=True),
        layers.LSTM(2, stateful=True),
    ],
)
def test_no_rule_of_its_own(layer):
    assert rule(layer) is None


def test_an_elementwise_layer_with_two_inputs_has_no_rule():
    assert rule(layers.ReLU(), 2) is None


def test_the_rule_of_one_layer():
    one, other = (layers.Lambda(lambda x: x**2) for _ in range(2))
    register_rule(one, "elementwise")
    assert (rule(one), rule(other)) == ("elementwise", "opened")
    other.attribution_rule = "integrated"
    assert rule(other) == "integrated"
    with pytest.raises(ValueError, match=r"magic"):
        register_rule(other, "magic")


def test_a_subclass_with_its_own_call_must_declare_itself():
    class Same(layers.Dense):
        pass

    class Own(layers.Dense):
        def call(self, inputs):
            return super().call(inputs) ** 2

    assert rule(Same(2)) == "linear"
    assert rule(Own(2)) is None
    register_rule(Own, "integrated")
    assert rule(Own(2)) == "integrated"


def test_a_declared_attribute_is_inherited_and_checked():
    class Declared(layers.Layer):
        attribution_rule = "max_pool"

    class Child(Declared):
        pass

    class Wrong(layers.Layer):
        attribution_rule = "magic"

    assert rule(Child()) == "max_pool"
    with pytest.raises(ValueError, match="magic"):
        rule(Wrong())
    with pytest.raises(ValueError, match="magic"):
        register_rule(Child, "magic")


def test_every_rule_in_the_tables_exists():
    known = {*RULES, *INSIDE, "identity", "activation", "joint", "quotient", "choice", "softmax"}
    assert set(RULE_OF_LAYER.values()) | set(RULE_OF_OPERATION.values()) <= known


def test_every_rule_in_the_tables_is_explained():
    assert set(MEANING) == {*LAYERS, *OPERATIONS}


def test_operation_names_exist_in_keras():
    from keras.src import ops
    from keras.src.activations import activations

    modules = (activations, ops.numpy, ops.nn, ops.core, ops.math)
    known = {name for module in modules for name in dir(module)}
    known |= set(dir(ops)) | {"Rearrange"}
    assert set(RULE_OF_OPERATION) <= known


def test_logit_step():
    x = keras.Input((4,))
    assert logit_step(keras.Model(x, layers.Dense(2)(x)), 0) is None
    step = logit_step(keras.Model(x, layers.Dense(2, activation="sigmoid", name="end")(x)), 0)
    assert step.operation.name == "end"
