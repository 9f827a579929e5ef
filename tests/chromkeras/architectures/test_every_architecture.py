"""What every registered architecture must do, with every sharing plan."""

import csv
import re
from dataclasses import fields, replace
from itertools import product

import keras
import numpy as np
import pytest

from chromkeras.architectures.publication import Publication
from chromkeras.backend.operations import compile_model
from chromkeras.comparison.core.compare import CompareOptions, compare
from chromkeras.cost.dry_run import untrained_model
from chromkeras.cost.operations import Cost, model_cost
from chromkeras.data.batches import Batches
from chromkeras.data.tables import feed
from chromkeras.evaluation.predict import predict_logits
from chromkeras.layers.fan_out import FanOut
from chromkeras.layers.other_strand import reads_both_strands
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.losses.registry import loss_names, of_loss
from chromkeras.losses.task_loss import TaskLoss, make_loss
from chromkeras.model_file.beside import gradient_log_path
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.monitoring.gradient_log import load_gradient_log
from chromkeras.optimizers.optimizers import make_optimizer
from chromkeras.recipe.choices import DEFAULT_ARCHITECTURE, PLANS
from chromkeras.recipe.recipe import Recipe, architecture_options
from chromkeras.registry import ARCHITECTURES, CONFLICT_METHODS
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.freezing import freeze_layers, frozen_layers
from chromkeras.sharing.layer_table import RECURRENT
from chromkeras.sharing.plan import GROUPED, OWN, SHARED, SOFT, outline, resolve_plan
from chromkeras.sharing.transfer import transfer_weights
from chromkeras.training.output_bias import start_at_means
from chromkeras.training.train import train

TASKS = ("task0", "task1", "task2")
FURTHER = 1000  # positions of an input with bins
APART = {SHARED: 0, GROUPED: 1, SOFT: 2, OWN: 2}


@pytest.fixture
def dataset(architecture, tiny_dataset):
    """A small data set with the inputs of the architecture."""
    return tiny_dataset(rows=48, architecture=architecture)


@pytest.fixture
def recipe(architecture, tiny_recipe):
    """Return a function that makes a tiny recipe without dropout."""
    options = fields(ARCHITECTURES.get(architecture).Options())
    without = [f"architecture.{each.name}=0.0" for each in options if "dropout" in each.name]

    def make(plan, *settings):
        return tiny_recipe(plan, *without, *settings, architecture=architecture)

    return make


@pytest.fixture(autouse=True)
def only_plans_that_the_layers_allow(request):
    """Leave out a plan once it was seen to be refused in one line."""
    params = getattr(getattr(request.node, "callspec", None), "params", {})
    plan = params.get("plan", params.get("kind"))
    if plan is not None:
        request.getfixturevalue("skip_refused")(request.getfixturevalue("recipe")(plan))


@pytest.fixture
def recurrent(recipe):
    """The number of the last recurrent layer, which tasks have to share; 0 for none."""
    return max((e.number for e in outline(recipe("hard")).outline.entries
                if e.role == RECURRENT), default=0)  # fmt: skip


@pytest.fixture
def last(recipe):
    """The number of the outputs, the last layer."""
    return outline(recipe("hard")).last


@pytest.fixture
def make(recipe, dataset):
    """Return a function that makes a resolved plan and its model, with weights as after training.

    Statistics are no longer 0 and 1, and what tasks hold of their own differs; offsets are positive
    so that units are not dead.
    """

    def build(plan, *settings, tasks=TASKS, seed=1):
        resolved = resolve_plan(recipe(plan, *settings), tasks, dataset.shapes, problem="binary")
        model, rng = build_model(resolved), np.random.default_rng(seed)
        for weight in model.weights:
            value = rng.normal(size=weight.shape) * 0.3
            raised = any(name in weight.path for name in ("variance", "gamma", "beta", "bias"))
            weight.assign(np.abs(value) + 0.5 if raised else value)
        return resolved, model

    return build


@pytest.fixture
def logits(dataset):
    """Return a function that gives the outputs of a model for four rows."""
    return lambda model: predict_logits(model, dataset, np.arange(4), both_strands=False)


