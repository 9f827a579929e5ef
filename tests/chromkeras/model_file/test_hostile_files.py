"""Some hundred hostile files of each kind; ``scripts/hostile_files.py`` makes them by the thousand.

Each is refused in one line that a terminal can take, or opens as what it still is.
"""

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from chromkeras.cli.app import run
from chromkeras.model_file.check import check_model_file
from chromkeras.model_file.open_model import open_model

BATCHES, IN_A_BATCH = 12, 30
LIMIT = 300 * 2**20


@pytest.mark.parametrize("batch", range(BATCHES))
def test_model_files(batch, mutations, parts, traps, tmp_path):
    path, refused = tmp_path / "m.keras", 0
    for number in range(IN_A_BATCH):
        random = Random(1000 * batch + number)
        change = random.choice(mutations.MODELS)
        path.write_bytes(change(random, parts))
        line = mutations.refusal(check_model_file, path)
        if not line and number % 3 == 0:  # Keras takes its time
            line = mutations.refusal(open_model, path)
        assert line.isprintable(), change.__name__
        refused += bool(line)
        assert not Path(traps.canary).exists(), change.__name__
    assert refused > IN_A_BATCH / 3


@pytest.mark.parametrize("seed", range(20))
def test_info_says_one_line_and_code_2(seed, mutations, parts, tmp_path, capsys):
    path = tmp_path / "m.keras"
    path.write_bytes(mutations.put_payload(Random(seed), parts))
    code = run(["info", str(path)])
    printed = capsys.readouterr()
    if code:
        assert (code, printed.out) == (2, "")
        assert printed.err.startswith("chromkeras: model ")
        assert printed.err.rstrip("\n").isprintable()
    assert "Traceback" not in printed.err


def test_info_sends_no_escapes(made, layer, mutations, capsys):
    names = [f"{name}{mutations.ESCAPE}" for name in "abc"]

    def change(model):
        layer(model, "run_card")["config"] |= {
            "tasks": names, "fingerprint": mutations.ESCAPE,
            "scores": {mutations.ESCAPE: dict.fromkeys(names, 0.5)},
        }  # fmt: skip

    assert run(["info", str(made(change))]) == 0
    printed = capsys.readouterr()
    assert all(line.isprintable() for line in printed.out.splitlines())
    assert r"a\x1b]0;owned\x07\x1b[2J\u202e\r\n" in printed.out
    assert run(["info", str(made(change)), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tasks"] == names


WORST = {
    "spaces": lambda parts, m: parts.file(raw=b" " * 2**28),
    "deflated": lambda parts, m: m.zipped(
        [("metadata.json", parts.metadata), ("config.json", b" " * 2**28),
         ("model.weights.h5", parts.weights)], 8,
    ),
    "understated": lambda parts, m: m.understate(
        m.zipped([("metadata.json", parts.metadata), ("config.json", b" " * 2**28),
                  ("model.weights.h5", parts.weights)], 8)
    ),
    "values": lambda parts, m: parts.file(raw=b"[" + b"{}," * 2_600_000 + b"{}]"),
    "keys": lambda parts, m: parts.file(
        raw=("{" + ",".join(f'"{i}":[]' for i in range(240_000)) + "}").encode()
    ),
    "tasks": lambda parts, m: parts.file(raw=json.dumps([["x"] * 490_000]).encode()),
    "directory": lambda parts, m: m.many_members(Random(1), parts.file()),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
@pytest.mark.parametrize("name", WORST)
def test_memory_of_what_is_meant_to_take_much(name, mutations, parts, tmp_path):
    """Of a process of its own, all of Python and NumPy included; slow, as machines differ."""
    path = tmp_path / "m.keras"
    path.write_bytes(WORST[name](parts, mutations))
    code = (
        "import sys\n"
        "from chromkeras.cli.app import run\n"
        "code = run(['info', sys.argv[1]])\n"
        # ru_maxrss would start from this process's, which holds TensorFlow
        "lines = open('/proc/self/status').read().splitlines()\n"
        "peak = next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))\n"
        "print(code, peak * 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    code, memory = map(int, done.stdout.split())
    assert code == 2
    assert len(done.stderr.splitlines()) == 1
    assert memory < LIMIT


DECLARED = """
import sys
from chromkeras.cost.machine import peak_memory
from chromkeras.errors import InputError
from chromkeras.model_file.open_model import open_model

open_model(sys.argv[1])  # what opening any model takes
before = peak_memory()
try:
    open_model(sys.argv[2])
except InputError as error:
    print(peak_memory() - before, error)
"""


@pytest.mark.slow
def test_sizes_that_are_only_declared_take_no_memory(made, tmp_path):
    """Slow: measures the memory of a process of its own, in which nothing larger went before."""

    def change(model):
        for entry in model["layers"]:
            for key in ("filters", "units"):
                if key in entry["config"]:
                    entry["config"][key] = 100
        model["layers"][0]["config"]["batch_shape"] = [None, 10**9, 4]
        for entry in model["layers"]:
            entry.pop("build_config", None)

    good = made().rename(tmp_path / "good.keras")
    done = subprocess.run(
        [sys.executable, "-c", DECLARED, str(good), str(made(change))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    grown, message = done.stdout.split(" ", 1)
    assert "weights, but the file holds" in message
    assert int(grown) < 50 * 2**20
