"""Kill commands, or let their file-system calls fail, at every such call; count what is lost.

Each case is a command in a process of its own that has results of an earlier run to replace. At
one of its calls that change files (open to write, write, synchronise, rename, remove, make a
folder) it is killed, is sent a signal, or the call fails: no space left, an error of the device, a
read-only file system, or half of the bytes written and the rest refused. Other cases are killed at
random times. Then the results must be the earlier ones or whole new ones; a failed call must end in
one line (exit code 2) or be harmless, a signal in its exit code; and the same command, with
--resume where there is one and something to go on from, must end well with what a run without a
fault gives, and leave no temporary file.

    python scripts/faults.py --every 3 --kills 20 --table
"""

import argparse
import builtins
import errno
import io
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

ERRORS = {"no space": errno.ENOSPC, "device error": errno.EIO, "read-only": errno.EROFS}
SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT,
           "SIGHUP": signal.SIGHUP}  # fmt: skip
SHORT = "half written"
RANDOM = "SIGKILL at random"
FAULTS = (*SIGNALS, *ERRORS, SHORT)
LONGEST = 300.0  # seconds of one run
HUNG = 124  # exit code of one that took longer
SETTINGS = (
    "--size small --seed 1 --set training.batch_size=64 "
    "--set architecture.filters=[4,4,4] "
    "--set architecture.dense=[8,8] --set architecture.padding=same"
)
TRAIN = f"{SETTINGS} --epochs 2 --no-baseline"
SHORT_TRAIN = f"{SETTINGS} --epochs 1"


@dataclass(frozen=True)
class Command:
    """A command to disturb.

    Attributes
    ----------
    line
        Arguments; the results are under the folder ``out``.
    before
        Arguments of the run whose results are there already.
    again
        Options of the run that goes on.
    loose
        Ends of names of results that hold times, so that they are compared by being there.
    """

    line: str
    before: str
    again: str = ""
    loose: tuple[str, ...] = (".json", ".html", ".png", ".csv")


def commands() -> dict[str, Command]:
    """Return the commands, each with another run's results at the same place."""
    model = "--model files/a.keras"
    scored = f"{model} --data files/data.h5 --split test"
    return {
        "prepare": _pair("prepare arrays files/{}.npz --out out/data.h5", "new", "old"),
        "simulate": _pair(
            "simulate --tasks 2 --sequences 60 --length 60 --seed {} --out out/data.h5", "1", "2"
        ),
        "train": _pair(
            f"train {{}} --data files/data.h5 {TRAIN} --out out/m.keras", "hard", "single",
            "--resume",
        ),
        "finetune": _pair(
            "finetune --model files/{}.keras --data files/data.h5 --epochs 1 --seed 1 "
            "--out out/m.keras", "a", "b", "--resume",
        ),
        "crossval": _pair(
            f"crossval {{}} --data files/data.h5 --folds 3 {SHORT_TRAIN} --out out/cv",
            "hard", "single", "--resume",
        ),
        "tune": _pair(
            f"tune {{}} --space files/space.toml --data files/data.h5 --trials 2 {SHORT_TRAIN} "
            "--out out/search", "hard", "single",
        ),
        "variants": _pair(
            "variants --model files/{}.keras --vcf files/v.vcf --genome files/g.fa --null 20 "
            "--out out/variants.h5", "a", "b",
        ),
        "predict": _pair("predict {} --out out/scores.h5", scored, f"{scored} --logits"),
        "evaluate": _pair(
            "evaluate --model files/{}.keras --data files/data.h5 --out out/e.json "
            "--plots out/plots",
            "a", "b",
        ),
        "interpret": _pair(
            "interpret --model files/{}.keras --data files/data.h5 --sequences 3 --motifs "
            "files/m.meme --modisco 0 --out out/page", "a", "b",
        ),
        "compare": _pair(
            "compare files/a.keras files/b.keras --data files/data.h5 --parts predictions "
            "--seed {} --out out/comparison", "1", "2",
        ),
    }  # fmt: skip


def _pair(line: str, new: str, old: str, again: str = "") -> Command:
    return Command(line.format(new), line.format(old), again)