@pytest.fixture
def fit(dataset):
    """Return a function that trains a model for a few steps, on some of the tasks."""

    def steps(model, plan, count=3, *, tasks=slice(None)):
        compile_model(model, keras.optimizers.SGD(0.05), TaskLoss("plain"))
        model.run_eagerly = True  # a few steps take less time than tracing one
        batches = Batches(
            dataset, dataset.rows("train"), batch_size=8, seed=0, inputs=tuple(plan.inputs)
        )
        for step in range(count):
            x, y, known = batches[step % len(batches)]
            model.train_on_batch(x, y[:, tasks], known[:, tasks])

    return steps


def copy_weights(source, target):
    """Set a model's weights from those of one that holds as many networks in another shape."""
    for layer in (layer for layer in target.layers if layer.weights):
        for weight, value in zip(layer.weights, source.get_layer(layer.name).weights, strict=True):
            weight.assign(keras.ops.convert_to_numpy(value).reshape(weight.shape))


def of_task(model, task):
    """Return the weights of one task's network, of a model that shares nothing."""
    return [weight.reshape(len(TASKS), -1)[task] for weight in model.get_weights()]


def test_every_model_round_trips(plan, make, logits, tmp_path):
    _, model = make(plan)
    expected = logits(model)
    assert expected.shape == (4, 3)
    assert np.ptp(expected, axis=0).min() > 0
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(logits(again), expected)
    assert again.get_layer("run_card").get_config() == model.get_layer("run_card").get_config()


def test_any_depth_of_sharing_has_its_networks(recipe, make, last, recurrent):
    """The layers of one task's model, counted as often as tasks have weights of their own."""
    _, one = make("basset", tasks=TASKS[:1])
    for depth, soft in product(range(recurrent, last), (0, last - 1)):
        plan, model = make("hard", f"sharing.depth={depth}", f"sharing.soft={soft}")
        tied = {entry.name for entry in plan.layers.weighted if depth < entry.number <= soft}
        found = [layer for layer in model.layers if layer.name == "sharing_penalty"]
        assert {name for layer in found for name in layer.layer_distances()} == tied
        for entry in plan.layers.weighted:
            assert entry.mode == plan.sharing[entry.number]
            layer, tasks = model.get_layer(entry.name), 1 if entry.number <= depth else len(TASKS)
            assert getattr(layer, "tasks", 1) == tasks
            assert layer.count_params() == tasks * one.get_layer(entry.name).count_params()


def test_a_depth_beyond_the_layers_is_refused(recipe, dataset, last):
    deep = recipe("hard", f"sharing.depth={last}")
    with pytest.raises(ValueError, match=rf"sharing.depth: expected 0 to {last - 1} .*, received"):
        resolve_plan(deep, TASKS, dataset.shapes, problem="binary")


@pytest.mark.grid
@pytest.mark.parametrize("kind", ["single", "soft"])
def test_networks_side_by_side_are_separate_trainings(kind, make, fit):
    """Each of the separate models has Keras's own layers but for the outputs."""
    plan, model = make(kind, "sharing.strength=0.0")
    before = [of_task(model, task) for task in range(len(TASKS))]
    fit(model, plan)
    for task in range(len(TASKS)):
        alone, net = make("basset", tasks=TASKS[task : task + 1])
        pairs = zip(before[task], net.weights, strict=True)
        net.set_weights([value.reshape(weight.shape) for value, weight in pairs])
        fit(net, alone, tasks=slice(task, task + 1))
        found = zip(of_task(model, task), net.get_weights(), before[task], strict=True)
        for ours, theirs, old in found:
            np.testing.assert_allclose(ours, theirs.ravel(), atol=1e-4)
            assert np.abs(ours - old).max() > 0


