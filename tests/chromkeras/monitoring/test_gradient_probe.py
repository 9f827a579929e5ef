"""Gradients of a network solved by hand, and of tiny models against plain differentiation."""

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from chrominterpret.engine.graph import call_at_inference, run_graph
from chromkeras.data.known import from_flagged
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.monitoring.gradient_probe import GradientProbe, Probe, draw_probe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.layer_table import COMMON
from chromkeras.sharing.one_task import WatchedLayer, task_networks
from chromkeras.sharing.plan import resolve_plan

PLANS = {
    "hard": ("hard",),
    "single": ("single",),
    "soft": ("soft",),
    "basset": ("basset",),
    "hybrid": ("hard", "sharing.depth=3", "architecture.summary=true"),
    "grouped": ("hard", "sharing.depth=3", "sharing.grouped=9", "sharing.groups=task1;task0,task2"),
    "merged": ("hard", "balance.conflict=pcgrad"),
    "weighted": ("hard", "balance.weighting=uncertainty"),
}


def by_hand(labels, x, hidden, own):
    """A linear unit that all share, then each task's own factor: z_t = u_t (v · x)."""
    inputs = keras.Input((x.shape[-1],))
    unit = keras.layers.Dense(1, use_bias=False, name="shared")
    logit = keras.layers.Dense(1, use_bias=False, name="logit")
    network = keras.Model(inputs, logit(keras.layers.ReLU(name="relu")(unit(inputs))))
    layers = (
        WatchedLayer("shared", "shared", (0,) * len(own), (0,)),
        WatchedLayer("logit", "own", tuple(range(len(own))), (1,)),
    )
    tasks = tuple(map(str, range(len(own))))

    def values(task):
        return [hidden.reshape(-1, 1), np.array([[own[int(task)]]], np.float32)]

    networks = SimpleNamespace(
        network=network, variables=(unit.kernel, logit.kernel), layers=layers, tasks=tasks,
        values=values,
    )  # fmt: skip
    return GradientProbe(
        networks, Probe((x,), *from_flagged(labels.astype(np.int8))), TaskLoss("plain")
    )


@pytest.fixture
def solved():
    """Two parts of two sequences, three tasks; of the second task one label is unknown."""
    x = np.array([[[1, 2], [3, 1]], [[2, 2], [1, 5]]], np.float32)
    labels = np.array([[[1, 0, 0], [0, -1, 1]], [[1, 1, 0], [1, 0, 1]]], np.float32)
    return x, labels, np.array([0.5, 0.25], np.float32), np.array([1.0, -2.0, 0.5], np.float32)


@pytest.mark.backend
def test_norms_cosines_and_signal_by_formula(solved):
    x, labels, v, u = solved
    moment = by_hand(labels, x, v, u).measure(7)
    assert moment.step == 7
    h = x @ v
    shared, own = [], []
    for task, factor in enumerate(u):
        y, known = labels[..., task], labels[..., task] >= 0
        slope = known * (1 / (1 + np.exp(-factor * h)) - y) * 2 / known.sum()
        shared.append(factor * np.einsum("hn,hnc->hc", slope, x))  # a row for each part
        own.append((slope * h).sum(axis=1, keepdims=True))
        loss = (known * (np.logaddexp(0, factor * h) - np.maximum(y, 0) * factor * h)).sum()
        assert moment.loss[task] == pytest.approx(loss / known.sum(), rel=1e-5)
        for place, parts in enumerate((shared[-1], own[-1])):
            norm = np.linalg.norm(parts.mean(axis=0))
            spread = np.sqrt(((parts - parts.mean(axis=0)) ** 2).sum() / (len(parts) - 1))
            assert moment.norm[task, place] == pytest.approx(norm, rel=1e-5)
            assert moment.signal[task, place] == pytest.approx(norm / spread, rel=1e-4)
    means = np.array([parts.mean(axis=0) for parts in shared])
    unit = means / np.linalg.norm(means, axis=1, keepdims=True)
    np.testing.assert_allclose(moment.cosine, [unit @ unit.T], atol=1e-5)
    np.testing.assert_array_equal(moment.dead, 0)


@pytest.mark.backend
def test_a_dead_unit_has_no_gradient(solved):
    x, labels, v, u = solved
    moment = by_hand(labels, x, -v, u).measure(0)
    np.testing.assert_array_equal(moment.dead, 1)
    np.testing.assert_array_equal(moment.norm, 0)
    assert np.isnan(moment.signal).all()
    assert np.isnan(moment.cosine).all()
    np.testing.assert_allclose(moment.loss, np.log(2), rtol=1e-6)


def test_a_task_without_known_labels_is_undefined(solved):
    x, labels, v, u = solved
    labels[..., 1] = -1
    moment = by_hand(labels, x, v, u).measure(0)
    undefined = [False, True, False]
    assert np.isnan(moment.loss).tolist() == undefined
    assert np.isnan(moment.norm).all(axis=1).tolist() == undefined
    assert np.isnan(moment.cosine[0]).any(axis=0).tolist() == [True] * 3
    assert np.isfinite(moment.cosine[0][np.ix_([0, 2], [0, 2])]).all()


def test_equal_parts_are_all_signal(solved):
    x, labels, v, u = solved
    same = by_hand(np.stack([labels[1]] * 2), np.stack([x[1]] * 2), v, u).measure(0)
    assert np.isposinf(same.signal).all()


def whole_model_loss(model, probe, loss, task, known):
    """A task's loss as a function of the weights of the whole model."""
    variables = model.trainable_variables

    def apply(step, args, kwargs):
        if isinstance(step.operation, keras.layers.BatchNormalization):
            return step.operation(*args, **kwargs, training=True)
        return call_at_inference(step.operation, args, kwargs)

    def of_weights(*values):
        total = 0.0
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            for x, y, shown in zip(*probe.inputs, probe.labels, probe.known, strict=True):
                logits = run_graph(model, [keras.ops.convert_to_tensor(x)], apply)[0]
                total = total + loss.sums(y, logits, shown)[0][task]
        return total / known

    return of_weights


