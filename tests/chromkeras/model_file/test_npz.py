import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chromkeras.errors import InputError
from chromkeras.model_file.archive import open_archive
from chromkeras.model_file.npz import array_names, read_array, read_text

ARRAYS = hnp.arrays(
    st.sampled_from(["f4", "f8", "i8", "u2", "?", ">f4", "f2"]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


@pytest.fixture
def write(tmp_path):
    def make(**arrays):
        path = tmp_path / "a.npz"
        np.savez_compressed(path, **arrays)
        return path

    return make


def read(path, name="x", **options):
    with open_archive(path, "arrays", ".npz", compressed=True) as archive:
        return read_array(archive, name, **options)


@settings(max_examples=60, deadline=None)
@given(array=ARRAYS, fortran=st.booleans())
def test_arrays_come_back(array, fortran, tmp_path_factory):
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    np.savez(path, x=np.asfortranarray(array) if fortran and array.ndim else array)
    found = read(path)
    np.testing.assert_array_equal(found, array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    found[...] = 0  # it can be written to, as what is resumed is


def test_texts_come_back(write):
    path = write(x=np.array("ä" * 1_000_000), y=np.zeros(3))
    with open_archive(path, "arrays", ".npz", compressed=True) as archive:
        assert read_text(archive, "x") == "ä" * 1_000_000
        assert array_names(archive) == ("x", "y")
        with pytest.raises(InputError, match="array y: expected numbers of kind U"):
            read_text(archive, "y")
        with pytest.raises(InputError, match="expected an array z, received none"):
            read_array(archive, "z")


def raw(tmp_path, mutations, content, name="x.npy"):
    path = tmp_path / "a.npz"
    path.write_bytes(mutations.zipped([(name, content)]))
    return path


@pytest.mark.parametrize(
    ("kind", "shape", "message"),
    [
        ("|O", "(3,)", "expected plain numbers"),
        ("V9", "(3,)", "expected plain numbers"),
        ("f4,f4", "(3,)", "expected plain numbers"),
        ("<f3", "(4,)", "unknown type <f3"),
        ("<f4", "(1000000000000,)", "is not the size that it has"),
        ("<f4", "(-3,)", "expected plain numbers"),
        ("<f4", "(3, ", "expected plain numbers"),
        ("<f4", "(" * 500, "expected plain numbers"),
        ("<f4", "(2**40,)", "expected plain numbers"),
        ("<f4", f"({'1, ' * 40})", "at most 32 axes"),
        ("<U0", "(3,)", "expected numbers of kind"),
        ("<U999999999", "()", "unknown type <U999999999"),
        ("<f4", "(4,)", "is not the size that it has"),
    ],
)
def test_headers_are_taken_as_numpy_writes_them(tmp_path, mutations, kind, shape, message):
    path = raw(tmp_path, mutations, mutations._header(kind, shape))
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert str(caught.value).isprintable()


def test_numpy_writes_a_header_like_the_ones_above(tmp_path, mutations):
    path = raw(tmp_path, mutations, mutations._header("<f4", "(3,)"))
    np.testing.assert_array_equal(read(path), np.zeros(3, "f4"))
    np.testing.assert_array_equal(np.load(path)["x"], np.zeros(3, "f4"))


def test_nothing_is_unpickled(write, mutations, traps, tmp_path):
    from pathlib import Path

    array = np.array([mutations._Touch(traps.canary)], object)
    path = raw(tmp_path, mutations, mutations._npy(array, pickled=True))
    with pytest.raises(InputError, match="expected plain numbers or text"):
        read(path)
    assert not Path(traps.canary).exists()


def test_members_are_arrays(tmp_path, mutations):
    path = raw(tmp_path, mutations, b"x", name="x.txt")
    with (
        open_archive(path, "arrays", ".npz") as archive,
        pytest.raises(InputError, match=r"expected arrays, received x\.txt"),
    ):
        array_names(archive)


@pytest.mark.parametrize("length", [0, 5, 9, 60, 100])
def test_arrays_that_end_early(tmp_path, mutations, length):
    held = io.BytesIO()
    np.save(held, np.arange(3.0))
    path = raw(tmp_path, mutations, held.getvalue()[:length])
    with pytest.raises(InputError, match="array x"):
        read(path)


@pytest.mark.parametrize("code", [0x110000, 0xD800, 0xFFFFFFFF])
@pytest.mark.parametrize("order", "<>")
def test_characters_that_do_not_exist_are_refused(tmp_path, mutations, code, order):
    text = np.array("ab", f"{order}U2")
    broken = np.frombuffer(np.array([97, code], f"{order}u4").tobytes(), f"{order}U2").reshape(())
    path = tmp_path / "a.npz"
    for value, expected in ((text, "ab"), (broken, None)):
        np.savez(path, facts=value)
        with open_archive(path, "state", ".npz") as archive:
            if expected:
                assert read_text(archive, "facts") == expected
                continue
            with pytest.raises(InputError, match=r"facts is no text"):
                read_text(archive, "facts")
