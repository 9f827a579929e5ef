import keras
import pytest
from keras import layers

from chromkeras.backend.precision import precision
from chromkeras.cost.activations import Activations, model_activations
from chromkeras.layers.run_card import RunCard
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

pytestmark = pytest.mark.backend


def test_a_block_by_hand():
    dna = keras.Input((20, 4))
    x = layers.Conv1D(8, 5)(dna)  # keeps the DNA
    x = layers.BatchNormalization()(x)  # keeps the convolution's output
    x = layers.Activation("relu")(x)  # keeps its own output
    x = layers.MaxPooling1D(4)(x)  # keeps its input, the same tensor, and its output
    x = layers.Dense(3)(layers.Flatten()(x))  # keeps its input, again the same tensor
    logits = RunCard(["a", "b", "c"])(x)
    model = keras.Model(dna, logits)
    kept = 20 * 4 + 16 * 8 + 16 * 8 + 4 * 8
    assert model_activations(model) == Activations(4 * kept, 4 * 16 * 8, 4 * 2 * 16 * 8)


def test_a_folded_normalisation_keeps_nothing():
    model = build_model(
        resolve_plan(
            make_recipe("single", size="small"), ["a", "b"], {"dna": (300, 4)}, problem="binary"
        )
    )
    folded = model_activations(model)
    convolution = model.get_layer("conv_1")
    convolution._normalization = None
    plain = model_activations(model)
    assert plain.kept - folded.kept == 4 * 2 * 64 * convolution.output.shape[1]
    assert plain.largest == folded.largest


def test_tasks_multiply_the_activations():
    one, four = (
        model_activations(
            build_model(
                resolve_plan(
                    make_recipe("single", size="small"), names, {"dna": (300, 4)}, problem="binary"
                )
            )
        )
        for names in (["a"], ["a", "b", "c", "d"])
    )
    dna = 4 * 300 * 4
    assert four.kept - dna == 4 * (one.kept - dna)
    assert four.largest == 4 * one.largest


def test_bfloat16_halves_all_but_the_dna_and_the_logits():
    recipe = make_recipe("hard", size="small")
    whole = model_activations(
        build_model(resolve_plan(recipe, ["a"], {"dna": (300, 4)}, problem="binary"))
    )
    with precision("bfloat16"):
        half = model_activations(
            build_model(resolve_plan(recipe, ["a"], {"dna": (300, 4)}, problem="binary"))
        )
    assert half.largest == whole.largest // 2
    assert whole.kept / 2 < half.kept < 0.9 * whole.kept


@pytest.mark.parametrize(("cell", "kept"), [("LSTM", 7), ("GRU", 5), ("SimpleRNN", 1)])
@pytest.mark.parametrize("both", [False, True])
def test_a_recurrent_layer_keeps_gates_and_states_of_every_position(cell, kept, both):
    dna = keras.Input((20, 4))
    layer = getattr(layers, cell)(8)
    model = keras.Model(dna, (layers.Bidirectional(layer) if both else layer)(dna))
    found = model_activations(model)
    assert found.kept == 4 * (20 * 4 + (1 + both) * 20 * kept * 8)
    assert found.largest == 4 * 20 * 4  # the DNA: positions are not put out
