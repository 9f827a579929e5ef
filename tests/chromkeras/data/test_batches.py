import hashlib
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chrominterpret.sequences import one_hot
from chromkeras.data.batches import Batches
from chromkeras.data.codes import from_one_hot, reverse_complement
from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.losses.task_loss import TaskLoss


def rows_of(dataset, x):
    """The data set row of each plain sequence."""
    known = {dataset.codes(np.array([i])).tobytes(): i for i in range(len(dataset))}
    return [known[codes.tobytes()] for codes in from_one_hot(x)]


def test_every_row_once_an_epoch_in_an_order_of_its_own(tiny_dataset):
    dataset = tiny_dataset()
    batches = Batches(
        dataset, dataset.rows("train"), batch_size=10, seed=3, reverse_complement=False
    )
    orders = []
    for _ in range(2):
        orders.append([r for i in range(len(batches)) for r in rows_of(dataset, batches[i][0])])
        batches.on_epoch_end()
    assert sorted(orders[0]) == sorted(orders[1]) == dataset.rows("train").tolist()
    assert orders[0] != orders[1]
    np.testing.assert_array_equal(batches[0][1], dataset.labels[batches.order[:10]])


def test_an_epoch_can_be_entered_anywhere(tiny_dataset):
    dataset = tiny_dataset()
    options = {"batch_size": 10, "seed": 3, "shift": 4}
    first = Batches(dataset, dataset.rows("train"), **options)
    first.on_epoch_end()
    again = Batches(dataset, dataset.rows("train"), epoch=1, **options)
    for i in (3, 0):
        np.testing.assert_array_equal(first[i][0], again[i][0])


def test_reverse_complement_shows_both_strands(tiny_dataset):
    dataset = tiny_dataset()
    batches = Batches(dataset, dataset.rows("train"), batch_size=48, seed=0)
    forward = dataset.codes(batches.order[:48])
    seen = from_one_hot(batches[0][0])
    flipped = (seen == reverse_complement(forward)).all(axis=1)
    plain = (seen == forward).all(axis=1)
    assert (flipped ^ plain).all()
    assert 10 < flipped.sum() < 38


def plain(codes, flipped, offsets):
    """The slow form: each sequence base by base, from one-hot arrays."""
    out = np.zeros((*codes.shape, 4), np.float32)
    for i, (sequence, flip, offset) in enumerate(zip(codes, flipped, offsets, strict=True)):
        x = one_hot(sequence)[::-1, ::-1] if flip else one_hot(sequence)
        for place in range(len(sequence)):
            if 0 <= place - offset < len(sequence):
                out[i, place] = x[place - offset]
    return out


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(2, 22)),
               elements=st.integers(0, 4)),
    st.data(),
)  # fmt: skip
def test_equals_the_slow_form(codes, data):
    n, length = codes.shape
    labels = np.arange(2 * n, dtype=np.float32).reshape(n, 2) + 1
    known = data.draw(hnp.arrays(bool, (n, 2)))
    dna = PackedSequences.from_codes(codes)
    index = data.draw(st.permutations(range(n)))
    dataset = Dataset({"dna": dna}, labels, ("a", "b"), np.full(n, "train"),
                      known, "regression", index={"dna": np.array(index)})  # fmt: skip
    both, move = data.draw(st.booleans()), data.draw(st.integers(0, length - 1))
    size, epoch = data.draw(st.integers(1, 20)), data.draw(st.integers(0, 3))
    batches = Batches(dataset, np.arange(n), batch_size=size, seed=5, reverse_complement=both,
                      shift=move, epoch=epoch)  # fmt: skip
    held = [batches[i] for i in reversed(range(len(batches)))][::-1]
    x, y, weights = (np.concatenate(parts) for parts in zip(*held, strict=True))
    random = np.random.default_rng([5, epoch])
    order = random.permutation(n)
    flipped = (random.random(n, dtype=np.float32) < 0.5) & both
    offsets = random.integers(-move, move + 1, n, np.int32)
    np.testing.assert_array_equal(x, plain(codes[index][order], flipped, offsets))
    np.testing.assert_array_equal(y, np.where(known, labels, 0)[order])
    np.testing.assert_array_equal(weights, known[order])


