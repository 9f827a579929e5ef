"""DNA as people have it: letters, FASTA, codes, bases first."""

import logging
from pathlib import Path

import keras
import numpy as np
import pytest

from chrominterpret.engine.inputs import input_arrays
from chrominterpret.engine.layout import layout_of
from chrominterpret.errors import InputError
from chrominterpret.fasta import read_fasta
from chrominterpret.sequences import decode, one_hot

CODES = np.random.default_rng(0).integers(0, 5, (3, 12))
X = one_hot(CODES)
LETTERS = [decode(codes) for codes in CODES]
SHAPES = {
    "usual": ((12, 4), X),
    "any length": ((None, 4), X),
    "bases first": ((4, 12), X.swapaxes(1, 2)),
    "image": ((12, 4, 1), X[..., None]),
    "flat": ((48,), X.reshape(3, 48)),
}


def model_of(shape: tuple) -> keras.Model:
    x = keras.Input(shape, name="dna")
    return keras.Model(x, x * 1.0)


def given_as(kind: str, folder: Path) -> object:
    fasta = folder / "some.fa"
    fasta.write_text("".join(f">s{i}\n{letters}\n" for i, letters in enumerate(LETTERS)))
    return {
        "letters": LETTERS,
        "array of letters": np.array(LETTERS),
        "path": fasta,
        "path in letters": str(fasta),
        "by name": read_fasta(fasta),
        "codes": CODES.astype(np.uint8),
        "whole numbers": X.astype(np.uint8),
        "truth values": X.astype(bool),
        "one-hot": X,
        "turned": X.swapaxes(1, 2),
    }[kind]


KINDS = (
    "letters",
    "array of letters",
    "path",
    "path in letters",
    "by name",
    "codes",
    "whole numbers",
    "truth values",
    "one-hot",
    "turned",
)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_becomes_what_the_model_takes(kind, name, tmp_path, caplog):
    shape, expected = SHAPES[name]
    given = given_as(kind, tmp_path)
    with caplog.at_level(logging.WARNING):
        (found,) = input_arrays(model_of(shape), given)
    np.testing.assert_array_equal(found, expected)
    as_it_is = isinstance(given, np.ndarray) and given.shape == expected.shape
    assert bool(caplog.messages) != as_it_is
    if not as_it_is:
        assert caplog.messages[0].startswith("dna: read ")
    by_name = input_arrays(model_of(shape), {"dna": given})
    np.testing.assert_array_equal(by_name[0], expected)


def test_one_sequence_of_letters_is_one_row():
    (found,) = input_arrays(model_of((12, 4)), LETTERS[1])
    np.testing.assert_array_equal(found, X[1:2])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["ACG", "AC"], "one length"),
        (["ACGT"], r"shape \(None, 12, 4\) as 'dna', received \(1, 4, 4\)"),
        ("ACGTACGTACGX", "'X' at position 11"),
        (np.full((2, 12), 5), "codes 0 to 3 and 4 for N as 'dna', received 5 to 5"),
        (CODES[:, :10], r"received \(3, 10, 4\)"),
        (CODES.astype(float), r"received \(3, 12\)"),
        (X[:, :, :3], r"received \(3, 12, 3\)"),
        (Path("none.fa"), "no file"),
    ],
)
def test_what_does_not_fit_is_said(given, message):
    with pytest.raises(InputError, match=message):
        input_arrays(model_of((12, 4)), given)


def test_numbers_of_other_inputs_stay_as_they_are():
    (found,) = input_arrays(model_of((7,)), np.ones((3, 7), np.int64))
    assert found.dtype == np.int64
    with pytest.raises(InputError, match=r"shape \(None, 7\) as 'dna', received \(3, 12\)"):
        input_arrays(model_of((7,)), CODES)


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "any length"])
def test_layouts_go_both_ways(name):
    shape, expected = SHAPES[name]
    layout = layout_of(keras.Input(shape))
    assert layout.is_usual == (name == "usual")
    np.testing.assert_array_equal(layout.sites(expected), X)
    np.testing.assert_array_equal(layout.given(X), expected)
    assert layout_of(keras.Input((None, 4))) is None
    assert layout_of(keras.Input((7, 3))) is None
