"""Make hostile files by the thousand, open each in a process that may be lost, and count.

Model files are given to ``chromkeras info`` and to ``open_model``, those that open are asked for a
prediction; resume states and gradient logs are given to their readers. Counted are files whose code
was run (it would leave a file), for which another file was opened or read (Linux says so), that
ended in anything but one line or a model, that took more than a gigabyte or ten seconds of the
processor.

    python scripts/hostile_files.py --files 2000 --seed 0
"""

import argparse
import ctypes
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import h5py
import numpy as np

HERE = Path(__file__).resolve().parent
MUTATIONS = HERE.parent / "tests" / "chromkeras" / "model_file" / "mutations.py"
BATCH = 100
GIGABYTE = 2**30
SECONDS = 10.0
KINDS = ("model", "resume", "gradients")
TASKS, LENGTH = ("a", "b", "c"), 60


def main() -> None:
    arguments = _arguments()
    if arguments.batch:
        print(json.dumps(_run_batch(arguments, Path(arguments.folder))))
        return
    counts: Counter[str] = Counter()
    worst = {"memory": 0.0, "seconds": 0.0}
    with tempfile.TemporaryDirectory(prefix="hostile.") as name:
        folder = Path(name)
        _make_good_files(folder)
        for kind in KINDS:
            several = arguments.files // (1 if kind == "model" else 4)
            for first in range(0, several, BATCH):
                outcomes = _batch(arguments, folder, kind, first, min(BATCH, several - first))
                for outcome in outcomes:
                    _count(counts, worst, kind, outcome)
    print(json.dumps({"seed": arguments.seed, **dict(sorted(counts.items())), **worst}, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000, help="Model files; others a quarter.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", nargs=3, metavar=("KIND", "FIRST", "COUNT"))
    parser.add_argument("--folder")
    return parser.parse_args()


def _batch(
    arguments: argparse.Namespace, folder: Path, kind: str, first: int, count: int
) -> list[dict[str, Any]]:
    """Run a batch in a process of its own; where that is lost, its files one after the other."""
    command = [
        sys.executable, str(Path(__file__).resolve()), "--seed", str(arguments.seed),
        "--folder", str(folder), "--batch", kind, str(first), str(count),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120 + 30 * count, check=False
        )
        if done.returncode == 0:
            outcomes: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
            return outcomes
        lost = f"died ({done.returncode})"
    except subprocess.TimeoutExpired:
        lost = "hung"
    if count == 1:
        return [{"seed": first, "end": lost, "memory": 0, "seconds": 0.0, "made by": "?"}]
    return [o for i in range(count) for o in _batch(arguments, folder, kind, first + i, 1)]


def _count(counts: Counter[str], worst: dict[str, float], kind: str, outcome: dict) -> None:
    counts[f"{kind}: files"] += 1
    counts[f"{kind}: {outcome['end'].partition(':')[0]}"] += 1
    for trap in ("code run", "foreign file read"):
        counts[f"{kind}: {trap}"] += outcome.get(trap, False)
    counts[f"{kind}: over 1 GB"] += outcome["memory"] > GIGABYTE
    counts[f"{kind}: over 10 s"] += outcome["seconds"] > SECONDS
    worst["memory"] = max(worst["memory"], outcome["memory"] / GIGABYTE)
    worst["seconds"] = max(worst["seconds"], outcome["seconds"])
    bad = not outcome["end"].startswith(("opened", "refused")) or outcome["seconds"] > SECONDS
    if bad or outcome["memory"] > GIGABYTE or outcome.get("code run"):
        print(kind, json.dumps(outcome), file=sys.stderr)


# --- in the process of a batch


def _run_batch(arguments: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    kind, first, count = arguments.batch[0], *map(int, arguments.batch[1:])
    mutations = _mutations()
    traps = mutations.Traps(*(str(folder / name) for name in ("canary", "secret", "secret.h5")))
    good = (folder / f"good.{kind}").read_bytes()
    read = _readers(folder)[kind]
    outcomes = []
    with tempfile.TemporaryDirectory(dir=folder) as own:
        path = Path(own) / ("m.keras" if kind == "model" else "m.npz")
        path.write_bytes(good)
        read(path)  # what is imported and compiled once is not the file's doing
        watch = _Watch([traps.secret, traps.secret_h5])
        Path(traps.secret).read_bytes()
        if not watch.touched():
            raise RuntimeError("expected to see a file that is read; received nothing")
        for number in range(first, first + count):
            random = Random(f"{arguments.seed} {kind} {number}")
            if kind == "model":
                change = random.choice(mutations.MODELS)
                path.write_bytes(change(random, mutations.Parts.of(folder / "good.model", traps)))
            else:
                change = random.choice(mutations.NUMPY)
                path.write_bytes(change(random, good, traps))
            watch.touched()  # by what made the file
            outcomes.append(_outcome(read, path, watch, Path(traps.canary)))
            outcomes[-1] |= {"seed": number, "made by": change.__name__}
    return outcomes


def _outcome(
    read: Callable[[Path], str], path: Path, watch: "_Watch", canary: Path
) -> dict[str, Any]:
    began, end = time.process_time(), ""
    _reset_peak()
    before = _memory("VmRSS")
    printed = io.StringIO()
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            end = read(path)
    except Exception as error:  # what is counted
        end = f"traceback: {type(error).__name__}: {str(error)[:200]}"
    run = canary.exists()
    canary.unlink(missing_ok=True)
    return {
        "end": end,
        "seconds": round(time.process_time() - began, 2),
        "memory": _memory("VmHWM"),
        "more": _memory("VmHWM") - before,
        "code run": run,
        "foreign file read": watch.touched(),
    }


def _readers(folder: Path) -> dict[str, Callable[[Path], str]]:
    """Return what opens each kind of file and says how that ended."""
    from chromkeras.backend.quiet import import_keras

    import_keras()
    import keras

    from chromkeras.cli.app import run
    from chromkeras.errors import InputError
    from chromkeras.model_file.open_model import open_model
    from chromkeras.monitoring.gradient_log import load_gradient_log
    from chromkeras.training.checkpoint import load_checkpoint

    os.environ["CHROMKERAS_TRACEBACK"] = ""
    recipe = _recipe()

    def line(error: Exception) -> str:
        safe = str(error).isprintable() and len(str(error)) < 2000
        return f"refused: {error}" if safe else f"unsafe line: {error!r}"

    def model(path: Path) -> str:
        out, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(errors):
            code = run(["info", str(path)])
        said = errors.getvalue()
        if code not in (0, 2) or len(said.splitlines()) != code // 2:
            return f"info ended otherwise: {code}, {said[:300]!r}"
        if not all(part.isprintable() for part in (out.getvalue() + said).splitlines()):
            return "unsafe line: info"
        try:
            network = open_model(path).network
        except InputError as error:
            return line(error)
        if code:
            return "info refused what opens: " + said
        shape = [axis or 1 for axis in network.input_shape]
        if np.prod(shape) < 10**6:
            network.predict_on_batch(np.zeros(shape))
        keras.backend.clear_session()
        return "opened"

    def numpy(load: Callable[[Path], Any]) -> Callable[[Path], str]:
        def read(path: Path) -> str:
            try:
                load(path)
            except InputError as error:
                return line(error)
            return "opened"

        return read

    return {
        "model": model,
        "resume": numpy(lambda path: load_checkpoint(path, recipe, "f")),
        "gradients": numpy(load_gradient_log),
    }


class _Watch:
    """Asks Linux whether files were opened or read, also by libraries in C.

    Parameters
    ----------
    paths
        The files.
    """

    def __init__(self, paths: list[str]) -> None:
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.number = self.libc.inotify_init1(os.O_NONBLOCK)
        for path in paths:
            opened_or_read = 0x20 | 0x01
            if self.libc.inotify_add_watch(self.number, path.encode(), opened_or_read) < 0:
                raise OSError(ctypes.get_errno(), "inotify", path)

    def touched(self) -> bool:
        """Return whether any was since the last call."""
        try:
            return bool(os.read(self.number, 2**16))
        except BlockingIOError:
            return False


def _memory(name: str) -> int:
    """Return bytes: VmRSS is what this process holds, VmHWM the most that it has held."""
    for text in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if text.startswith(name):
            return int(text.split()[1]) * 1024
    raise ValueError(f"expected Linux to say {name}")


def _reset_peak() -> None:
    """Let VmHWM begin anew, where that is allowed."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        print("note: the peak of memory is that of all files of the batch", file=sys.stderr)


# --- good files


def _make_good_files(folder: Path) -> None:
    command = (
        "import runpy, sys; from pathlib import Path; "
        f"runpy.run_path({str(Path(__file__).resolve())!r})['_write_good_files'](Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", command, str(folder)], check=True)


def _write_good_files(folder: Path) -> None:
    from chromkeras.backend.quiet import import_keras

    import_keras()
    from chromkeras.model_file.save_model import save_model
    from chromkeras.sharing.builder import build_model
    from chromkeras.sharing.plan import resolve_plan

    (folder / "secret").write_bytes(b"secret\n" * 1000)
    with h5py.File(folder / "secret.h5", "w") as file:
        file["x"] = np.arange(1000, dtype="f4")
    recipe = _recipe()
    plan = resolve_plan(recipe, TASKS, {"dna": (LENGTH, 4)}, problem="binary")
    weights = build_model(plan).get_weights()
    scores = {"validation_auroc": dict.fromkeys(TASKS, 0.5), "parameters": 1}
    model = folder / "good.keras"
    save_model(model, plan, weights, fingerprint="f", scores=scores)
    model.rename(folder / "good.model")
    _write_state(folder / "good.resume", recipe, weights)
    _write_log(folder / "good.gradients")


def _write_state(path: Path, recipe: Any, weights: list[np.ndarray]) -> None:
    facts = {
        "recipe": recipe.to_dict(), "fingerprint": "f", "epochs": 2,
        "history": [{"epoch": i, "seconds": 0.5, "loss": float("nan")} for i in (1, 2)],
    }  # fmt: skip
    arrays = {"facts": np.array(json.dumps(facts))}
    arrays |= {f"variable_{i}": value for i, value in enumerate(weights)}
    arrays |= {f"best_weight_{i}": value for i, value in enumerate(weights)}
    arrays |= {
        "best_score": np.zeros(1), "best_best_epoch": np.zeros(1, int),
        "best_task_score": np.full(len(TASKS), np.nan),
    }  # fmt: skip
    with path.open("wb") as file:
        np.savez(file, **arrays)


def _write_log(path: Path) -> None:
    from chromkeras.monitoring.gradient_log import GradientLog, Moment, save_gradient_log

    log = GradientLog(
        tasks=TASKS, layers=("conv_1", "logits"), sharing=("shared", "own"),
        activations=("relu",), steps_per_epoch=10, rows=8, parts=4, fingerprint="f",
        roles=("convolution", "output"), activated=("conv_1",),
    )  # fmt: skip
    norm = np.ones((3, 2), np.float32)
    for step in (0, 7):
        cosine = np.ones((1, 3, 3), np.float32)
        log = log.with_moment(Moment(step, 0.5, norm[:, 0], norm, norm, norm[:, :1], cosine))
    save_gradient_log(log, path.with_suffix(".npz"))
    path.with_suffix(".npz").rename(path)


def _recipe() -> Any:
    from chromkeras.recipe.reading import make_recipe

    sizes = {"filters": [3, 2], "widths": [5, 3], "pools": [4, 4], "dense": [4]}
    settings = [f"architecture.{key}={value}" for key, value in sizes.items()]
    return make_recipe("soft", settings=(*settings, "architecture.summary=true"))


def _mutations() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutations", MUTATIONS)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(MUTATIONS)
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutations"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
