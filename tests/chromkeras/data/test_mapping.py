"""Data sets that stay in their file."""

import json
import mmap
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from chromkeras.data.batches import Batches
from chromkeras.data.dataset import Dataset
from chromkeras.data.hdf5 import load_dataset, save_dataset
from chromkeras.data.known import from_flagged
from chromkeras.data.mapping import read_array
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable

ROWS = 90
MIB = 1 << 20


@pytest.fixture
def dataset():
    """Rows with N, a track and a table that rows share; some labels are unknown."""
    rng = np.random.default_rng(0)
    labels, known = from_flagged(rng.integers(-1, 2, (ROWS, 3)).astype(np.int8))
    inputs = {
        "dna": PackedSequences.from_codes(rng.integers(0, 5, (60, 33)).astype(np.uint8)),
        "signal": DenseTable(rng.random((60, 33, 2), np.float32), along_dna=True),
        "cell": DenseTable(rng.normal(size=(7, 5)).astype(np.float16)),
    }
    index = {name: rng.integers(0, len(table), ROWS) for name, table in inputs.items()}
    split = np.array(["train", "train", "valid"])[np.arange(ROWS) % 3]
    return Dataset(inputs, labels, ("a", "b", "c"), split, known, index=index)


def arrays(dataset):
    """Every array that may lie in the file, by name."""
    found = {"labels": dataset.labels, "known": dataset.known}
    found |= {f"index {name}": rows for name, rows in dataset.index.items()}
    for name, table in dataset.inputs.items():
        found |= {f"{name} {part}": array for part, array in table.arrays().items()}
    return found


def is_mapped(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, mmap.mmap)


def test_everything_large_stays_in_the_file(dataset, tmp_path):
    save_dataset(dataset, tmp_path / "d.h5")
    plain, mapped = load_dataset(tmp_path / "d.h5"), load_dataset(tmp_path / "d.h5", mmap=True)
    for name, array in arrays(mapped).items():
        assert is_mapped(array), name
        assert type(array) is np.ndarray
        assert not array.flags.writeable
        np.testing.assert_array_equal(array, arrays(dataset)[name])
    assert not any(is_mapped(array) for array in arrays(plain).values())
    assert mapped.fingerprint == plain.fingerprint == dataset.fingerprint


@pytest.mark.parametrize("options", [{}, {"shift": 3}, {"reverse_complement": False}])
def test_batches_are_the_same(options, dataset, tmp_path):
    save_dataset(dataset, tmp_path / "d.h5")
    both = [
        Batches(data, data.labelled(data.rows("train")), batch_size=8, seed=1, **options)
        for data in (load_dataset(tmp_path / "d.h5", mmap=flag) for flag in (False, True))
    ]
    for _ in range(2):
        for index in range(len(both[0])):
            (x, *rest), (mapped, *others) = (batches[index] for batches in both)
            for name, array in x.items():
                np.testing.assert_array_equal(mapped[name], array)
            for one, other in zip(rest, others, strict=True):
                np.testing.assert_array_equal(other, one)
        for batches in both:
            batches.on_epoch_end()


def test_what_is_done_to_a_mapped_data_set_leaves_the_file(dataset, tmp_path):
    save_dataset(dataset, tmp_path / "d.h5")
    before = (tmp_path / "d.h5").read_bytes()
    mapped = load_dataset(tmp_path / "d.h5", mmap=True)
    chosen = mapped.select_tasks(["c", "a"])
    np.testing.assert_array_equal(chosen.values(mapped.rows("valid")),
                                  dataset.values(dataset.rows("valid"))[:, [2, 0]])  # fmt: skip
    save_dataset(replace(mapped, split=np.full(ROWS, "test")), tmp_path / "d.h5")
    assert mapped.fingerprint == dataset.fingerprint  # of the file that was mapped
    assert (tmp_path / "d.h5").read_bytes() != before


