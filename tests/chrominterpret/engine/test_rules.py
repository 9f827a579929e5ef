"""Which rule each layer gets."""

import keras
import pytest
from keras import layers

from chrominterpret.engine.graph import Step
from chrominterpret.engine.keras_private import nodes_of
from chrominterpret.engine.rule_table import RULE_OF_LAYER, RULE_OF_OPERATION
from chrominterpret.engine.rules import logit_step, prepare_call, register_rule, rule_for
from chrominterpret.engine.secant import RULES, Pair


def rule(operation, active: int = 1, **options) -> str:
    step = Step(operation, (0,), 1)
    marks = tuple(Pair(None, None, 1, True) for _ in range(active))
    return rule_for(step, prepare_call(step, marks, {}), **options)


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

    def rule_of(*active: bool) -> str:
        args, given = [Pair(None, None, 1, mark) for mark in active]
        return rule_for(step, prepare_call(step, (args,), {"weights": given}))

    assert rule_of(True, False) == "linear"
    for active in ((True, True), (False, True)):
        with pytest.raises(ValueError, match="'average' of class Average"):
            rule_of(*active)
    assert rule(layers.Add(), 2) == rule(layers.Concatenate(), 3) == "linear"


@pytest.mark.parametrize(
    "layer",
    [
        layers.LayerNormalization(),
        layers.Dense(2, activation="softmax"),
        layers.Activation("softmax"),
        layers.Activation(lambda x: x**2),
        layers.Lambda(lambda x: x),
        layers.Dot(1, normalize=True),
    ],
)
def test_no_rule(layer):
    with pytest.raises(ValueError, match=f"{layer.name}.*{type(layer).__name__}"):
        rule(layer)
    assert rule(layer, integrate=True) == "integrated"


def test_an_elementwise_layer_with_two_inputs_has_no_rule():
    with pytest.raises(ValueError, match="2 active"):
        rule(layers.ReLU(), 2)


def test_a_subclass_with_its_own_call_must_declare_itself():
    class Same(layers.Dense):
        pass

    class Own(layers.Dense):
        def call(self, inputs):
            return super().call(inputs) ** 2

    assert rule(Same(2)) == "linear"
    with pytest.raises(ValueError, match="Own"):
        rule(Own(2))
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
    known = {*RULES, "identity", "activation", "joint", "quotient"}
    assert set(RULE_OF_LAYER.values()) | set(RULE_OF_OPERATION.values()) <= known


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
