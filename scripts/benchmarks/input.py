"""Input benchmark: how fast packed sequences become one-hot training batches.

python scripts/benchmarks/input.py --batches 64 256

Sequences a second, median (least - most) of repeats taken in turns. "plain" and "augmented"
(random strand, shift of up to 3) are ``Batches`` alone; "control" only looks packed bytes up in a
table and writes the one-hot to memory it owns, which is the most that one thread's memory gives;
"fit" is ``model.fit`` on augmented batches with next to no model, so with all that Keras adds.
KERAS_BACKEND=jax measures JAX.
"""

import argparse
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import keras
import numpy as np
from table import markdown_table
from timing import Times, in_turns

from chromkeras.data.batches import Batches
from chromkeras.data.dataset import Dataset
from chromkeras.data.known import from_flagged
from chromkeras.data.packed import PackedSequences
from chromkeras.losses.task_loss import TaskLoss

HEADER = ("batch", "plain", "augmented", "control", "augmented, of control", "fit")
TASKS = 16


def main() -> None:
    """Measure every batch size and print the table."""
    options = parse()
    dataset = random_dataset(options.rows, options.length)
    rows = [cells(dataset, size, options) for size in options.batches]
    print(f"{options.rows:,} rows of {options.length} bp, {TASKS} tasks, sequences/s\n")
    print(markdown_table(HEADER, rows))


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--batches", type=int, nargs="*", default=[64, 256], help="sequences in a batch")
    add("--rows", type=int, default=200_000, help="sequences in the data set")
    add("--length", type=int, default=600, help="bases in a sequence")
    add("--some", type=int, default=20_000, help="sequences in one repeat")
    add("--seconds", type=float, default=10.0, help="time to spend on a batch size")
    options = parser.parse_args()
    for name in ("rows", "length", "some"):
        if getattr(options, name) < 1:
            parser.error(f"--{name}: expected at least 1, received {getattr(options, name)}")
    if min(options.batches, default=1) < 1 or max(options.batches, default=1) > options.rows:
        parser.error(f"--batches: expected 1 to {options.rows}, received {options.batches}")
    return options


def random_dataset(rows: int, length: int) -> Dataset:
    """Return random sequences, of which one in a hundred holds N."""
    rng = np.random.default_rng(0)
    packed = rng.integers(0, 256, (rows, -(-length // 4)), np.uint8)
    unknown = np.arange(0, rows, 100)
    bits = np.packbits(rng.random((len(unknown), length)) < 0.1, axis=1)
    dna = PackedSequences(packed, length, unknown, bits)
    labels, known = from_flagged(rng.integers(-1, 2, (rows, TASKS), np.int8))
    tasks = tuple(f"task{i}" for i in range(TASKS))
    return Dataset({"dna": dna}, labels, tasks, np.full(rows, "train"), known)


def cells(dataset: Dataset, size: int, options: argparse.Namespace) -> list[str]:
    """Return the row of one batch size."""
    steps = -(-options.some // size)
    plain = Batches(
        dataset, dataset.rows("train"), batch_size=size, seed=0, reverse_complement=False
    )
    augmented = Batches(dataset, dataset.rows("train"), batch_size=size, seed=0, shift=3)
    calls = [
        control(dataset.dna, size, steps),
        making(plain, steps),
        making(augmented, steps),
        fitting(dataset, size, steps),
    ]
    for call in calls:
        call()
    (bare, *times, fit), (_, _, ratio, _) = in_turns(calls, budget=options.seconds)
    rates = [rate_text(t, steps * size) for t in (*times, bare)]
    return [str(size), *rates, f"{1 / ratio:.2f}", rate_text(fit, steps * size)]


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
    batches = Batches(dataset, rows, batch_size=size, seed=0, shift=3)
    repeats = -(-steps // len(batches))
    return lambda: model.fit(batches, epochs=repeats, verbose=0, shuffle=False)


def rate_text(times: Times, sequences: int) -> str:
    """Return sequences a second: median (least - most)."""
    rates = [sequences / t / 1000 for t in (times.median, times.most, times.least)]
    return "{:,.0f} k ({:,.0f} - {:,.0f})".format(*rates)


if __name__ == "__main__":
    main()