@pytest.mark.parametrize("kind", PLANS)
def test_equal_to_differentiating_the_whole_model(kind, tiny_dataset, tiny_recipe, gradients):
    dataset = tiny_dataset(rows=48)
    recipe = tiny_recipe(*PLANS[kind])
    keras.utils.set_random_seed(3)
    model = build_model(resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary"))
    loss = TaskLoss(positive_fraction=[0.3, 0.5, 0.6])
    probe = draw_probe(dataset, recipe, rows=12, parts=2)
    networks = task_networks(
        model, resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary")
    )
    moment = GradientProbe(networks, probe, loss).measure(0)
    place = {v.path: i for i, v in enumerate(model.trainable_variables)}
    values = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    directions = {layer.name: [] for layer in networks.layers if layer.sharing in COMMON}
    for task in range(3):
        known = probe.known[..., task].sum()
        value, slopes = gradients(whole_model_loss(model, probe, loss, task, known), *values)
        assert moment.loss[task] == pytest.approx(value, rel=1e-5)
        for at, layer in enumerate(networks.layers):
            held = model.get_layer(layer.name).trainable_variables
            flat = np.concatenate([slopes[place[v.path]].ravel() for v in held])
            norm = np.linalg.norm(flat)  # 0 at the other tasks' weights
            assert moment.norm[task, at] == pytest.approx(norm, rel=1e-4, abs=1e-6)
            if layer.name in directions:
                directions[layer.name].append(flat / norm)
    for cosine, (name, rows) in zip(moment.cosine, directions.items(), strict=True):
        layer = next(one for one in networks.layers if one.name == name)
        expected = np.array(rows) @ np.array(rows).T
        together = np.equal.outer(layer.readers, layer.readers)
        np.testing.assert_allclose(cosine[together], expected[together], atol=1e-4)
        assert np.isnan(cosine[~together]).all()
    assert len(moment.cosine) == len(directions)
    assert (kind in ("single", "soft")) == (len(directions) == 0)


def test_sketched_cosines_are_near(tiny_dataset, tiny_recipe):
    dataset = tiny_dataset(rows=48)
    recipe = tiny_recipe("hard", "architecture.filters=[32, 32, 32]")
    keras.utils.set_random_seed(3)
    networks = task_networks(
        build_model(resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary")),
        resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary"),
    )
    probe = draw_probe(dataset, recipe, rows=12, parts=2)
    exact = GradientProbe(networks, probe, TaskLoss("plain")).measure(0).cosine
    rough = GradientProbe(networks, probe, TaskLoss("plain"), held=6 * 3 * 2000).measure(0).cosine
    np.testing.assert_allclose(rough, exact, atol=0.12)
    assert not np.array_equal(rough, exact)


def test_dead_filters_are_counted(tiny_dataset, tiny_recipe):
    """Filters of the second block that batch normalisation puts below 0, in one task of three."""
    dataset, recipe = tiny_dataset(rows=48), tiny_recipe("single")
    model = build_model(resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary"))
    norm = model.get_layer("norm_2")
    gamma, beta = np.ones((3, 5), np.float32), np.zeros((3, 5), np.float32)
    gamma[1, :2], beta[1, :2] = 0.0, -1.0
    norm.gamma.assign(gamma.ravel())
    norm.beta.assign(beta.ravel())
    networks = task_networks(
        model, resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary")
    )
    probe = GradientProbe(networks, draw_probe(dataset, recipe, rows=12), TaskLoss("plain"))
    dead = probe.measure(0).dead
    at = probe.activations.index("activation_2")
    np.testing.assert_allclose(dead[:, at], [0, 0.4, 0], atol=1e-6)


def test_frozen_layers_are_not_watched(tiny_dataset, tiny_recipe):
    dataset, recipe = tiny_dataset(rows=48), tiny_recipe("hard")
    model = build_model(resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary"))
    model.get_layer("conv_1").trainable = model.get_layer("norm_1").trainable = False
    names = [
        x.name
        for x in task_networks(
            model, resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary")
        ).layers
    ]
    assert names == ["conv_2", "norm_2", "conv_3", "norm_3", "dense_10", "dense_11", "logits"]


def test_the_probe_is_drawn_by_the_seed_from_the_training_split(tiny_dataset, tiny_recipe):
    dataset, recipe = tiny_dataset(), tiny_recipe("hard")
    probe, again = draw_probe(dataset, recipe, rows=20), draw_probe(dataset, recipe, rows=20)
    np.testing.assert_array_equal(probe.inputs[0], again.inputs[0])
    assert probe.inputs[0].shape == (4, 5, 300, 4)
    other = draw_probe(dataset, tiny_recipe("hard", "training.seed=1"), rows=20)
    assert not np.array_equal(probe.inputs[0], other.inputs[0])
    known = dataset.one_hot(dataset.rows("train"))
    rows = probe.inputs[0].reshape(20, 300, 4)
    assert all((known == row).all(axis=(1, 2)).any() for row in rows)
    assert len(np.unique(rows, axis=0)) == 20


def test_too_few_rows(tiny_dataset, tiny_recipe):
    dataset = tiny_dataset()
    split = np.where(np.arange(len(dataset)) < 3, "train", "valid")
    few = replace(dataset, split=split)
    with pytest.raises(ValueError, match="expected at least 4 training rows, received 3"):
        draw_probe(few, tiny_recipe("hard"))
