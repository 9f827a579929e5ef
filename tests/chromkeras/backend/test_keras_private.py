"""Each private attribute of Keras that chromkeras uses is there and means what it is taken for."""

import ast
from pathlib import Path

import keras
import pytest
from keras.src.backend.common import global_state

from chromkeras.backend import keras_private
from chromkeras.backend.keras_private import FusedAdam, nodes, producer, readers

PACKAGE = Path(keras_private.__file__).parents[1]
PRIVATE_MODULES = ("keras.src", "tensorflow.python", "jax._src")
OF_OPTIMIZERS = (
    "_backend_apply_gradients",
    "_get_variable_index",
    "_clip_gradients",
    "_apply_weight_decay",
    "_backend_update_step",
)


def model():
    x = keras.Input((4,), name="x")
    return keras.Model(
        x, keras.layers.Dense(1, name="last")(keras.layers.Dense(3, name="first")(x))
    )


def test_nodes_by_depth_are_in_order():
    names = [node.operation.name for node in nodes(model())]
    assert names == ["x", "first", "last"]
    with pytest.raises(ValueError, match="expected a functional model, received Model"):
        list(nodes(keras.Model()))


def test_history_and_inbound_nodes_give_the_producer():
    net = model()
    layer, inputs = producer(net.output)
    assert layer is net.get_layer("last")
    assert inputs[0] is net.get_layer("first").output


def test_outbound_nodes_give_the_readers():
    net = model()
    assert readers(net.get_layer("first")) == {id(net.get_layer("last"))}


def test_variables_without_values_are_on_the_list():
    with keras.StatelessScope(initialize_variables=False):
        net = model()
    waiting = global_state.get_global_attribute("uninitialized_variables")
    assert {id(v) for v in net.variables} <= {id(v) for v in waiting}
    keras_private.stay_without_values(net)
    waiting = global_state.get_global_attribute("uninitialized_variables")
    assert not {id(v) for v in net.variables} & {id(v) for v in waiting}


def test_global_seeds_are_those_of_keras():
    keras.utils.set_random_seed(5)
    first = float(keras.random.uniform(()))
    seeds = keras_private.global_seeds()
    assert seeds["global_random_seed"] == 5
    second = float(keras.random.uniform(()))
    keras.utils.set_random_seed(5)
    assert keras_private.global_seeds() == {**seeds, "global_seed_generator": None}
    assert float(keras.random.uniform(())) == first
    keras_private.set_global_seeds(seeds)
    assert keras_private.global_seeds() == seeds
    assert float(keras.random.uniform(())) not in (first, second)


def test_optimizers_have_what_accumulation_and_adam_use():
    optimizer = FusedAdam(gradient_accumulation_steps=2)
    net = model()
    optimizer.build(net.trainable_variables)
    for name in OF_OPTIMIZERS:
        assert callable(getattr(optimizer, name))
    assert len(optimizer._momentums) == len(optimizer._velocities) == 4
    assert len(optimizer._accumulated_gradients) == 4
    assert int(optimizer._iterations) == 0


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def read_privately(tree):
    """Return private attributes that a module reads, of anything, by name or by a string."""
    found = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("getattr", "hasattr"):
            found |= {a.value for a in node.args[1:2] if isinstance(a, ast.Constant)}
    return {name for name in found if is_private(name)}


def defined(tree):
    """Return names that a module's own classes define: methods, and what they set on themselves."""
    own = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            own.add(node.attr)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            own.add(node.target.id)
    return own


def test_the_seed_of_tensorflow_goes_on_where_it_was():
    tf = pytest.importorskip("tensorflow")
    tf.random.set_seed(5)
    tf.random.uniform(())
    kept = keras_private.tensorflow_seed()
    assert kept["_seed"] == 5
    tf.random.set_seed(6)
    keras_private.set_tensorflow_seed(kept)
    assert keras_private.tensorflow_seed() == kept


def test_no_other_module_reads_a_private_attribute():
    trees = {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != Path(keras_private.__file__)
    }
    ours = {"_exit"}.union(*map(defined, trees.values()))  # os._exit
    wrong = {path.name: read_privately(tree) - ours for path, tree in trees.items()}
    assert {name: names for name, names in wrong.items() if names} == {}
    for path, tree in trees.items():
        imports = [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
        assert not [name for name in imports if name.startswith(PRIVATE_MODULES)], path


def test_the_walk_finds_what_it_looks_for():
    source = "def f(layer):\n    getattr(layer, '_losses')\n    return layer._inbound_nodes"
    assert read_privately(ast.parse(source)) == {"_losses", "_inbound_nodes"}
    assert defined(ast.parse("class A:\n    def f(self):\n        self._x = self._y")) == {
        "f",
        "_x",
    }
    private = read_privately(ast.parse(Path(keras_private.__file__).read_text(encoding="utf-8")))
    assert {"_keras_history", "_inbound_nodes", *OF_OPTIMIZERS} <= private