# Worked out by the code of before there were tables: runs of then can be repeated.
OF_THEN = [
    (24, {"reverse_complement": False}, "4b19fea7950fb4b6"),
    (24, {}, "4b3b9999b2bdde14"),
    (24, {"shift": 3}, "43170f9a5881a6a6"),
    (24, {"shift": 3, "background": 0.5}, "0659e96a9ef3bc2a"),
    (24, {"shift": 2, "reverse_complement": False, "epoch": 2}, "d124c7e8bef9ca6e"),
    (21, {"reverse_complement": False}, "2126b817eae5ee4e"),
    (21, {}, "b8939fa367371807"),
    (21, {"shift": 3, "background": 0.5}, "e6f8aed020f65af8"),
]


def shared_dna(length):
    """Sixty rows that share fifty sequences, some with N."""
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 4, (50, length)).astype(np.uint8)
    codes[::9, 5:9] = 4
    labels = rng.integers(0, 2, (60, 2)).astype(np.int8)
    index = {"dna": rng.integers(0, 50, 60)}
    kind = np.where(np.arange(60) % 3 == 0, "background", "element")
    split = np.repeat(["train", "test"], [45, 15])
    inputs = {"dna": PackedSequences.from_codes(codes)}
    return Dataset(inputs, labels, ("a", "b"), split, index=index, kind=kind)


@pytest.mark.parametrize(("length", "options", "expected"), OF_THEN, ids=str)
def test_order_and_augmentation_stay_what_they_were(length, options, expected):
    data = shared_dna(length)
    batches = Batches(data, data.rows("train"), batch_size=7, seed=11, **options)
    digest = hashlib.sha256()
    for _ in range(3):
        for i in range(len(batches)):
            x, y, _ = batches[i]
            digest.update(x.tobytes() + y.tobytes())
        batches.on_epoch_end()
    assert digest.hexdigest()[:16] == expected


def with_signal(length=24):
    """The same rows with a track that marks C and G, and a table of numbers that rows share."""
    data = shared_dna(length)
    strong = data.one_hot(np.arange(60))[..., 1:3].sum(axis=-1)
    inputs = data.inputs | {
        "signal": DenseTable(strong, along_dna=True),
        "cell": DenseTable(np.arange(12).reshape(4, 3)),
    }
    return replace(data, inputs=inputs, index=data.index | {"cell": np.arange(60) % 4})


@pytest.mark.parametrize("options", [{}, {"shift": 4}, {"shift": 4, "reverse_complement": False}])
def test_all_inputs_along_the_dna_are_augmented_alike(options):
    alone, data = shared_dna(24), with_signal()
    plain = Batches(alone, alone.rows("train"), batch_size=8, seed=2, **options)
    batches = Batches(data, data.rows("train"), batch_size=8, seed=2, **options)
    held = [(plain[i], batches[i]) for i in range(len(batches))]
    for i, ((x, y, known), (inputs, labels, shown)) in enumerate(held):
        np.testing.assert_array_equal(inputs["dna"], x)
        np.testing.assert_array_equal(inputs["signal"], x[..., 1:3].sum(axis=-1))
        cells = batches.order[8 * i : 8 * i + 8] % 4
        np.testing.assert_array_equal(inputs["cell"], np.arange(12).reshape(4, 3)[cells])
        np.testing.assert_array_equal([labels, shown], [y, known])
        assert {each.dtype for each in inputs.values()} == {np.dtype(np.float32)}


def test_inputs_are_chosen_by_name():
    data = with_signal()
    options = {"batch_size": 8, "seed": 2}
    whole = Batches(data, data.rows("train"), **options)[0][0]
    two = Batches(data, data.rows("train"), inputs=("cell", "dna"), **options)[0][0]
    assert list(two) == ["cell", "dna"]
    one = Batches(data, data.rows("train"), inputs=("cell",), **options)[0][0]
    for found in (two["cell"], one):
        np.testing.assert_array_equal(found, whole["cell"])
    with pytest.raises(ValueError, match="unknown input 'cells'; did you mean cell"):
        Batches(data, data.rows("train"), inputs=("cells",), **options)