@dataclass
class Disturbance:
    """What happens to a process at one of its file-system calls.

    Attributes
    ----------
    fault
        One of ``FAULTS``, or "" for a run that is only counted.
    at
        Number of the call, from 0.
    place
        Folder whose files count.
    calls
        Calls so far.
    """

    fault: str
    at: int
    place: str
    calls: int = 0
    half: bool = field(default=False, init=False)

    def call(self, path: Any) -> None:
        """Count a call; kill, signal or fail where it is the one."""
        if isinstance(path, int) or not Path(path).absolute().is_relative_to(self.place):
            return
        number, self.calls = self.calls, self.calls + 1
        # a full disk stays full, a read-only one read-only
        lasting = number > self.at and self.fault in ("no space", "read-only")
        if not (lasting or (number == self.at and self.fault)):
            return
        if self.fault in SIGNALS:
            os.kill(os.getpid(), SIGNALS[self.fault])
        elif self.fault in ERRORS:
            code = ERRORS[self.fault]
            raise OSError(code, os.strerror(code), os.fspath(path))
        else:
            self.half = True

    def install(self) -> None:
        """Put the calls that change files under watch, in this process for good."""
        for name in ("replace", "rename", "unlink", "remove", "mkdir", "rmdir"):
            setattr(os, name, self._watched(getattr(os, name)))
        opened, synchronise = builtins.open, os.fsync
        disturbance = self

        class Watched(io.FileIO):
            def write(self, data: Any) -> int:
                disturbance.call(self.name)
                if disturbance.half:
                    disturbance.half = False
                    view = memoryview(data).cast("B")
                    super().write(view[: len(view) // 2])
                    disturbance.fault, disturbance.at = "no space", disturbance.calls
                    return len(view) // 2
                return super().write(data)

        def watching(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **kw: Any) -> Any:
            if isinstance(file, int) or not set(mode) & set("wax+"):
                return opened(file, mode, buffering, *args, **kw)
            disturbance.call(file)
            raw = Watched(
                file, mode.replace("b", "").replace("t", ""), opener=kw.pop("opener", None)
            )
            if buffering == 0:
                return raw
            binary = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            if "b" in mode:
                return binary
            names = ("encoding", "errors", "newline")
            options = dict(zip(names, args, strict=False)) | {k: kw[k] for k in names if k in kw}
            return io.TextIOWrapper(binary, **{"encoding": "utf-8"} | options)

        def fsync(number: int) -> None:
            disturbance.call(Path(f"/proc/self/fd/{number}").readlink())
            synchronise(number)

        builtins.open = io.open = watching  # type: ignore[assignment]
        os.fsync = fsync  # type: ignore[assignment]

    def _watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(path: Any, *args: Any, **kw: Any) -> Any:
            self.call(path)
            return function(path, *args, **kw)

        return watched


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (negative for a signal), what it said, and its calls."""

    code: int
    said: str
    calls: int


def run(folder: Path, line: str, fault: str = "", at: int = -1, delay: float = 0.0) -> Ended:
    """Run a command in a fork of this process, which has imported what all need.

    Parameters
    ----------
    folder
        Where to run it.
    line
        Arguments of ``chromkeras``.
    fault, at
        What happens at which call.
    delay
        Seconds after which it is killed; 0 for never.
    """
    said, count = folder / ".said", folder / ".calls"
    said.write_text("")
    count.write_text("0")
    child = os.fork()
    if child == 0:
        _be_the_command(folder, line, Disturbance(fault, at, str(folder / "out")), said, count)
    begun, killed = time.monotonic(), False
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        passed = time.monotonic() - begun
        if not killed and passed > (delay or LONGEST):
            os.kill(child, signal.SIGKILL)
            killed = True
        time.sleep(0.01)
    hung = killed and not delay
    code = HUNG if hung else os.waitstatus_to_exitcode(ended[1])
    return Ended(code, said.read_text(errors="replace"), int(count.read_text()))


def _be_the_command(
    folder: Path, line: str, disturbance: Disturbance, said: Path, count: Path
) -> None:
    """Run the command and leave; never returns."""
    code = 70
    os.chdir(folder)
    sys.argv = ["chromkeras", *line.split()]
    with said.open("w") as stream, redirect_stdout(io.StringIO()), redirect_stderr(stream):
        from chromkeras.cli.app import main

        plain = builtins.open
        disturbance.install()
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException:
            import traceback

            traceback.print_exc(file=stream)
        with plain(count, "w") as counted:
            counted.write(str(disturbance.calls))
    os._exit(code)


@dataclass(frozen=True)
class Stage:
    """A command's folder, with an earlier run's results and those of a run without a fault."""

    folder: Path
    command: Command
    earlier: Path
    expected: Path
    calls: int
    seconds: float

    def reset(self) -> Path:
        """Put the earlier results back and return their folder."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(self.earlier, out)
        return out


def stage(name: str, command: Command, inputs: Path, place: Path) -> Stage:
    """Run the command once over another run's results, without a fault."""
    folder = place / name
    folder.mkdir()
    (folder / "files").symlink_to(inputs)
    (folder / "out").mkdir()
    for line, kept in ((command.before, "earlier"), (command.line, "expected")):
        begun = time.monotonic()
        ended = run(folder, line)
        if ended.code:
            raise SystemExit(f"{name}: without a fault it ends with {ended.code}: {ended.said}")
        shutil.copytree(folder / "out", folder / kept)
    seconds = time.monotonic() - begun
    return Stage(folder, command, folder / "earlier", folder / "expected", ended.calls, seconds)


def judge(staged: Stage, fault: str, at: int, delay: float) -> list[str]:
    """Run one case and return what is wrong, such as "lost: scores.h5"."""
    out = staged.reset()
    command, wrong = staged.command, []
    ended = run(staged.folder, command.line, fault, at, delay)
    if not _codes(fault, ended):
        wrong.append(f"crashed: exit code {ended.code}")
    if "Traceback" in ended.said or (
        fault in (*ERRORS, SHORT) and ended.code and not _one_line(ended.said)
    ):
        wrong.append("crashed: " + ended.said.strip()[-300:].replace("\n", " | "))
    for name in _names(staged.expected, hidden=False):
        if not _one_of(out / name, staged, name):
            wrong.append(f"lost: {name}")
    again = run(staged.folder, f"{command.line} {command.again}")
    if again.code == 2 and command.again:  # killed before there was anything to go on from
        again = run(staged.folder, command.line)
    if again.code:
        wrong.append(f"not resumed: {again.code}, {again.said.strip()[-300:]}")
    for name in _names(staged.expected, hidden=False):
        if not _same(out / name, staged.expected / name, command.loose):
            wrong.append(f"differs after the next run: {name}")
    wrong += [
        f"left: {n}" for n in sorted(_names(out) - _names(staged.expected) - _names(staged.earlier))
    ]
    return wrong


def _codes(fault: str, ended: Ended) -> bool:
    if fault in ("SIGKILL", RANDOM):
        return ended.code in (0, -signal.SIGKILL)
    if fault in SIGNALS:
        return ended.code in (0, 128 + SIGNALS[fault])
    return ended.code in (0, 2)


def _one_line(said: str) -> bool:
    return len([line for line in said.splitlines() if line.startswith("chromkeras: ")]) == 1


def _names(folder: Path, *, hidden: bool = True) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and (hidden or not path.name.startswith("."))
    }


def _one_of(path: Path, staged: Stage, name: str) -> bool:
    """Return whether a result is the earlier one, a whole new one, or not there as it was not."""
    earlier = staged.earlier / name
    if not path.exists():
        return not earlier.exists()
    loose = staged.command.loose
    return any(_same(path, other, loose) for other in (earlier, staged.expected / name))


def _same(path: Path, other: Path, loose: tuple[str, ...]) -> bool:
    """Return whether two files hold the same, or, with times in them, whether both are whole."""
    if not path.exists() or not other.exists():
        return False
    if path.read_bytes() == other.read_bytes():
        return True
    if path.suffix in (".h5", ".keras"):
        try:
            return _arrays(path) == _arrays(other)
        except (OSError, KeyError, zipfile.BadZipFile):  # half of a file, which is a finding
            return False
    return path.suffix in loose and path.read_bytes()[-8:] == other.read_bytes()[-8:]


def _arrays(path: Path) -> dict[str, bytes]:
    """Return the arrays of an HDF5 file, or of the weights in a .keras file."""
    source: Any = path
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            source = io.BytesIO(archive.read("model.weights.h5"))
    found: dict[str, bytes] = {}
    with h5py.File(source) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: np.asarray(item[()]).tobytes()})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


