import keras
import numpy as np
import pytest

from chromkeras.recipe.choices import PLANS
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.parted_model import part_model
from chromkeras.sharing.plan import resolve_plan

SHAPES = {"dna": (60, 4), "regulators": (6,)}


def built(plan, form):
    settings = [
        "architecture.name=deepreg", f"architecture.form={form}", "architecture.filters=[4,3,3]",
        "architecture.widths=[5,3,3]", "architecture.dense=[6]", "architecture.regulator_dense=[5]",
        "architecture.pools=[2,2,2]", "data.shift=0",
    ]  # fmt: skip
    recipe = make_recipe(plan, settings=settings)
    return build_model(resolve_plan(recipe, ("a", "b"), SHAPES, problem="regression"))


@pytest.mark.backend
@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize(("form", "name"), [("outer_product", "dna"), ("basset", "regulators")])
def test_both_parts_give_the_outputs_of_the_model(plan, form, name):
    keras.utils.set_random_seed(0)
    model = built(plan, form)
    rng = np.random.default_rng(0)
    x = {key: rng.normal(size=(3, *shape)).astype(np.float32) for key, shape in SHAPES.items()}
    gene = np.array([2, 0, 1, 1, 2])
    parted = part_model(model, name)
    once = parted.between(x[name])
    other = next(key for key in SHAPES if key != name)
    rows = {other: x[other][[0, 1, 2, 0, 1]]}
    expected = model.predict(rows | {name: x[name][gene]}, verbose=0)
    between = {key: each[gene] for key, each in once.items()}
    found = parted.rest.predict(rows | between, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
