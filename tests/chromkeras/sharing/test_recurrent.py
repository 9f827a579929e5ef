"""A recurrent layer, which cannot be stacked: shared by all tasks, else refused in one line."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from chrominterpret.methods.deep_lift_shap import check_supported
from chromkeras.architectures import options as common
from chromkeras.cost.operations import layer_costs
from chromkeras.errors import InputError
from chromkeras.model_file.beside import gradient_log_path
from chromkeras.model_file.open_model import open_model
from chromkeras.monitoring.gradient_log import load_gradient_log
from chromkeras.monitoring.gradient_plot import gradient_figure
from chromkeras.recipe.reading import make_recipe
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.freezing import frozen_layers
from chromkeras.sharing.layer_table import LayerTable
from chromkeras.sharing.outline import CELLS, Networks, Outline
from chromkeras.sharing.plan import resolve_plan
from chromkeras.training.train import train

LENGTH, FILTERS, UNITS = 60, 5, 4
NAMES = ("conv_1", "norm_1", "recurrent_4", "dense_5", "norm_5", "logits")


@dataclass(frozen=True)
class Options(common.Options):
    """Sizes of the toy."""

    name: str = "walker"
    cell: str = field(default="lstm", metadata={"choices": CELLS})
    bidirectional: bool = True
    sequences: bool = False


def build(options, inputs, lay):
    """Lay a convolution, a recurrent and a dense layer."""
    x = lay.activation(lay.batch_norm(lay.conv1d(inputs["dna"], FILTERS, 7)), "relu")
    x = lay.max_pool(x, 6)
    x = lay.recurrent(
        x, UNITS, cell=options.cell, bidirectional=options.bidirectional,
        return_sequences=options.sequences,
    )  # fmt: skip
    return lay.outputs(lay.activation(lay.batch_norm(lay.dense(x, 6)), "relu"))


@pytest.fixture(autouse=True)
def walker():
    """Register the architecture for one test."""
    member = SimpleNamespace(Options=Options, INPUTS=("dna",), SIZES={}, build=build)
    ARCHITECTURES.register("walker", member)
    yield
    ARCHITECTURES.unregister("walker")


def recipe_of(plan, *settings):
    return make_recipe(
        plan,
        settings=("architecture.name=walker", "training.epochs=2", "training.batch_size=16",
                  "training.learning_rate=0.01", *settings),
    )  # fmt: skip


def plan_of(plan, *settings):
    return resolve_plan(
        recipe_of(plan, *settings), ("a", "b", "c"), {"dna": (LENGTH, 4)}, problem="binary"
    )


@pytest.fixture
def dataset(tiny_dataset):
    return tiny_dataset(rows=96, length=LENGTH)


def weights(path, layer=None):
    model = open_model(path).network
    return (model if layer is None else model.get_layer(layer)).get_weights()


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_it_is_the_layer_of_keras(cell, bidirectional, sequences):
    options = {"cell": cell, "bidirectional": bidirectional, "sequences": sequences}
    plan = plan_of("hard", *(f"architecture.{k}={str(v).lower()}" for k, v in options.items()))
    assert plan.sharing.backbone == 4
    model = build_model(plan)
    layer, positions = model.get_layer("recurrent_4"), (LENGTH - 6) // 6
    channels = UNITS * (1 + bidirectional)
    expected = (None, positions, channels) if sequences else (None, channels)
    assert layer.output.shape == expected
    one = layer.forward_layer if bidirectional else layer
    assert type(one).__name__.lower() == cell
    assert plan.layers["recurrent_4"].positions == sequences
    assert [entry.name for entry in plan.layers.weighted] == list(NAMES)
    gates = {"lstm": 8, "gru": 6}[cell] * UNITS * (FILTERS + UNITS) * positions
    (forward,) = [ahead for kept, ahead, _ in layer_costs(model) if kept is layer]
    assert forward == gates * (1 + bidirectional)


def test_the_backbone_ends_with_the_positions():
    table = plan_of("hard").layers
    assert (table.backbone, table["recurrent_4"].mode, table["dense_5"].mode) == (
        4, "shared", "own",
    )  # fmt: skip
    titles = {entry.title: entry.name for entry in table.titled}
    assert titles == {
        "block 1": "pool_1", "recurrent 4": "recurrent_4", "dense 5": "activation_5",
        "logits": "logits",
    }  # fmt: skip
    again = LayerTable.from_config(table.to_config(), table.tasks)
    assert again == table


@pytest.mark.parametrize(
    ("plan", "settings", "once_per"),
    [
        ("single", (), "task"),
        ("soft", (), "task"),
        ("hard", ("sharing.depth=3",), "task"),
        ("hard", ("sharing.depth=1", "sharing.grouped=4", "sharing.groups=a,b;c"), "group"),
    ],
)
def test_it_is_refused_where_tasks_or_groups_have_their_own(plan, settings, once_per):
    with pytest.raises(InputError) as error:
        plan_of(plan, *settings)
    assert str(error.value) == (
        f"layer 4 (recurrent) cannot be laid once per {once_per}; share it: sharing.depth ≥ 4"
    )


def test_what_it_needs_is_said():
    with pytest.raises(InputError, match="expected activations with positions, received features"):
        Outline().recurrent(Networks(None, positions=False), 3)
    with pytest.raises(InputError, match="recurrent cell"):
        Outline().recurrent(Networks(None), 3, cell="rnn")


@pytest.mark.slow
@pytest.mark.parametrize("conflict", ["sum", "pcgrad"])
def test_hard_trains_and_resumes_and_is_watched(dataset, tmp_path, monkeypatch, conflict):
    recipe = recipe_of("hard", f"balance.conflict={conflict}")
    whole = train(dataset, recipe, tmp_path / "whole.keras", watch_gradients=True)
    out = tmp_path / "broken.keras"

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 4:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.training.run.StopOnDivergence", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(dataset, recipe, out)
    again = train(dataset, recipe, out, resume=True)
    for one, other in zip(weights(whole.model), weights(again.model), strict=True):
        np.testing.assert_array_equal(one, other)
    log = load_gradient_log(gradient_log_path(whole.model))
    assert log.layers == NAMES
    assert log.roles[NAMES.index("recurrent_4")] == "recurrent"
    assert log.activated == ("conv_1", "dense_5")
    assert (log.norm[..., NAMES.index("recurrent_4")] > 0).all()
    titles = [axis.get_title(loc="left") for axis in gradient_figure(log).axes]
    assert titles[:4] == ["conv_1, shared", "recurrent_4, shared", "dense_5, own", "logits, own"]


def test_transfer_copies_both_directions_and_freezing_keeps_them(dataset, tmp_path):
    hard = train(dataset, recipe_of("hard"), tmp_path / "hard.keras")
    settings = (f"transfer.init={hard.model}", "transfer.freeze=4", "training.epochs=1")
    recipe = recipe_of("hard", *settings, "training.seed=5")
    assert frozen_layers(recipe) == ("conv_1", "norm_1", "recurrent_4")
    new = train(dataset, recipe, tmp_path / "new.keras")
    pairs = zip(*(weights(r.model, "recurrent_4") for r in (hard, new)), strict=True)
    kept = [np.array_equal(one, other) for one, other in pairs]
    assert kept == [True] * 6  # kernel, recurrent kernel and bias of each direction
    fresh = build_model(plan_of("hard")).get_layer("recurrent_4").get_weights()
    assert not np.array_equal(fresh[0], weights(new.model, "recurrent_4")[0])


def test_deep_lift_has_a_rule():
    check_supported(build_model(plan_of("hard")))


def test_a_table_of_an_earlier_version_is_read():
    plan = resolve_plan(
        make_recipe("hard", settings=("architecture.summary=true",)),
        ("a",),
        {"dna": (600, 4)},
        problem="binary",
    )
    config = plan.layers.to_config()
    summaries = [entry for entry in config["entries"] if entry["role"] == "summary"]
    assert [entry["name"] for entry in summaries] == ["summary_1", "summary_2", "summary_3"]
    for entry in config["entries"]:
        del entry["follows"]
        entry["role"] = "normalization" if entry in summaries else entry["role"]
    found = LayerTable.from_config(config, ("a",))
    assert [entry.name for entry in found.weighted] == [e.name for e in plan.layers.weighted]
    assert [entry.title for entry in found] == [entry.title for entry in plan.layers]
