import io
from random import Random

import h5py
import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.model_file.archive import open_archive
from chromkeras.model_file.card import WEIGHTS
from chromkeras.model_file.open_model import open_model
from chromkeras.model_file.weights import count_weights

PATH = "layers/conv1d/vars/0"


def count(path):
    with open_archive(path, "model", ".keras") as archive:
        return count_weights(archive, WEIGHTS)


def test_weights_are_counted_as_keras_counts_them(model_path):
    network = open_model(model_path).network
    assert count(model_path) == network.count_params()


@pytest.fixture
def with_weights(parts, made):
    """Return a function that changes the HDF5 part in place."""

    def change(edit):
        held = io.BytesIO(parts.weights)
        with h5py.File(held, "r+") as file:
            edit(file)
        return made(weights=held.getvalue())

    return change


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("_external", "lies in another file|declares"),
        ("_external_link", "is a link; expected the data themselves"),
        ("_external_group", "is a link; expected the data themselves"),
        ("_soft_link", "is a link; expected the data themselves"),
        ("_virtual", "is virtual; expected its own numbers"),
        ("_inflating", "is chunked or compressed; expected one block"),
        ("_declared", "that are not in the file|is chunked or compressed"),
        ("_twice", "is linked twice"),
        ("_cycle", "is linked twice"),
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_what_keras_never_writes_is_refused(with_weights, mutations, traps, name, message, seed):
    change = getattr(mutations, name)
    path = with_weights(lambda file: change(Random(seed), file, PATH, traps))
    with pytest.raises(InputError, match=message) as caught:
        count(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "kind", [h5py.string_dtype(), "S8", "c8", [("a", "f4")], h5py.vlen_dtype("f4")]
)
def test_weights_are_numbers(with_weights, kind):
    def edit(file):
        del file[PATH]
        file.create_dataset(PATH, (1,), kind)

    with pytest.raises(InputError, match=rf"'/{PATH}': expected numbers, received another type"):
        count(with_weights(edit))


def test_data_sets_do_not_lie_on_each_other(made):
    """Data sets whose numbers are the same bytes would take more memory than the file."""
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        for name, size in (("a", 8000), ("b", 1237)):
            file[name] = np.full(size, ord(name), "i1")
        places = {name: file[name].id.get_offset() for name in "ab"}
    data = held.getvalue()
    for old, new in ((places["b"], places["a"]), (1237, 8000)):
        data = data.replace(old.to_bytes(8, "little"), new.to_bytes(8, "little"))
    with pytest.raises(
        InputError, match=r"expected at most [\d,]+ bytes of numbers, received 16,000"
    ):
        count(made(weights=data))


def test_groups_are_not_nested_without_end(with_weights):
    with pytest.raises(InputError, match="nested at most 16 deep"):
        count(with_weights(lambda file: file.create_group("/".join("abcdefghijklmnopqrs"))))


@pytest.mark.parametrize("data", [b"", b"text", b"\x89HDF\r\n\x1a\n", b"\0" * 5000])
def test_no_hdf5(made, data):
    with pytest.raises(InputError, match=r"made\.keras is damaged: weights"):
        count(made(weights=data))


def test_nothing_but_structure_is_read_of_the_secret_files(with_weights, mutations, traps):
    """A file that is a pipe would be waited for without end."""
    import os
    from pathlib import Path

    pipe = Path(traps.secret).with_name("pipe")
    if not pipe.exists():
        os.mkfifo(pipe)
    piped = mutations.Traps(traps.canary, str(pipe), str(pipe))
    for change in (mutations._external, mutations._external_link, mutations._virtual):
        path = with_weights(lambda file, change=change: change(Random(0), file, PATH, piped))
        with pytest.raises(InputError, match="weights"):
            count(path)
