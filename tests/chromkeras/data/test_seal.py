import h5py
import numpy as np
import pytest

from chromkeras.data.seal import check_seal, seal
from chromkeras.errors import InputError


@pytest.mark.parametrize("size", [0, 1, 19, 20, 21, 1000, (1 << 24) + 1])
def test_a_sealed_file_is_what_it_was(size, tmp_path):
    path = tmp_path / "file"
    content = np.random.default_rng(size).bytes(size)
    path.write_bytes(content)
    check_seal(path)  # without one
    seal(path)
    assert path.read_bytes()[:size] == content
    check_seal(path)
    if size:
        path.write_bytes(bytes([content[0] ^ 1]) + path.read_bytes()[1:])
        with pytest.raises(InputError, match="its checksum differs"):
            check_seal(path)


def test_hdf5_cuts_the_seal_off_when_it_changes_the_file(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)
    plain = path.stat().st_size
    seal(path)
    with h5py.File(path) as file:  # reading does not
        assert file["x"][2] == 2
    assert path.stat().st_size == plain + 20
    with h5py.File(path, "a") as file:
        file["x"][2] = 7
    assert path.stat().st_size == plain
    check_seal(path)
