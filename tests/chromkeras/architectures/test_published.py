"""The published architectures at their papers' sizes, and as networks of Keras's own layers."""

import keras
import numpy as np
import pytest

from chromkeras.architectures import danq, deepbind, deepsea, factornet
from chromkeras.cost.dry_run import untrained_model
from chromkeras.errors import InputError
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

FACTORNET = {"dna": (1002, 4), "signal": (1002, 2), "annotation": (14,)}
# 8·4·320 + 320, 8·320·480 + 480, 8·480·960 + 960, 53·960·925 + 925, 925·919 + 919
DEEPSEA = 10_560 + 1_229_280 + 3_687_360 + 47_064_925 + 850_994
# 26·4·320 + 320, 2·4·320·(320 + 320 + 1), 75·640·925 + 925, 925·919 + 919
DANQ = 33_600 + 1_640_960 + 44_400_925 + 850_994


def recipe(name, *settings, plan="basset", size=""):
    return make_recipe(plan, size=size, settings=(f"architecture.name={name}", *settings))


@pytest.mark.parametrize(
    ("name", "settings", "tasks", "inputs", "parameters"),
    [
        ("deepsea", (), 919, {"dna": (1000, 4)}, 52_843_119),
        ("danq", (), 919, {"dna": (1000, 4)}, 46_926_479),
        # 24·4·16 + 16, 16·32 + 32, 33
        ("deepbind", (), 1, {"dna": (101, 4)}, 1552 + 544 + 33),
        ("deepbind", ("architecture.dense=[]",), 1, {"dna": (101, 4)}, 1552 + 17),
        ("deepbind", ("architecture.pooling=max_average",), 1, {"dna": (101, 4)}, 2641),
        ("factornet", (), 1, FACTORNET, 6560 + 1056 + 16_640 + 467_072 + 18_304 + 129),
        # without the LSTM: 128 · 32 + 128 in its place
        ("factornet", ("architecture.units=0",), 1, FACTORNET, 6560 + 1056 + 4224 + 18_304 + 129),
    ],
)
def test_the_papers_numbers_of_parameters(name, settings, tasks, inputs, parameters):
    names = [f"t{i}" for i in range(tasks)]
    model = untrained_model(recipe(name, *settings), names, inputs, problem="binary")
    assert model.count_params() == parameters


def test_the_sums_are_the_papers():
    assert (DEEPSEA, DANQ) == (52_843_119, 46_926_479)


def test_lengths_and_citations():
    found = {each.__name__.rpartition(".")[2]: (each.LENGTH, str(each.PUBLICATION))
             for each in (danq, deepbind, deepsea, factornet)}  # fmt: skip
    assert found == {
        "danq": (1000, "Quang and Xie 2016"),
        "deepbind": (101, "Alipanahi et al. 2015"),
        "deepsea": (1000, "Zhou and Troyanskaya 2015"),
        "factornet": (1002, "Quang and Xie 2019"),
    }


@pytest.mark.parametrize(
    ("name", "length", "said"),
    [
        ("deepsea", 101, "4 positions are left for the filters of width 8 in conv_3"),
        ("deepsea", 20, "3 positions are left for the filters of width 8 in conv_2"),
        ("danq", 30, "5 positions are left for the windows of width 13 in pool_1"),
        ("deepbind", 20, "20 positions are left for the filters of width 24 in conv_1"),
        ("factornet", 40, "7 positions are left for the windows of width 17 in pool_2"),
    ],
)
def test_too_short_sequences_are_refused_in_one_line(name, length, said):
    setting = ('architecture.reads=["dna"]',) if name == "factornet" else ()
    with pytest.raises(InputError, match="the sequence is too short .*" + said) as error:
        build_model(resolve_plan(recipe(name, *setting), ["a"], {"dna": (length, 4)},
                                 problem="binary"))  # fmt: skip
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [180, 333])
@pytest.mark.parametrize("name", ["danq", "deepbind", "deepsea"])
def test_other_lengths_do(name, length):
    small = recipe(name, size="small", plan="hard")
    model = build_model(resolve_plan(small, ["a", "b"], {"dna": (length, 4)}, problem="binary"))
    assert model(np.zeros((2, length, 4), np.float32)).shape == (2, 2)