@pytest.mark.parametrize(("options", "why"), [
    ({"chunks": (7, 5)}, "in pieces"), ({"chunks": (7, 5), "compression": "gzip"}, "compressed"),
])  # fmt: skip
def test_what_cannot_be_mapped_is_read_and_said(options, why, dataset, tmp_path, caplog):
    path = tmp_path / "d.h5"
    save_dataset(dataset, path)
    with h5py.File(path, "a") as file:
        values = file["inputs/cell/values"][:]
        del file["inputs/cell/values"]
        file.create_dataset("inputs/cell/values", data=values, **options)
    mapped = load_dataset(path, mmap=True)
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}, inputs/cell/values is {why}: read into memory, not mapped"
    ]
    found = arrays(mapped)
    assert [name for name, array in found.items() if not is_mapped(array)] == ["cell values"]
    assert mapped.fingerprint == dataset.fingerprint


def test_what_is_not_aligned_is_read_and_said(tmp_path, caplog):
    path = tmp_path / "a.h5"
    values = np.arange(40.0)
    with h5py.File(path, "w") as file:
        for odd in (3, 5, 7, 1):
            file[f"odd{odd}"] = np.ones(odd, np.uint8)
            file[f"values{odd}"] = values
        offsets = {name: file[name].id.get_offset() for name in file if name.startswith("values")}
        crooked = next(name for name, offset in offsets.items() if offset % 8)
        found = read_array(file[crooked], mmap=True)
    np.testing.assert_array_equal(found, values)
    assert not is_mapped(found)
    assert "not aligned to 8 bytes: read into memory" in caplog.text


def test_a_file_with_a_block_before_the_data_is_read(tmp_path, caplog):
    with h5py.File(tmp_path / "a.h5", "w", userblock_size=512) as file:
        file["values"] = np.arange(40.0)
    with h5py.File(tmp_path / "a.h5") as file:
        found = read_array(file["values"], mmap=True)
    np.testing.assert_array_equal(found, np.arange(40.0))
    assert "not in one piece in this file" in caplog.text


def test_an_empty_array_is_read(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["values"] = np.zeros((0, 5))
        assert read_array(file["values"], mmap=True).shape == (0, 5)


def test_an_array_beyond_the_end_of_the_file_is_damage(tmp_path):
    path = tmp_path / "a.h5"
    path.write_bytes(bytes(1000))
    data = SimpleNamespace(
        file=SimpleNamespace(filename=str(path), userblock_size=0), name="/values", chunks=None,
        dtype=np.dtype(float), size=100, shape=(100,), id=SimpleNamespace(get_offset=lambda: 256),
    )  # fmt: skip
    with pytest.raises(OSError, match="values goes on beyond the end of the file"):
        read_array(data, mmap=True)


GROWTH = """
import json, re, sys
from pathlib import Path
import numpy as np
from chromkeras.data.hdf5 import load_dataset

def own():
    return int(re.search(r"RssAnon:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

load_dataset(sys.argv[2], mmap=True)  # what the first use of HDF5 takes
before = own()
data = load_dataset(sys.argv[1], mmap=sys.argv[3] == "mapped")
most, order = own(), np.random.default_rng(0).permutation(len(data))
for start in range(0, len(order), 256):
    data.batch(order[start : start + 256])
    if start % (256 * 64) == 0:
        most = max(most, own())
data.fingerprint, data.counts(data.rows("train"))
print(json.dumps(max(most, own()) - before))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_memory_is_bounded(tmp_path):
    """An epoch over 192 MiB of tables and labels: what the system could not take back.

    Slow: measures the memory of processes of their own, which differs between machines.
    """
    rows, width = 1 << 15, 1 << 10
    rng = np.random.default_rng(0)
    labels = (rng.random((rows, 1 << 10)) < 0.5).astype(np.int8)
    inputs = {"cell": DenseTable(rng.random((rows, width), np.float32))}
    tasks = tuple(f"t{i}" for i in range(1 << 10))
    save_dataset(Dataset(inputs, labels, tasks, np.full(rows, "train")), tmp_path / "d.h5")
    small = {"cell": DenseTable(np.zeros((2, 3), np.float32))}
    save_dataset(Dataset(small, labels[:2], tasks, np.full(2, "train")), tmp_path / "small.h5")

    def growth(how):
        command = [sys.executable, "-c", GROWTH, tmp_path / "d.h5", tmp_path / "small.h5", how]
        run = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=True)
        return json.loads(run.stdout)

    whole = rows * (width * 4 + 2 * len(tasks))
    assert whole == 192 * MIB
    assert growth("read") >= whole
    assert growth("mapped") < whole / 3
