import keras
import pytest
from keras import layers

from chromkeras.cost.operations import Cost, model_cost
from chromkeras.layers.task_conv1d import TaskConv1D
from chromkeras.layers.task_dense import TaskDense
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

pytestmark = pytest.mark.backend

CONVOLUTIONS = (2 * 582 * 19 * 4 * 300, 2 * 136 * 11 * 300 * 200, 2 * 28 * 7 * 200 * 200)
HEAD = 2 * (1400 * 1000 + 1000 * 1000 + 1000)
TRAINED_TRUNK = 962_800 + 1_400
HEAD_WEIGHTS = 1401 * 1000 + 1001 * 1000 + 1001


def _poster(plan: str, tasks: int) -> Cost:
    return model_cost(
        build_model(
            resolve_plan(
                make_recipe(plan),
                [f"task{i}" for i in range(tasks)],
                {"dna": (600, 4)},
                problem="binary",
            )
        )
    )


@pytest.mark.parametrize("tasks", [1, 3])
def test_the_poster_s_column_by_hand(tasks):
    first, second, third = CONVOLUTIONS
    backbone, step = first + second + third, 2 * first + 3 * (second + third)
    weights = TRAINED_TRUNK + 1_400
    assert _poster("hard", tasks) == Cost(
        weights + tasks * HEAD_WEIGHTS, backbone + tasks * HEAD, step + 3 * tasks * HEAD
    )
    own = Cost(
        tasks * (weights + HEAD_WEIGHTS), tasks * (backbone + HEAD), tasks * (step + 3 * HEAD)
    )
    assert _poster("single", tasks) == own
    assert _poster("soft", tasks) == own


@pytest.mark.parametrize("tasks", [2, 5])
def test_the_rounded_figures_for_one_training_step(tasks):
    for plan, figure in {
        "single": 0.653 * tasks, "soft": 0.653 * tasks, "hard": 0.639 + 0.0144 * tasks,
    }.items():  # fmt: skip
        assert _poster(plan, tasks).training / 1e9 == pytest.approx(figure, rel=2e-3)


def test_task_layers_cost_as_much_as_their_tasks_apart():
    dna = keras.Input((30, 4))
    stacked = TaskConv1D(3, 5, 7, stacked=True)(TaskConv1D(3, 2, 4, padding="same")(dna))
    first, second = 2 * 30 * 3 * 4 * 4 * 2, 2 * 24 * 3 * 7 * 2 * 5
    assert model_cost(keras.Model(dna, stacked)) == Cost(
        3 * 4 * 4 * 2 + 3 * 7 * 2 * 5, first + second, 2 * first + 3 * second
    )
    features = keras.Input((6,))
    dense = keras.Model(features, TaskDense(3, 5)(features))
    assert model_cost(dense) == Cost(3 * 7 * 5, 2 * 3 * 6 * 5, 2 * 2 * 3 * 6 * 5)


def test_plain_layers_by_hand():
    dna = keras.Input((20, 4))
    x = layers.Conv1D(8, 3, strides=2, groups=2, name="grouped")(dna)
    x = layers.Dropout(0.5)(layers.BatchNormalization()(x))
    x = layers.Dense(5, name="at_every_position")(x)
    grouped, dense = 2 * 9 * 3 * 2 * 8, 2 * 9 * 8 * 5
    cost = model_cost(keras.Model(dna, x))
    assert (cost.forward, cost.training) == (grouped + dense, 2 * grouped + 3 * dense)


@pytest.mark.parametrize(("kind", "gates"), [(layers.LSTM, 4), (layers.GRU, 3)])
@pytest.mark.parametrize("sequences", [False, True])
def test_recurrent_layers_by_hand(kind, gates, sequences):
    length, channels, units, unread = 20, 4, 5, 6
    dna = keras.Input((length, channels))
    first = kind(units, return_sequences=True)(dna)
    both = layers.Bidirectional(kind(unread, return_sequences=sequences))(first)
    # A multiplication and an addition of every weight at every position.
    read, carried = 2 * gates * units * channels * length, 2 * gates * units * units * length
    second = 2 * (2 * gates * unread * (units + unread)) * length
    cost = model_cost(keras.Model(dna, both))
    assert cost.forward == read + carried + second
    # The DNA needs no gradient, but what the first layer carries on does.
    assert cost.training == 2 * read + 3 * carried + 3 * second


def test_a_frozen_backbone_costs_a_prediction_only():
    x = keras.Input((10,))
    backbone = layers.Dense(20, trainable=False)
    model = keras.Model(x, layers.Dense(30)(backbone(x)))
    assert model_cost(model) == Cost(11 * 20 + 21 * 30, 400 + 1200, 400 + 2 * 1200)


def test_a_layer_called_twice_and_a_model_within_a_model():
    x, inner_x = keras.Input((10,)), keras.Input((10,))
    inner = keras.Model(inner_x, layers.Dense(10)(inner_x))
    model = keras.Model(x, inner(inner(x)))
    assert model_cost(model) == Cost(110, 2 * 200, (2 + 3) * 200)


def test_what_cannot_be_counted_is_an_error():
    dna = keras.Input((None, 4), name="dna")
    conv = layers.Conv1D(2, 3, name="conv")
    with pytest.raises(ValueError, match="conv: expected a known output length"):
        model_cost(keras.Model(dna, conv(dna)))
    short = keras.Input((10, 4))
    with pytest.raises(ValueError, match="norm: no formula for the cost of a GroupNormalization"):
        model_cost(keras.Model(short, layers.GroupNormalization(2, name="norm")(short)))
    with pytest.raises(ValueError, match="gru: expected a known length"):
        model_cost(keras.Model(dna, layers.GRU(3, name="gru")(dna)))
    with pytest.raises(ValueError, match="expected a functional model, received Model"):
        model_cost(keras.Model())
