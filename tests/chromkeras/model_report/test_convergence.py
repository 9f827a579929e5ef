"""Every registered architecture with every plan: contributions add up, mutants are windowed."""

import keras
import numpy as np
import pytest

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.methods.in_silico_mutagenesis import in_silico_mutagenesis
from chromkeras.layers.other_strand import reads_both_strands
from chromkeras.model_report.network_inputs import attributed_input, feed
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

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


def a_model(recipe, dataset) -> keras.Model:
    """Return a model as after training: batch-norm statistics are no longer 0 and 1."""
    keras.utils.set_random_seed(1)
    model = build_model(resolve_plan(recipe, dataset.tasks, dataset.shapes, problem="binary"))
    rng = np.random.default_rng(2)
    for variable in model.weights:
        if "variance" in variable.path or "gamma" in variable.path:
            variable.assign(rng.uniform(0.5, 2, variable.shape))
        elif "mean" in variable.path or "beta" in variable.path:
            variable.assign(rng.normal(0, 0.3, variable.shape))
    return model


def check(model: keras.Model, dataset) -> None:
    two, one = (feed(model, dataset.batch(np.arange(n))) for n in (2, 1))
    wrt = attributed_input(model)
    recurrent = any(isinstance(each, keras.layers.Bidirectional) for each in model.layers)
    result = deep_lift_shap(model, two, wrt=wrt, n_references=3, integrate=recurrent)
    assert np.abs(result.attributions).max() > 1e-4
    assert result.relative_delta.max() <= 3e-4
    assert result.warnings == ()
    windows = in_silico_mutagenesis(model, one, wrt=wrt)
    plain = in_silico_mutagenesis(model, one, wrt=wrt, windowed=False)
    assert np.abs(plain.multipliers).max() > 1e-4
    np.testing.assert_allclose(windows.multipliers, plain.multipliers, atol=1e-5)
    # Neither a recurrent layer nor the other strand has a window around a mutant.
    if not (recurrent or reads_both_strands(model)):
        assert windows.warnings == ()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_contributions_converge_and_mutants_are_windowed(
    name, plan, settings, tiny_recipe, tiny_dataset, skip_refused
):
    dataset = tiny_dataset(rows=4, architecture=name)
    recipe = tiny_recipe(plan, *settings, architecture=name)
    skip_refused(recipe)
    check(a_model(recipe, dataset), dataset)


@pytest.mark.parametrize("plan", SHARING, ids="-".join)
def test_other_ways_of_sharing(plan, tiny_recipe, tiny_dataset):
    dataset = tiny_dataset(rows=4)
    check(a_model(tiny_recipe(*plan), dataset), dataset)