@pytest.mark.slow  # recurrent layers step by step
def test_every_regression_loss_trains_on_counts(architecture, recipe, tiny_dataset):
    """A step lowers the loss of its batch, from where real values and counts begin."""
    rng = np.random.default_rng(0)
    data = tiny_dataset(rows=24, length=200, architecture=architecture)
    counts = rng.negative_binomial(2, 0.05, data.labels.shape).astype(np.float32)
    counts[~data.known] = 0  # as where a label is unknown
    data = replace(data, labels=counts, problem="regression")
    made = recipe("hard", "training.learning_rate=1e-4")
    plan = resolve_plan(made, TASKS, data.shapes, problem="regression")
    model, rows = build_model(plan), data.rows("train")
    initial = model.get_weights()
    x = feed(tuple(plan.inputs), data.batch(rows, tuple(plan.inputs)))
    y, known = counts[rows], data.known[rows].astype(np.float32)
    for name in loss_names("regression"):
        model.set_weights(initial)
        loss = make_loss(name, data)
        start_at_means(model, data, of_loss(name, "LINK"))
        model.compile(make_optimizer(made.training, 1), loss, run_eagerly=True, jit_compile=False)
        weights, before = model.get_weights(), float(loss(y, model(x, training=True), known))
        model.train_on_batch(x, y, known)
        assert float(loss(y, model(x, training=True), known)) < before, name
        moved = [np.abs(a - b).max() for a, b in zip(weights, model.get_weights(), strict=True)]
        assert np.isfinite(moved).all(), name
        assert np.count_nonzero(moved) > 0.8 * len(moved), name


@pytest.mark.grid
@pytest.mark.parametrize("groups", ["task0,task1,task2", "task0;task1;task2"])
def test_one_group_shares_by_all_and_a_group_each_is_each_its_own(
    groups, make, fit, last, logits, recurrent
):
    shared, some = recurrent, recurrent + (last - recurrent) // 2
    grouped = f"sharing.grouped={some}", f"sharing.groups={groups}", f"sharing.depth={shared}"
    plan, model = make("hard", *grouped)
    depth = shared if ";" in groups else some
    peer_plan, peer = make("hard", f"sharing.depth={depth}", seed=2)
    copy_weights(peer, model)
    np.testing.assert_allclose(logits(model), logits(peer), atol=1e-5)
    fit(model, plan)
    fit(peer, peer_plan)
    np.testing.assert_allclose(logits(model), logits(peer), rtol=1e-3, atol=1e-3)


def test_groups_in_any_order_reach_their_tasks(make, last, logits, recurrent):
    some = recurrent + (last - recurrent) // 2
    grouped = (f"sharing.grouped={some}", "sharing.groups=task2;task0,task1")
    plan, model = make("single", f"sharing.depth={recurrent}", *grouped)
    before = logits(model)
    first = next(e for e in plan.layers.weighted if e.mode == GROUPED)
    kernel = model.get_layer(first.name).weights[0]
    value = keras.ops.convert_to_numpy(kernel).copy()
    value[0] += 1.0  # the first group: the third task alone
    kernel.assign(value)
    moved = np.abs(logits(model) - before).max(axis=0)
    assert moved[2] > 1e-3
    np.testing.assert_array_equal(moved[:2], 0)


