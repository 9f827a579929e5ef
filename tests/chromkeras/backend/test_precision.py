import keras
import numpy as np
import pytest

from chromkeras.backend.operations import compile_model
from chromkeras.backend.precision import POLICIES, precision
from chromkeras.losses.task_loss import TaskLoss
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.save_model import save_model
from chromkeras.optimizers.optimizers import make_optimizer
from chromkeras.recipe.recipe import TrainingRecipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

TASKS = ("a", "b", "c")


def dna(rows=32, length=300):
    codes = np.random.default_rng(0).integers(0, 4, (rows, length))
    return np.eye(4, dtype=np.float32)[codes]


def low_precision_model(recipe):
    keras.utils.set_random_seed(0)
    with precision("bfloat16"):
        return build_model(resolve_plan(recipe, TASKS, {"dna": (300, 4)}, problem="binary"))


@pytest.mark.backend
def test_the_policy_holds_within_only():
    before = keras.config.dtype_policy().name
    for name, policy in POLICIES.items():
        with precision(name):
            assert keras.config.dtype_policy().name == policy
        assert keras.config.dtype_policy().name == before
    with pytest.raises(KeyError), precision("bfloat16"):
        raise KeyError
    assert keras.config.dtype_policy().name == before


def test_weights_and_logits_are_float32_and_the_rest_is_not(plan, tiny_recipe):
    model = low_precision_model(tiny_recipe(plan))
    assert {str(w.dtype) for w in model.weights} == {"float32"}
    for layer in model.layers[1:]:
        single = layer.name in ("join", "run_card", "sharing_penalty")
        assert layer.output.dtype == ("float32" if single else "bfloat16"), layer.name
    logits = model(dna(), training=True)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


@pytest.mark.backend
def test_the_penalty_is_float32_s(tiny_recipe):
    recipe = tiny_recipe("soft")
    low = low_precision_model(recipe)
    whole = build_model(resolve_plan(recipe, TASKS, {"dna": (300, 4)}, problem="binary"))
    whole.set_weights(low.get_weights())
    found, expected = (float(m.get_layer("sharing_penalty").distance()) for m in (low, whole))
    assert found == pytest.approx(expected, rel=1e-6)
    low(dna(), training=True)
    losses = [float(v) for v in low.losses]
    assert losses == pytest.approx([recipe.sharing.strength * expected], rel=1e-5)


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_training_works_and_the_file_is_float32(kind, tiny_recipe, tmp_path):
    recipe, path = tiny_recipe(kind), tmp_path / "m.keras"
    model, x = low_precision_model(recipe), dna()
    y = np.stack([(x[..., i].mean(axis=1) > 0.25) for i in range(3)], axis=1).astype(np.float32)
    training = TrainingRecipe(learning_rate=0.01, schedule="constant", accumulate=2)
    compile_model(model, make_optimizer(training, 100), TaskLoss("plain"), xla=False)
    losses = model.fit(x, y, batch_size=16, epochs=12, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]
    save_model(
        path,
        resolve_plan(recipe, TASKS, {"dna": (300, 4)}, problem="binary"),
        model.get_weights(),
        fingerprint="",
        scores={},
    )
    again = open_model(path).network
    assert {layer.compute_dtype for layer in again.layers} == {"float32"}
    low, whole = (m.predict(x, verbose=0) for m in (model, again))
    assert low.dtype == whole.dtype == np.float32
    assert np.abs(low - whole).max() < 0.05 * np.abs(whole).max() + 0.05
    assert not np.array_equal(low, whole)
