"""Each private attribute of Keras that the package reads, and that no other module reads one."""

import ast
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import chrominterpret
from chrominterpret.engine import keras_private
from chrominterpret.engine.keras_private import (
    NODE,
    graph_of_sequential,
    maker_of,
    mask_of,
    nodes_of,
    policy_replaced,
    takes_training,
    variables_give_way,
    with_sublayers,
    without_dropout,
)
from chrominterpret.motifs import compiled

SOURCES = sorted(Path(chrominterpret.__file__).parent.rglob("*.py"))


def siamese() -> keras.Model:
    x, dense = keras.Input((3,)), layers.Dense(2, name="dense")
    return keras.Model(x, layers.Add(name="sum")([dense(x), dense(layers.ReLU(name="relu")(x))]))


def test_nodes_by_depth():
    names = [node.operation.name for node in nodes_of(siamese()) if not node.is_input]
    assert sorted(names) == ["dense", "dense", "relu", "sum"]
    assert names.index("relu") < len(names) - 1 - names[::-1].index("dense")
    assert names[-1] == "sum"


def test_history_and_inbound_nodes():
    model = siamese()
    maker = maker_of(model.outputs[0])
    assert maker.operation is model.get_layer("sum")
    assert maker.node.outputs[maker.place] is model.outputs[0]
    first, second = (maker_of(tensor) for tensor in maker.node.input_tensors)
    assert first.operation is second.operation is model.get_layer("dense")
    assert first.node is not second.node
    assert maker_of(model.inputs[0]).node.is_input


def test_what_is_read_of_a_node():
    node = maker_of(siamese().outputs[0]).node
    assert all(hasattr(node, name) for name in NODE)
    one, other = (np.ones(2), np.zeros(2))
    known = {id(t): v for t, v in zip(node.input_tensors, (one, other), strict=True)}
    (args, kwargs) = node.arguments.fill_in(known)
    assert [id(value) for value in keras.tree.flatten((args, kwargs))] == [id(one), id(other)]


def test_graph_of_a_sequential():
    assert graph_of_sequential(keras.Sequential([layers.Dense(2)])) is None
    built = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    assert isinstance(graph_of_sequential(built), keras.Function)


def test_layers_take_the_option_training_and_operations_do_not():
    x = keras.Input((3,))
    assert takes_training(layers.Dropout(0.1))
    assert not takes_training(maker_of(keras.ops.relu(x)).operation)


def test_sublayers_and_their_policies():
    recurrent = layers.Bidirectional(layers.LSTM(2), dtype="mixed_float16")
    found = with_sublayers(recurrent)
    assert found[0] is recurrent
    assert recurrent.forward_layer.cell in found
    before = recurrent.dtype_policy
    with policy_replaced(recurrent, keras.DTypePolicy("float32")):
        assert recurrent.compute_dtype == "float32"
    assert recurrent.dtype_policy is before


def test_the_mask_that_goes_with_a_tensor():
    x = keras.Input((3, 2))
    assert mask_of(x) is None
    assert mask_of(layers.Masking()(x)).shape == (None, 3)


def test_a_weight_times_a_symbolic_tensor():
    x, weight = keras.Input((3,)), keras.Variable(np.ones(3), name="weight")
    with variables_give_way():
        assert isinstance(weight * x, keras.KerasTensor)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(weight * 2.0), 2)
    assert "_giving_way" not in keras.Variable.__mul__.__qualname__


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (layers.MultiHeadAttention(2, 3, dropout=0.5), "_dropout"),
        (layers.GroupQueryAttention(4, 2, 1, dropout=0.5), "dropout"),
    ],
)
def test_attention_without_dropout(layer, name):
    with without_dropout(layer):
        assert getattr(layer, name) == 0
    assert getattr(layer, name) == 0.5


def private_attributes(path: Path) -> set[str]:
    """Return attributes that begin with one underscore and are read of something else than self."""
    return {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    }


def test_private_attributes_are_read_in_one_module():
    own = Path(keras_private.__file__)
    ours = {"_here"}  # a method of engine.windowed.Mutants
    rest = [path for path in SOURCES if path not in (own, Path(compiled.__file__))]  # numba's
    found = {path.name: private_attributes(path) - ours for path in rest}
    assert {name: names for name, names in found.items() if names} == {}
    graph = {"_functional", "_nodes_by_depth", "_keras_history", "_inbound_nodes"}
    read = graph | {"_flatten_layers", "_dtype_policy", "_keras_mask"}
    assert private_attributes(own) == read
    assert '"_call_context_args"' in own.read_text(encoding="utf-8")
    assert not any("keras.src" in path.read_text(encoding="utf-8") for path in SOURCES)