def test_nothing_is_shifted_where_nothing_runs_along_dna():
    data = with_signal()
    options = {"batch_size": 8, "seed": 2, "inputs": ("cell",)}
    plain, shifted = (Batches(data, data.rows("train"), shift=s, **options) for s in (0, 2))
    np.testing.assert_array_equal(shifted[0][0], plain[0][0])


@pytest.mark.backend
def test_keras_trains_on_inputs_by_name():
    data = with_signal()
    batches = Batches(data, data.rows("train"), batch_size=8, seed=2, shift=1)
    inputs = {name: keras.Input(shape, name=name) for name, shape in data.shapes.items()}
    flat = [keras.layers.Flatten()(tensor) for tensor in inputs.values()]
    outputs = keras.layers.Dense(2)(keras.layers.Concatenate()(flat))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", TaskLoss("plain"))
    before = model.get_weights()[0]
    model.fit(batches, epochs=2, shuffle=False, verbose=0)
    assert (model.get_weights()[0] != before).mean() > 0.9


def test_every_offset_is_drawn(tiny_dataset):
    dataset = tiny_dataset()
    batches = Batches(dataset, dataset.rows("train"), batch_size=48, seed=0, shift=1,
                      reverse_complement=False)  # fmt: skip
    gaps = [x.sum(axis=2)[:, [0, -1]] for x, *_ in (batches[i] for i in range(len(batches)))]
    assert {tuple(ends) for ends in np.concatenate(gaps)} == {(1, 1), (0, 1), (1, 0)}


@pytest.mark.backend
def test_keras_sees_the_same_batches(tiny_dataset):
    """Memory serves again only after the backend has let go of it."""
    dataset = tiny_dataset()
    batches = Batches(dataset, dataset.rows("train"), batch_size=5, seed=0, shift=3)
    expected = [x.copy() for x, *_ in (batches[i] for i in range(len(batches)))]
    inputs = keras.Input((300, 4))
    model = keras.Model(inputs, inputs * 1.0)
    seen = model.predict(batches, verbose=0)
    np.testing.assert_array_equal(seen, np.concatenate(expected))


def test_weights_say_which_labels_are_known(tiny_dataset):
    dataset = tiny_dataset()
    batches = Batches(dataset, dataset.rows("train"), batch_size=48, seed=0)
    _, labels, known = batches[0]
    np.testing.assert_array_equal(known, dataset.known[batches.order])
    assert 0 < known.sum() < known.size
    assert (labels[known == 0] == 0).all()
    assert labels.dtype == known.dtype == np.float32


def test_length(tiny_dataset):
    dataset = tiny_dataset()
    assert len(Batches(dataset, np.arange(41), batch_size=10, seed=0)) == 5


@pytest.mark.parametrize("shift", [-1, 300])
def test_a_shift_leaves_some_sequence(shift, tiny_dataset):
    dataset = tiny_dataset()
    with pytest.raises(ValueError, match=f"data.shift: expected 0 to 299.*received {shift}"):
        Batches(dataset, dataset.rows("train"), batch_size=8, seed=0, shift=shift)


def test_an_epoch_shows_a_share_of_the_background_and_every_element(tiny_dataset):
    dataset = tiny_dataset(rows=160)
    kind = np.where(np.arange(160) % 4 == 1, "background", "element")
    dataset = replace(dataset, kind=kind)
    rows = dataset.rows("train")
    batches = Batches(dataset, rows, batch_size=16, seed=1, background=0.25)
    seen = []
    for _ in range(2):
        assert len(batches) == 4
        assert sum(len(batches[i][0]) for i in range(4)) == 50
        assert set(rows[kind[rows] == "element"]) <= set(batches.order)
        seen.append(set(batches.order[kind[batches.order] == "background"]))
        batches.on_epoch_end()
    assert [len(some) for some in seen] == [10, 10]
    assert seen[0] != seen[1]
