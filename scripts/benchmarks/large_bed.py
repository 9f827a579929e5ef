"""Large BED benchmark: time and memory of reading it, and of predicting a part of it.

python scripts/benchmarks/large_bed.py --regions 10000000 --parts 2000

A random genome and sorted random regions are made. "predict" is a whole call of
``chromkeras.predict`` for a part, the first or the last; "read" goes through all windows of the
file, as the parts together do. Each runs in a process of its own, whose memory is counted from
where Keras is imported and the model open; seconds are those of the wall and of the processor.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from table import markdown_table

from chromkeras.backend.quiet import import_keras
from chromkeras.model_file.open_model import open_model
from chromkeras.scoring.bed import BedSource
from chromkeras.scoring.predict import predict
from chromkeras.scoring.source import Tiling

HEADER = ("what", "regions", "seconds", "processor seconds", "memory grew by (MiB)")
CHROMOSOMES, BASES, WIDTH = 6, 17_000_000, 600
PIECE = 100_000


def main() -> None:
    """Make the files, measure each case in a process of its own, and print the table."""
    options = parse()
    if options.case:
        print("\t".join(measured(options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_genome(place / "genome.fa")
        write_regions(place / "regions.bed", options.regions)
        size = (place / "regions.bed").stat().st_size / 2**20
        rows = [run(options, folder, case) for case in ("first part", "last part", "read")]
    print(f"BED of {options.regions:,} regions ({size:.0f} MiB), {options.parts:,} parts, "
          f"{options.model}\n")  # fmt: skip
    print(markdown_table(HEADER, rows))


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="worm_hard", help="model file or shipped model")
    parser.add_argument("--regions", type=int, default=10_000_000)
    parser.add_argument("--parts", type=int, default=2000)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def write_genome(path: Path) -> None:
    """Write random chromosomes."""
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for number in range(CHROMOSOMES):
            file.write(b">chr%d\n" % (number + 1))
            letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (BASES // 50, 50))]
            file.write(np.pad(letters, ((0, 0), (0, 1)), constant_values=ord("\n")).tobytes())


def write_regions(path: Path, count: int) -> None:
    """Write random regions, sorted."""
    rng = np.random.default_rng(1)
    each = [len(some) for some in np.array_split(np.empty(count, np.int8), CHROMOSOMES)]
    with path.open("w") as file:
        for number, regions in enumerate(each, 1):
            starts = np.sort(rng.integers(0, BASES - WIDTH, regions))
            for first in range(0, regions, PIECE):
                some = starts[first : first + PIECE].tolist()
                file.write("".join(f"chr{number}\t{s}\t{s + WIDTH}\n" for s in some))


def run(options: argparse.Namespace, folder: str, case: str) -> list[str]:
    """Measure a case in a process of its own, and return its row."""
    words = [f"--{name}={getattr(options, name)}" for name in ("model", "regions", "parts")]
    command = [sys.executable, __file__, *words, f"--case={case}", f"--folder={folder}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()[-1].split("\t")


def measured(options: argparse.Namespace) -> list[str]:
    """Return the row of one case."""
    import_keras()
    model = open_model(options.model)
    bed, genome = Path(options.folder, "regions.bed"), Path(options.folder, "genome.fa")
    before, began, busy = memory("VmRSS"), time.perf_counter(), time.process_time()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    if options.case == "read":
        source = BedSource(bed, genome, Tiling(model.network.input_shape[1]))
        rows = sum(len(block.data) for block in source.blocks(range(source.total), 4096))
    else:
        number = 1 if options.case == "first part" else options.parts
        out, part = Path(options.folder, f"{number}.h5"), f"{number}/{options.parts}"
        rows = predict(model, bed=bed, genome=genome, out=out, part=part).rows
    seconds, processor = time.perf_counter() - began, time.process_time() - busy
    grown = (memory("VmHWM") - before) / 1024
    return [options.case, f"{rows:,}", f"{seconds:.0f}", f"{processor:.0f}", f"{grown:.0f}"]


def memory(name: str) -> int:
    """Return what Linux says of the memory of this process, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
