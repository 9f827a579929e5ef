from pathlib import Path

import keras
import numpy as np
import pytest

from chrominterpret.engine.backend import compile_gradient
from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chromkeras.model_file.card import RunCard
from chromkeras.model_file.open_model import OpenModel
from chromkeras.model_report import task_contributions as module
from chromkeras.model_report.explained import explained_network
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

pytestmark = pytest.mark.backend
TASKS = ("task0", "task1", "task2")
PLANS = {
    "hard": ("hard",),
    "single": ("single",),
    "soft": ("soft",),
    "basset": ("basset",),
    "hybrid": ("hard", "sharing.depth=3", "architecture.summary=true"),
    "grouped": ("hard", "sharing.depth=3", "sharing.grouped=9", "sharing.groups=task1;task0,task2"),
    "dilated": ("single",),
    "low precision": ("single", "training.precision=bfloat16"),
}


@pytest.fixture
def make(tiny_recipe):
    """Return a function that makes a model whose tasks differ in all weights of their own."""

    def make(kind: str, classes: tuple[str, ...] = (), seed: int = 1) -> OpenModel:
        keras.utils.set_random_seed(seed)
        settings = [*PLANS[kind], *(["training.loss=crossentropy"] if classes else [])]
        recipe = tiny_recipe(*settings, architecture="dilated" if kind == "dilated" else "basset")
        problem = "classes" if classes else "binary"
        shapes = {"dna": (300, 4)}
        network = build_model(resolve_plan(recipe, TASKS, shapes, problem=problem, classes=classes))
        random = np.random.default_rng(0)
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.gamma.assign(random.uniform(0.5, 1.5, layer.gamma.shape))
                layer.moving_mean.assign(random.uniform(0.0, 0.3, layer.gamma.shape))
        card = RunCard(TASKS, recipe.to_dict(), problem=problem, classes=classes)
        return OpenModel(Path("model.keras"), explained_network(network), card)

    return make


@pytest.mark.parametrize(
    ("kind", "classes", "apart"),
    [
        *((kind, (), True) for kind in PLANS),
        ("single", ("a", "b", "c"), True),
        ("hybrid", (), False),
    ],
)
def test_they_are_those_of_the_whole_network(kind, classes, apart, make, tiny_dataset, monkeypatch):
    monkeypatch.setattr(module, "takes_less_apart", lambda network, targets: apart)
    model, x = make(kind, classes), tiny_dataset(rows=5).one_hot(np.arange(5))
    chosen = ("task2", "task0")
    found = module.task_contributions([model], {"dna": x}, chosen, references=3, seed=4)[0]
    expected = deep_lift_shap(model.network, x, targets=[2, 0], n_references=3, seed=4)
    assert found.shape == (2, 5, 300)
    assert not np.allclose(found[0], found[1])
    np.testing.assert_allclose(found, expected.attributions.sum(-1), atol=2e-6)


@pytest.mark.parametrize("kind", ["single", "hard"])
def test_networks_of_one_plan_are_compiled_once(kind, make, tiny_dataset, monkeypatch):
    compiled = []

    def counted(*args):
        compiled.append(args)
        return compile_gradient(*args)

    monkeypatch.setattr("chrominterpret.methods.deep_lift_shap.compile_gradient", counted)
    x, options = tiny_dataset(rows=2).one_hot(np.arange(2)), {"references": 2, "seed": 0}
    models = [make(kind), make(kind, seed=2)]
    before = [model.network.get_weights() for model in models]
    found = module.task_contributions(models, {"dna": x}, TASKS, **options)
    assert len(compiled) == 1
    for model, weights, contributions in zip(models, before, found, strict=True):
        for kept, value in zip(model.network.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(kept, value)
        (alone,) = module.task_contributions([model], {"dna": x}, TASKS, **options)
        np.testing.assert_allclose(contributions, alone, atol=1e-6)
    assert not np.allclose(*found)


@pytest.mark.parametrize(
    ("kind", "apart"), [("single", True), ("soft", True), ("hard", False), ("basset", False)]
)
def test_what_shares_little_is_explained_apart(kind, apart, make):
    assert module.takes_less_apart(make(kind).network, 3) == apart
    assert not module.takes_less_apart(make(kind).network, 0)
