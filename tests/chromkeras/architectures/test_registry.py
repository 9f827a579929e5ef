"""Every registered architecture, with every sharing plan."""

import keras
import numpy as np
import pytest

from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan


@pytest.mark.parametrize("name", ARCHITECTURES.names())
def test_every_model_round_trips(name, plan, tiny_recipe, tmp_path):
    recipe = tiny_recipe(plan, architecture=name)
    model = build_model(
        resolve_plan(recipe, ("a", "b", "c"), {"dna": (300, 4)}, problem="binary"),
        fingerprint="f",
        scores={"x": 1.0},
    )
    x = np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (5, 300))]
    logits = model.predict(x, verbose=0)
    assert logits.shape == (5, 3)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), logits)
    assert again.get_layer("run_card").get_config() == model.get_layer("run_card").get_config()


def test_unknown_name_lists_the_valid_ones():
    with pytest.raises(ValueError, match="unknown architecture 'baset'; did you mean basset"):
        ARCHITECTURES.get("baset")
