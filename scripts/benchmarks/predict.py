"""Prediction benchmark: `chromkeras predict` beside the bare model.

python scripts/benchmarks/predict.py --model worm_hard --regions 16384

Regions a second, median (least - most) of repeats taken in turns in one process, and as a share of
the first. "model.predict" is Keras's own call on one-hot arrays that lie in memory, for each strand
of the same windows, in batches of the same size; nothing is read or written. The others are whole
calls of ``chromkeras.predict``: BED read and checked, windows taken from the indexed genome, the
model compiled, scores written. Genome and regions are random; regions are sorted, as files of
peaks are, but for "any order". Below the table stands by how much the memory of the process grew in
the largest run.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from table import markdown_table
from timing import Times, in_turns

from chromkeras.backend.quiet import import_keras
from chromkeras.cost.memory import prediction_batch
from chromkeras.model_file.open_model import OpenModel, open_model
from chromkeras.scoring.indexed_genome import IndexedGenome
from chromkeras.scoring.predict import predict

HEADER = ("what", "regions/s", "of model.predict")
BASES = 5_000_000
SUFFIXES = (".tsv", ".tsv.gz", ".h5", ".bw")


def main() -> None:
    """Measure every format and print the table."""
    options = parse()
    import_keras()
    model = open_model(options.model)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        genome, (beds, windows) = write_genome(place), write_regions(place, options.regions)
        calls = {"model.predict": bare(model, genome, windows)}
        for suffix in SUFFIXES:
            calls[suffix] = whole(model, beds[0], genome, place / f"scores{suffix}")
        calls["any order, .h5"] = whole(model, beds[1], genome, place / "mixed.h5")
        for call in calls.values():
            call()
        before = peak()
        clock = time.process_time if options.processor else time.perf_counter
        times, ratios = in_turns([*calls.values()], budget=options.seconds, clock=clock)
        grown = peak() - before
    rows = [
        [name, rate_text(time, options.regions), f"{1 / ratio:.2f}"]
        for name, time, ratio in zip(calls, times, ratios, strict=True)
    ]
    print(f"{options.model}, {options.regions:,} regions, both strands, "
          f"{keras.backend.backend()}\n")  # fmt: skip
    print(markdown_table(HEADER, rows))
    print(f"\nmemory grew by {grown / 2**20:.0f} MiB in {len(times)} x {times[0].calls} runs")


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--model", default="worm_hard", help="model file or name of a shipped model")
    add("--regions", type=int, default=16_384, help="regions in the BED file")
    add("--seconds", type=float, default=60.0, help="time to spend")
    add("--processor", action="store_true",
        help="count the processor's time, on a machine that does other work as well")  # fmt: skip
    return parser.parse_args()


def write_genome(folder: Path) -> Path:
    """Write two random chromosomes."""
    random = np.random.default_rng(0)
    path = folder / "genome.fa"
    with path.open("wb") as file:
        for name in ("chr1", "chr2"):
            lines = np.frombuffer(b"ACGT", np.uint8)[random.integers(0, 4, (BASES // 50, 50))]
            ends = np.full((len(lines), 1), ord("\n"), np.uint8)
            file.write(b">%s\n" % name.encode() + np.hstack([lines, ends]).tobytes())
    return path


def write_regions(folder: Path, count: int) -> tuple[list[Path], list[tuple[str, int]]]:
    """Write random regions of 200 bp, sorted and in any order, and return those sorted."""
    random = np.random.default_rng(1)
    chrom, start = random.integers(1, 3, count), random.integers(1000, BASES - 1000, count)
    order = np.lexsort((start, chrom))
    regions = [(f"chr{chrom[k]}", int(start[k])) for k in order]
    paths = []
    for name, chosen in (("sorted", np.arange(count)), ("mixed", random.permutation(count))):
        text = (f"{c}\t{s}\t{s + 200}\tr{k}\n" for k in chosen for c, s in [regions[k]])
        paths.append(folder / f"{name}.bed")
        paths[-1].write_text("".join(text))
    return paths, regions


def bare(model: OpenModel, genome: Path, regions: list[tuple[str, int]]) -> Callable[[], Any]:
    """Return a call of ``model.predict`` on both strands of windows that lie in memory."""
    network = model.network
    length = network.inputs[0].shape[1]
    table = np.vstack([np.eye(4), np.zeros((1, 4))]).astype(np.float32)
    with IndexedGenome(genome) as opened:
        firsts = ((chrom, start + 100 - length // 2) for chrom, start in regions)
        x = table[np.stack([opened.codes(c, first, first + length) for c, first in firsts])]
    turned = np.ascontiguousarray(x[:, ::-1, ::-1])
    size = prediction_batch(network)

    def call() -> None:
        for strand in (x, turned):
            network.predict(strand, batch_size=size, verbose=0)

    return call


def whole(model: OpenModel, bed: Path, genome: Path, out: Path) -> Callable[[], Any]:
    """Return a call of ``chromkeras.predict``."""
    return lambda: predict(model, bed=bed, genome=genome, out=out)


def rate_text(times: Times, count: int) -> str:
    """Return regions a second: median (least - most)."""
    median, most, least = (count / t for t in (times.median, times.least, times.most))
    return f"{median:,.0f} ({least:,.0f} - {most:,.0f})"


def peak() -> int:
    """Return the most bytes of memory that the process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