def cases(
    staged: Stage, options: argparse.Namespace, seed: int
) -> Iterator[tuple[str, int, float]]:
    """Yield fault, call and delay of each case of a command."""
    for fault in options.faults or FAULTS:
        every = 1 if fault == "SIGKILL" and options.all_kills else options.every
        for at in range(seed % every, staged.calls, every):
            yield fault, at, 0.0
    draw = random.Random(seed)
    for _ in range(options.kills):
        yield RANDOM, -1, max(0.01, draw.uniform(0.0, staged.seconds))


def make_inputs(folder: Path) -> None:
    """Make a small data set, two models, arrays and motifs."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("new", "old"):
        x = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (60, 60))]
        np.savez(folder / f"{name}.npz", x=x, y=rng.integers(0, 2, (60, 2)).astype(np.int8))
    (folder / "m.meme").write_text(
        "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF A\nletter-probability matrix: w= 4\n"
        + "0.7 0.1 0.1 0.1\n0.1 0.7 0.1 0.1\n0.1 0.1 0.7 0.1\n0.1 0.1 0.1 0.7\n"
    )
    (folder / "space.toml").write_text("[training]\nlearning_rate = {choices = [0.001, 0.01]}\n")
    dna = "".join(rng.choice(list("ACGT"), 1000))
    (folder / "g.fa").write_text(f">chr1\n{dna}\n")
    records = [f"chr1\t{i + 1}\t.\t{dna[i]}\t{'CATG'['ACTG'.index(dna[i])]}\t.\t.\t.\n"
               for i in range(200, 800, 60)]  # fmt: skip
    (folder / "v.vcf").write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(records)
    )
    place = folder.parent
    (place / "out").mkdir()
    for line in (
        "simulate --tasks 2 --sequences 300 --length 150 --seed 0 --out files/data.h5",
        f"train hard --data files/data.h5 {TRAIN} --out files/a.keras",
        f"train single --data files/data.h5 {TRAIN} --out files/b.keras",
    ):
        ended = run(place, line)
        if ended.code:
            raise SystemExit(f"{line}: {ended.said}")


def main() -> None:
    """Run all cases and print what was wrong, and a table."""
    options = _options()
    from chromkeras.backend.quiet import import_keras

    import_keras()  # once, in the process that all others are forks of
    _import_all()
    counts: dict[tuple[str, str], Counter[str]] = {}
    with tempfile.TemporaryDirectory(prefix="faults.") as name:
        place = Path(name).resolve()
        make_inputs(place / "files")
        for command_name, command in commands().items():
            if options.commands and command_name not in options.commands:
                continue
            staged = stage(command_name, command, place / "files", place)
            for fault, at, delay in cases(staged, options, options.seed):
                wrong = judge(staged, fault, at, delay)
                count = counts.setdefault((command_name, fault), Counter())
                count.update({"cases": 1, **Counter(w.partition(":")[0] for w in set(wrong))})
                for text in wrong:
                    where = f"call {at}" if at >= 0 else f"{delay:.2f} s"
                    print(f"{command_name}, {fault} at {where}: {text}", flush=True)
            total = sum((c for (n, _), c in counts.items() if n == command_name), Counter())
            print(f"{command_name}: {staged.calls} calls, {staged.seconds:.1f} s, {dict(total)}",
                  file=sys.stderr, flush=True)  # fmt: skip
    if options.table:
        print_table(counts)
    sys.exit(any(set(count) - {"cases"} for count in counts.values()))


def print_table(counts: dict[tuple[str, str], Counter[str]]) -> None:
    """Print a Markdown table: a row for each fault, with cases and what was wrong."""
    faults = list(dict.fromkeys(fault for _, fault in counts))
    kinds = ("lost", "crashed", "not resumed", "differs after the next run", "left")
    print("| fault | " + " | ".join(("cases", *kinds)) + " |")
    print("|---" * (len(kinds) + 2) + "|")
    for fault in faults:
        total = sum((c for (_, f), c in counts.items() if f == fault), Counter())
        print(f"| {fault} | " + " | ".join(str(total[k]) for k in ("cases", *kinds)) + " |")


def _import_all() -> None:
    """Import what the commands import, so that a fork need not."""
    import importlib
    import pkgutil

    import chrominterpret
    import chromkeras

    for package in (chrominterpret, chromkeras):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--commands", nargs="*", choices=list(commands()), help="commands to disturb; default all")
    add("--faults", nargs="*", choices=FAULTS, help="what happens at a call; default all")
    add("--every", type=int, default=1, help="disturb every so many-th call")
    add("--all-kills", action="store_true", help="kill at every call, whatever --every says")
    add("--kills", type=int, default=0, help="kills at random times, of each command")
    add("--seed", type=int, default=0, help="seed of the first call and of the random times")
    add("--table", action="store_true", help="print a Markdown table")
    return parser.parse_args()


if __name__ == "__main__":
    main()
