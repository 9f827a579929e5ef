import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from chromkeras.backend.hosts import Hosts, check_alike, is_first, join_hosts, parse_hosts
from chromkeras.errors import InputError

SCRIPT = Path(__file__).with_name("two_hosts.py")
HIDDEN = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}


def test_processes_are_read():
    assert parse_hosts("node1:9876,2/4") == Hosts("node1:9876", 2, 4)
    assert parse_hosts("auto") is None


@pytest.mark.parametrize("text", ["", "node1", "node1:9876", "node1:9876,0/2", "node1:9876,3/2"])
def test_what_names_no_processes_is_refused(text):
    with pytest.raises(InputError, match="`hosts`: expected auto or HOST:PORT,K/N"):
        parse_hosts(text)


def test_another_backend_is_refused():
    if keras.backend.backend() == "jax":
        pytest.skip("of other backends")
    with pytest.raises(InputError, match="`hosts`: expected KERAS_BACKEND=jax, received"):
        join_hosts("auto")


def test_one_process_is_the_first_and_agrees_with_itself():
    assert is_first()
    check_alike("anything")


def started(*commands):
    """Run processes at once, and return what the last line of each says."""
    running = [
        subprocess.Popen(
            [sys.executable, SCRIPT, *map(str, command)],
            env=os.environ | HIDDEN,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    ended = [process.communicate(timeout=300) for process in running]
    for process, (_, errors) in zip(running, ended, strict=True):
        assert process.returncode == 0, errors[-3000:]
    return [json.loads(printed.splitlines()[-1]) for printed, _ in ended]


@pytest.mark.slow
def test_two_processes_that_were_stopped_train_as_one(tmp_path):
    """Slow: three processes. Dropout masks are of the whole batch, and so the same."""
    pytest.importorskip("jax")
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    with socket.socket() as free:
        free.bind(("localhost", 0))
        place = f"localhost:{free.getsockname()[1]}"
    (expected,) = started((one,))
    first, second = started(*((two, f"{place},{k}/2") for k in (1, 2)))
    assert first == second
    assert first["refused"].endswith("those of process 2 are not those of process 1")
    for row, alone in zip(first["rows"], expected["rows"], strict=True):
        assert row == pytest.approx(alone, abs=1e-5)
    assert {path.name for path in one.iterdir()} == {path.name for path in two.iterdir()}
    weights = [np.load(folder / "weights.npz") for folder in (one, two)]
    for name, array in weights[0].items():
        np.testing.assert_allclose(weights[1][name], array, atol=1e-5)
