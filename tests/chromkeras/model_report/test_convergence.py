"""Every registered architecture with every plan: contributions add up, mutants are windowed."""

import keras
import numpy as np
import pytest

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.methods.in_silico_mutagenesis import in_silico_mutagenesis
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

LENGTH = 300
GROUPS = ("sharing.depth=2", "sharing.grouped=6", "sharing.groups=task1")
SETTINGS = [
    *((name, ()) for name in ARCHITECTURES.names()),
    ("basset", ("architecture.summary=true", "architecture.first_activation=exponential")),
]
SHARING = [
    ("hard", *GROUPS, "architecture.summary=true"),
    ("hard", "sharing.depth=4", "balance.conflict=pcgrad"),
    ("hard", "sharing.depth=1", "sharing.soft=7", "architecture.padding=valid"),
]


def sequences(n: int) -> np.ndarray:
    return np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (n, LENGTH))]


def a_model(name, recipe) -> keras.Model:
    """Return a model as after training: batch-norm statistics are no longer 0 and 1."""
    keras.utils.set_random_seed(1)
    model = build_model(
        resolve_plan(recipe, ("task0", "task1", "task2"), {"dna": (LENGTH, 4)}, problem="binary")
    )
    rng = np.random.default_rng(2)
    for variable in model.weights:
        if "variance" in variable.path or "gamma" in variable.path:
            variable.assign(rng.uniform(0.5, 2, variable.shape))
        elif "mean" in variable.path or "beta" in variable.path:
            variable.assign(rng.normal(0, 0.3, variable.shape))
    return model


def check(model: keras.Model) -> None:
    result = deep_lift_shap(model, sequences(2), n_references=3)
    assert np.abs(result.attributions).max() > 1e-4
    assert result.relative_delta.max() <= 1e-4
    assert result.warnings == ()
    windows = in_silico_mutagenesis(model, sequences(1))
    plain = in_silico_mutagenesis(model, sequences(1), windowed=False)
    assert np.abs(plain.multipliers).max() > 1e-4
    np.testing.assert_allclose(windows.multipliers, plain.multipliers, atol=1e-5)
    assert windows.warnings == ()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_contributions_converge_and_mutants_are_windowed(name, plan, settings, tiny_recipe):
    check(a_model(name, tiny_recipe(plan, *settings, architecture=name)))


@pytest.mark.parametrize("plan", SHARING, ids="-".join)
def test_other_ways_of_sharing(plan, tiny_recipe):
    check(a_model("basset", tiny_recipe(*plan)))
