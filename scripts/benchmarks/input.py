"""Input benchmark: how fast packed sequences become one-hot training batches.

python scripts/benchmarks/input.py --batches 64 256

Sequences a second, median (least - most) of repeats taken in turns. "plain" and "augmented"
(random strand, shift of up to 3) are ``Batches`` alone, from tables in memory; "mapped" are
augmented batches of the same data set left in its file (``load_dataset(mmap=True)``), with their
rate as a share of those from memory; "control" only looks packed bytes up in a table and writes
the one-hot to memory it owns, which is the most that one thread's memory gives; "fit" is
``model.fit`` on augmented batches with next to no model, so with all that Keras adds. Below the
table stands the memory that the system could not take back, after going through both.
--dense WIDTH adds a second input of so many numbers a row. KERAS_BACKEND=jax measures JAX.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import keras
import numpy as np
from table import markdown_table
from timing import Times, in_turns

from chromkeras.data.batches import Batches
from chromkeras.data.dataset import Dataset
from chromkeras.data.hdf5 import load_dataset, save_dataset
from chromkeras.data.known import from_flagged
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable, Table
from chromkeras.losses.task_loss import TaskLoss

HEADER = ("batch", "plain", "augmented", "mapped", "mapped, of augmented", "control",
          "augmented, of control", "fit")  # fmt: skip
TASKS = 16


def main() -> None:
    """Measure every batch size and print the table."""
    options = parse()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "data.h5"
        save_dataset(random_dataset(options.rows, options.length, options.dense), path)
        before = own_memory()
        mapped = load_dataset(path, mmap=True)
        go_through(mapped)
        grown = [own_memory() - before]
        dataset = load_dataset(path)
        go_through(dataset)
        grown.append(own_memory() - before - grown[0])
        rows = [cells(dataset, mapped, size, options) for size in options.batches]
        large = path.stat().st_size
    print(f"{options.rows:,} rows of {options.length} bp, {TASKS} tasks, sequences/s\n")
    print(markdown_table(HEADER, rows))
    texts = [f"{size / 2**20:,.0f} MiB" for size in (large, *grown)]
    print("\nfile {}; memory taken: mapped {}, in memory {}".format(*texts))


def own_memory() -> int:
    """Return the bytes of memory of this process that lie in no file; 0 where unknown."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    lines = status.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def go_through(dataset: Dataset) -> None:
    """Make the batches of one epoch."""
    batches = Batches(dataset, dataset.rows("train"), batch_size=256, seed=0, shift=3)
    for index in range(len(batches)):
        batches[index]


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--batches", type=int, nargs="*", default=[64, 256], help="sequences in a batch")
    add("--rows", type=int, default=200_000, help="sequences in the data set")
    add("--length", type=int, default=600, help="bases in a sequence")
    add("--dense", type=int, default=0, help="numbers a row in a second input; 0 for none")
    add("--folder", type=Path, help="where to write the data set; a temporary folder by default")
    add("--some", type=int, default=20_000, help="sequences in one repeat")
    add("--seconds", type=float, default=10.0, help="time to spend on a batch size")
    options = parser.parse_args()
    for name in ("rows", "length", "some"):
        if getattr(options, name) < 1:
            parser.error(f"--{name}: expected at least 1, received {getattr(options, name)}")
    if min(options.batches, default=1) < 1 or max(options.batches, default=1) > options.rows:
        parser.error(f"--batches: expected 1 to {options.rows}, received {options.batches}")
    return options


def random_dataset(rows: int, length: int, width: int) -> Dataset:
    """Return random sequences, of which one in a hundred holds N, and ``width`` numbers a row."""
    rng = np.random.default_rng(0)
    packed = rng.integers(0, 256, (rows, -(-length // 4)), np.uint8)
    unknown = np.arange(0, rows, 100)
    bits = np.packbits(rng.random((len(unknown), length)) < 0.1, axis=1)
    dna = PackedSequences(packed, length, unknown, bits)
    labels, known = from_flagged(rng.integers(-1, 2, (rows, TASKS), np.int8))
    tasks = tuple(f"task{i}" for i in range(TASKS))
    inputs: dict[str, Table] = {"dna": dna}
    if width:
        inputs["numbers"] = DenseTable(rng.random((rows, width), np.float32))
    return Dataset(inputs, labels, tasks, np.full(rows, "train"), known)


def cells(dataset: Dataset, mapped: Dataset, size: int, options: argparse.Namespace) -> list[str]:
    """Return the row of one batch size."""
    steps = -(-options.some // size)
    rows = dataset.rows("train")
    plain = Batches(dataset, rows, batch_size=size, seed=0, reverse_complement=False)
    calls = [
        making(Batches(dataset, rows, batch_size=size, seed=0, shift=3), steps),
        making(plain, steps),
        making(Batches(mapped, rows, batch_size=size, seed=0, shift=3), steps),
        control(dataset.dna, size, steps),
        fitting(dataset, size, steps),
    ]
    for call in calls:
        call()
    times, (_, _, of_mapped, of_control, _) = in_turns(calls, budget=options.seconds)
    augmented, bare, file, lookup, fit = (rate_text(t, steps * size) for t in times)
    shares = f"{1 / of_mapped:.2f}", f"{of_control:.2f}"
    return [str(size), bare, augmented, file, shares[0], lookup, shares[1], fit]


def control(dna: PackedSequences, size: int, steps: int) -> Callable[[], Any]:
    """Return a call that expands bytes by a table, into the same memory again and again."""
    codes = (np.arange(256)[:, None] >> np.array([6, 4, 2, 0])) & 3
    table = np.eye(4, dtype=np.float32)[codes].reshape(256, 16)
    order = np.random.default_rng(0).permutation(len(dna))
    chunks = cycle(order[i : i + size] for i in range(0, len(order) - size + 1, size))
    out = np.empty((size, dna.packed.shape[1], 16), np.float32)

    def call() -> None:
        for _ in range(steps):
            np.take(table, dna.packed[next(chunks)], axis=0, out=out, mode="clip")

    return call


def making(batches: Batches, steps: int) -> Callable[[], Any]:
    """Return a call that makes the next batches and drops them."""
    places: Iterator[int] = cycle(range(len(batches) - 1 or 1))

    def call() -> None:
        for _ in range(steps):
            batches[next(places)]

    return call


def fitting(dataset: Dataset, size: int, steps: int) -> Callable[[], Any]:
    """Return a call of ``model.fit`` with a model that reads one base."""
    dna = keras.Input((dataset.dna.length, 4))
    model = keras.Model(dna, keras.layers.Dense(TASKS)(dna[:, 0]))
    model.compile("sgd", TaskLoss("plain"), jit_compile=keras.backend.backend() != "tensorflow")
    rows = np.arange(min(steps * size, len(dataset)))
    batches = Batches(dataset, rows, batch_size=size, seed=0, inputs=("dna",), shift=3)
    repeats = -(-steps // len(batches))
    return lambda: model.fit(batches, epochs=repeats, verbose=0, shuffle=False)


def rate_text(times: Times, sequences: int) -> str:
    """Return sequences a second: median (least - most)."""
    rates = [sequences / t / 1000 for t in (times.median, times.most, times.least)]
    return "{:,.0f} k ({:,.0f} - {:,.0f})".format(*rates)


if __name__ == "__main__":
    main()