def by_keras(options, inputs):
    """The paper's FactorNet for one task, on DNA and signal side by side, for one strand."""
    conv = keras.layers.Conv1D(options.filters, options.width, activation="relu")
    hidden = [
        conv,
        keras.layers.TimeDistributed(keras.layers.Dense(options.position_dense, "relu")),
        keras.layers.MaxPooling1D(options.pool, options.pool),
        keras.layers.Bidirectional(keras.layers.LSTM(options.units, return_sequences=True)),
        keras.layers.Flatten(),
        keras.layers.Dense(options.dense, "relu"),
    ]
    strands, annotation = inputs
    second, last = keras.layers.Dense(options.dense, "relu"), keras.layers.Dense(1)
    outputs = []
    for strand in strands:
        x = strand
        for layer in hidden:
            x = layer(x)
        outputs.append(last(second(keras.layers.Concatenate()([annotation, x]))))
    return conv, [*hidden[1:2], hidden[3], hidden[5], second, last], sum(outputs) / 2


def test_factornet_is_the_paper_s_network_of_keras_layers():
    made = recipe("factornet", "architecture.filters=5", "architecture.position_dense=6",
                  "architecture.units=3", "architecture.dense=7")  # fmt: skip
    shapes = {"dna": (200, 4), "signal": (200, 2), "annotation": (3,)}
    model = build_model(resolve_plan(made, ["a"], shapes, problem="binary"))
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape) * 0.3)
    x = {"dna": np.eye(4, dtype=np.float32)[rng.integers(0, 4, (4, 200))]}
    x |= {name: rng.normal(size=(4, *shapes[name])).astype(np.float32)
          for name in ("signal", "annotation")}  # fmt: skip
    both = np.concatenate([x["dna"], x["signal"]], axis=-1)
    other = np.concatenate([x["dna"][:, ::-1, ::-1], x["signal"][:, ::-1]], axis=-1)
    tensors = [keras.Input((200, 6)), keras.Input((200, 6))], keras.Input((3,))
    conv, others, output = by_keras(made.architecture, tensors)
    peer = keras.Model([*tensors[0], tensors[1]], output)
    on_dna, on_signal = (model.get_layer(name).get_weights() for name in ("conv_1", "conv_2"))
    conv.set_weights([np.concatenate([on_dna[0], on_signal[0]], axis=1), on_dna[1]])
    names = ("conv_3", "recurrent_5", "dense_6", "dense_7", "logits")
    for layer, name in zip(others, names, strict=True):
        values = model.get_layer(name).get_weights()
        flat = [v.reshape(w.shape) for v, w in zip(values, layer.weights, strict=True)]
        layer.set_weights(flat)
    found = keras.ops.convert_to_numpy(model(x))
    expected = keras.ops.convert_to_numpy(peer([both, other, x["annotation"]]))
    assert np.ptp(expected) > 1e-2
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_signal_of_another_length_is_refused():
    shapes = {"dna": (200, 4), "signal": (100, 2), "annotation": (3,)}
    with pytest.raises(InputError, match=r"input signal of shape \(200, channels\).*\(100, 2\)"):
        resolve_plan(recipe("factornet"), ["a"], shapes, problem="binary")


def test_inputs_that_are_read():
    with pytest.raises(InputError, match=r"architecture.reads: expected dna, and signal"):
        recipe("factornet", 'architecture.reads=["signal"]')
    with pytest.raises(InputError, match=r"unknown architecture\.reads: 'dnase'"):
        recipe("factornet", 'architecture.reads=["dna", "dnase"]')
    with pytest.raises(InputError, match=r"one fewer of pools, received 2, 3 and 2"):
        recipe("deepsea", "architecture.filters=[3, 4]")


@pytest.mark.parametrize("plan", ["single", "soft"])
def test_factornet_without_the_recurrent_layer_takes_every_plan(plan):
    shapes = {"dna": (60, 4), "signal": (60, 2), "annotation": (3,)}
    made = recipe("factornet", "architecture.units=0", plan=plan, size="small")
    model = build_model(resolve_plan(made, ["a", "b"], shapes, problem="binary"))
    assert model.output_shape == (None, 2)


def test_what_both_strands_refuse():
    made = recipe("deepbind", "balance.weighting=gradnorm", plan="hard")
    with pytest.raises(InputError, match="gradnorm: expected an architecture that reads one"):
        build_model(resolve_plan(made, ["a", "b"], {"dna": (60, 4)}, problem="binary"))