def models_to_transfer(last, recurrent):
    """Return every plan, and one that is shared by all, then by groups, then by none."""
    shared = max(last // 4, recurrent)
    some = max(last - 2, shared + 1)
    groups = (f"sharing.grouped={some}", "sharing.groups=task2;task0,task1")
    return [*((plan,) for plan in PLANS), ("hard", f"sharing.depth={shared}", *groups)]


@pytest.mark.grid
def test_transfer_keeps_the_predictions(plan, make, last, logits, recipe, recurrent, refused):
    old, source = make(plan)
    before = logits(source)
    for new in models_to_transfer(last, recurrent):
        if refused(recipe(*new)):
            continue
        resolved, target = make(*new, seed=2)
        assert np.abs(logits(target) - before).max() > 1e-3
        modes = zip(resolved.sharing.modes, old.sharing.modes, strict=True)
        if any(APART[mode] < APART[source_mode] for mode, source_mode in modes):
            with pytest.raises(ValueError, match="share it here, but not in the model to start"):
                transfer_weights(source, TASKS, target, TASKS)
        else:
            transfer_weights(source, TASKS, target, TASKS)
            np.testing.assert_allclose(logits(target), before, rtol=1e-4, atol=1e-4)
        transfer_weights(source, TASKS, target, TASKS, task="task1")
        np.testing.assert_allclose(logits(target), before[:, [1, 1, 1]], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_frozen_layers_stay_and_others_learn(kind, make, fit, last):
    plan, model = make(kind, f"transfer.freeze={last // 2}")
    frozen = frozen_layers(plan.recipe)
    assert frozen == tuple(e.name for e in plan.layers.weighted if e.number <= last // 2)
    freeze_layers(model, frozen)
    before = {weight.path: np.array(weight) for weight in model.weights}
    fit(model, plan, 1)
    for layer in model.layers:
        for weight in layer.weights:
            same = np.array_equal(weight, before[weight.path])
            assert same == (layer.name in frozen), weight.path


@pytest.mark.grid
@pytest.mark.parametrize("conflict", CONFLICT_METHODS.names())
def test_merging_stands_where_shared_layers_end(conflict, architecture, make, fit):
    """It changes what the shared layers learn, and nothing of the tasks' own.

    Where it stands depends on the architecture, what it does there on the method: all methods are
    tried on one architecture, and one on all.
    """
    if architecture != DEFAULT_ARCHITECTURE and conflict != "pcgrad":
        pytest.skip("tried on another architecture")
    plan, model = make("hard", f"balance.conflict={conflict}")
    _, plain = make("hard")
    found = [layer.method for layer in model.layers if isinstance(layer, FanOut)]
    assert [one for one in found if one != "sum"] == [conflict] * (conflict != "sum")
    before = {e.name: model.get_layer(e.name).get_weights() for e in plan.layers.weighted}
    fit(model, plan, 1)
    fit(plain, plan, 1)
    for entry in plan.layers.weighted:
        weights = model.get_layer(entry.name).get_weights()
        for one, other, old in zip(
            weights, plain.get_layer(entry.name).get_weights(), before[entry.name], strict=True
        ):
            assert np.isfinite(one).all()
            assert np.abs(one - old).max() > 0
            if entry.mode == OWN:
                np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("tasks", [1, 3])
def test_costs_go_with_the_tasks(plan, tasks, recipe, dataset):
    names = [f"task{i}" for i in range(tasks + 2)]
    fewer, some, more = (
        model_cost(
            untrained_model(recipe(plan), names[: tasks + i], dataset.shapes, problem="binary")
        )
        for i in range(3)
    )
    built = build_model(resolve_plan(recipe(plan), names[:tasks], dataset.shapes, problem="binary"))
    assert model_cost(built) == fewer
    assert fewer.parameters == built.count_params()
    for field in Cost.__dataclass_fields__:
        one, two, three = (getattr(cost, field) for cost in (fewer, some, more))
        assert three - two == two - one
        assert (two - one == one / tasks) == (plan in ("single", "soft"))


def test_folding_the_first_normalisation_changes_no_training(
    make, fit, recipe, skip_refused, monkeypatch
):
    skip_refused(recipe("single"))
    plan, model = make("single")
    _, plain = make("single")
    fit(model, plan)
    monkeypatch.setattr(TaskConv1D, "folds", False)
    fit(plain, plan)
    for one, other in zip(model.weights, plain.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4, err_msg=one.path)


class Interrupt(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == 3:  # in the second epoch
            raise KeyboardInterrupt


SLOW_TO_COMPILE = ("danq", "factornet")  # gradients through recurrent layers


@pytest.mark.parametrize(
    "architecture",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in SLOW_TO_COMPILE else [])
        for name in ARCHITECTURES.names()
    ],
)
@pytest.mark.parametrize("kind", ["hard", pytest.param("single", marks=pytest.mark.slow)])
def test_watching_changes_nothing_and_a_stopped_run_resumes(
    kind, recipe, dataset, tmp_path, monkeypatch
):
    made = recipe(kind, "training.epochs=2", "training.batch_size=12")
    whole = train(dataset, made, tmp_path / "whole.keras")
    out = tmp_path / "broken.keras"
    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.training.run.StopOnDivergence", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(dataset, made, out, watch_gradients=True)
    resumed = train(dataset, made, out, resume=True, watch_gradients=True)
    assert [row["loss"] for row in resumed.rows] == [row["loss"] for row in whole.rows]
    pairs = zip(*(open_model(r.model).network.get_weights() for r in (whole, resumed)), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)
    log = load_gradient_log(gradient_log_path(out))
    assert log.steps.tolist() == list(range(5))
    assert np.isfinite(log.loss).all()


@pytest.mark.slow
def test_models_are_compared_by_every_part(make, recipe, refused, dataset, tmp_path):
    """Slow: every part of the comparison, on two models."""
    paths = []
    plans = ("hard", "basset" if refused(recipe("single")) else "single")
    for plan in plans:
        resolved, model = make(plan)
        paths.append(tmp_path / f"{plan}.keras")
        save_model(paths[-1], resolved, model.get_weights(), fingerprint="", scores={})
    options = CompareOptions(bootstrap=20, sequences=8, attributed=2)
    summary = compare(paths, dataset, tmp_path / "out", options)
    assert set(summary["models"]) == set(plans)
    with (tmp_path / "out" / "tasks.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert {row["task"] for row in rows} == set(TASKS)
    with (tmp_path / "out" / "layers.tsv").open() as file:
        assert list(csv.DictReader(file, delimiter="\t"))


def test_it_says_where_it_was_published_and_how_much_dna_it_reads(architecture):
    module = ARCHITECTURES.get(architecture)
    paper, places = module.PUBLICATION, getattr(module, "ALONG_DNA", ())
    assert isinstance(paper, Publication)
    assert paper.authors
    assert paper.title
    assert paper.venue
    assert paper.year == 0 or 1990 < paper.year < 2100
    assert re.fullmatch(r"(10\.\d{4,9}/\S+)?", paper.doi)
    assert str(paper).startswith(paper.authors)
    assert {*places} | {*getattr(module, "FEATURES", ())} <= {*module.INPUTS} - {"dna"}
    # the defaults take that length
    options = architecture_options(architecture)
    shapes = dict.fromkeys(module.INPUTS, (FURTHER, 5))
    shapes |= dict.fromkeys(getattr(module, "FEATURES", ()), (5,))
    shapes |= dict.fromkeys(places, (module.LENGTH, 2)) | {"dna": (module.LENGTH, 4)}
    assert untrained_model(
        Recipe(architecture=options), ["a"], shapes, problem="binary"
    ).count_params()


@pytest.mark.backend
@pytest.mark.parametrize("merge", ["mean", "max"])
def test_both_strands_give_the_same_where_it_reads_both(architecture, merge, make, dataset):
    if not hasattr(ARCHITECTURES.get(architecture).Options(), "strands"):
        pytest.skip("reads one strand")
    plan, model = make("hard", f"architecture.strands={merge}")
    x = dataset.batch(np.arange(4), tuple(plan.inputs))
    turned = {k: np.ascontiguousarray(v) for k, v in dataset.reverse_complement(x).items()}
    found, again = (
        keras.ops.convert_to_numpy(model(feed(tuple(plan.inputs), each))) for each in (x, turned)
    )
    np.testing.assert_allclose(found, again, rtol=1e-5, atol=1e-6)
    _, one = make("hard", "architecture.strands=one")
    one.set_weights(model.get_weights())
    each = [keras.ops.convert_to_numpy(one(feed(tuple(plan.inputs), some))) for some in (x, turned)]
    assert np.abs(each[0] - each[1]).max() > 1e-3
    assert (reads_both_strands(model), reads_both_strands(one)) == (True, False)
    calls = [
        predict_logits(model, dataset, np.arange(4), both_strands=both) for both in (True, False)
    ]
    np.testing.assert_array_equal(*calls)
    merged = np.mean(each, axis=0) if merge == "mean" else np.max(each, axis=0)
    np.testing.assert_allclose(found, merged, rtol=1e-4, atol=1e-5)


def test_unknown_name_lists_the_valid_ones():
    with pytest.raises(ValueError, match="unknown architecture 'baset'; did you mean basset"):
        ARCHITECTURES.get("baset")
