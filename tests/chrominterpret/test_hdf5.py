"""Failures of the disk are played by limits on files; the files of others are made by HDF5."""

import errno
import os
import resource
import signal
from pathlib import Path

import h5py
import numpy as np
import pytest

from chrominterpret import hdf5
from chrominterpret.errors import InputError
from chrominterpret.hdf5 import datasets, read_hdf5, write_hdf5


def write_some(path: Path, **options: object) -> None:
    with write_hdf5(path, **options) as file:
        file["a/large"] = np.arange(50_000)
        for i in range(30):
            file[f"small/{i}"] = np.full(3, i)
        file.attrs["text"] = "é" * 1000


@pytest.mark.parametrize("options", [{}, {"libver": "v108", "alignment_threshold": 64}])
def test_the_file_is_the_one_that_hdf5_writes(options: dict, tmp_path: Path) -> None:
    write_some(tmp_path / "a.h5", **options)
    with h5py.File(tmp_path / "a.h5") as file:  # by HDF5's own driver
        np.testing.assert_array_equal(file["a/large"], np.arange(50_000))
        assert [int(file[f"small/{i}"][0]) for i in range(30)] == list(range(30))
        assert file.attrs["text"] == "é" * 1000


class Failing:
    """A file whose n-th write and all later ones fail, as on a full disk; the first may be half."""

    def __init__(self, raw: object, n: int) -> None:
        self.raw, self.left = raw, n

    def write(self, data: memoryview) -> int:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.raw.write(data[: max(len(data) // 2, 1)] if self.left == 0 else data)

    def __getattr__(self, name: str) -> object:
        return getattr(self.raw, name)


def test_every_write_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []

    class Counting(Failing):
        def write(self, data: memoryview) -> int:
            counted.append(len(data))
            return self.raw.write(data)

    made = hdf5._Sink.__init__

    def using(kind: type[Failing], n: int = 0) -> None:
        def init(sink: object, path: object) -> None:
            made(sink, path)
            sink.raw = kind(sink.raw, n)

        monkeypatch.setattr(hdf5._Sink, "__init__", init)

    using(Counting)
    write_some(tmp_path / "whole.h5")
    assert len(counted) > 3
    for n in range(len(counted)):
        using(Failing, n)
        with pytest.raises(OSError, match="No space left"):
            write_some(tmp_path / f"{n}.h5")


def test_a_signal_during_a_write_waits_until_the_file_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = []

    class Signalled(Failing):
        def write(self, data: memoryview) -> int:
            writes.append(len(data))
            if len(writes) == self.left:
                signal.raise_signal(signal.SIGINT)
            return self.raw.write(data)

    made = hdf5._Sink.__init__

    def init(sink: object, path: object) -> None:
        made(sink, path)
        sink.raw = Signalled(sink.raw, 2)

    monkeypatch.setattr(hdf5._Sink, "__init__", init)
    # whoever started the tests may have the signal ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            write_some(tmp_path / "a.h5")
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(writes) > 2
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["small/29"][0] == 29


def test_a_limit_of_the_system_is_told(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_some(tmp_path / "a.h5")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_error_of_the_block_stays_itself(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="mine"), write_hdf5(tmp_path / "a.h5"):
        raise KeyError("mine")


def soft(file: h5py.File, secret: Path) -> None:
    file["column"] = h5py.SoftLink("/elsewhere")


def link(file: h5py.File, secret: Path) -> None:
    file["column"] = h5py.ExternalLink(secret.with_suffix(".h5"), "secret")


def external(file: h5py.File, secret: Path) -> None:
    file.create_dataset("column", (4,), "u1", external=[(str(secret), 0, 4)])


def virtual(file: h5py.File, secret: Path) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="u1")
    layout[:] = h5py.VirtualSource(secret.with_suffix(".h5"), "secret", shape=(4,))
    file.create_virtual_dataset("column", layout)


def twice(file: h5py.File, secret: Path) -> None:
    file["column"] = np.arange(3)
    file["again"] = file["column"]


def named_type(file: h5py.File, secret: Path) -> None:
    file["column"] = np.dtype("f4")


def bomb(file: h5py.File, secret: Path) -> None:
    file.create_dataset("column", (3_000_000_000,), "u1", chunks=(1_000_000,))


def never_written(file: h5py.File, secret: Path) -> None:
    file.create_dataset("column", (3_000_000_000,), "u1")


FOREIGN = {
    soft: "'column' is a link",
    link: "'column' is a link",
    external: "lies in another file",
    virtual: "is virtual",
    twice: "is linked twice",
    named_type: "is no group or data set",
    bomb: "declares 3,000,000,000 bytes that are not in the file",
    never_written: "declares 3,000,000,000 bytes that are not in the file",
}


@pytest.mark.parametrize("make", FOREIGN, ids=lambda make: make.__name__)
def test_data_of_other_files_are_refused(make: object, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"pass")
    with h5py.File(secret.with_suffix(".h5"), "w") as file:
        file["secret"] = np.frombuffer(b"pass", np.uint8)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_group("inner")
        make(file, secret)
    with pytest.raises(InputError, match=FOREIGN[make]), read_hdf5(tmp_path / "a.h5"):
        pass


def test_compressed_and_empty_data_are_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("zeros", data=np.zeros(10**6, np.uint8), compression="gzip")
        file["empty"], file["scalar"], file["null"] = np.zeros((0, 4)), 3.0, h5py.Empty("f4")
        file["words"] = ["a", "bc"]
    with read_hdf5(tmp_path / "a.h5") as file:
        assert {name for name, _ in datasets(file)} == {"zeros", "empty", "scalar", "null", "words"}


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.h5")
    with pytest.raises(InputError, match="no regular file"), read_hdf5(tmp_path / "a.h5"):
        pass


def test_too_many_objects(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for i in range(5):
            file[str(i)] = 0
    with read_hdf5(tmp_path / "a.h5") as file, pytest.raises(InputError, match="at most 4 groups"):
        list(datasets(file, most=4))
