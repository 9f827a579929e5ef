"""Variant benchmark: substitutions a second beside a plain loop over the model.

python scripts/benchmarks/variants.py --count 2048

Random substitutions of a random chromosome are scored by `chromkeras.variants` (reading, windows,
both strands, writing, without a null), and by a plain loop that asks the model for the four
sequences of one substitution at a time; "batched" is `model.predict` on one-hot arrays of all
windows that are already in memory. Rates are those of a second of processor time, all threads
together, so that other work on the machine counts little: median (least - most) of repeats taken in
turns.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from table import markdown_table
from timing import seconds

import chromkeras

BASES = "ACGT"
HEADER = ("model", "variants", "plain loop", "times", "batched", "share of batched")


def main() -> None:
    options = parse()
    rows = []
    for name in options.models:
        model = chromkeras.open_model(name)
        length = model.network.input_shape[1]
        with tempfile.TemporaryDirectory() as folder:
            rows.append(cells(name, model, length, Path(folder), options))
    print(
        f"{options.count:,} substitutions, both strands, substitutions a second of processor time\n"
    )
    print(markdown_table(HEADER, rows))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["worm_hard", "worm_sharing/hard"])
    parser.add_argument("--count", type=int, default=2048)
    parser.add_argument("--loop", type=int, default=64, help="substitutions of the plain loop")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def cells(
    name: str, model: "chromkeras.OpenModel", length: int, folder: Path, options: argparse.Namespace
) -> list[str]:
    """Return a row of the table."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 200_000).astype(np.uint8)
    text = "".join(BASES[code] for code in codes)
    (folder / "g.fa").write_text(f">I\n{text}\n")
    places = rng.integers(length, len(codes) - length, options.count)
    steps = rng.integers(1, 4, options.count)
    lines = [
        f"I\t{p + 1}\t.\t{text[p]}\t{BASES[(codes[p] + s) % 4]}"
        for p, s in zip(places, steps, strict=True)
    ]
    (folder / "v.vcf").write_text("\n".join(["##fileformat=VCFv4.2", *lines]) + "\n")
    given = chromkeras.VariantOptions(null=0)
    windows = four_windows(codes, places, steps, length)
    one_hot = np.eye(4, dtype=np.float32)[windows.reshape(-1, length)]

    def scored() -> None:
        chromkeras.variants(model, folder / "v.vcf", folder / "g.fa", folder / "s.tsv", given)

    def loop() -> None:
        for four in windows[: options.loop]:
            model.network.predict(np.eye(4, dtype=np.float32)[four], verbose=0)

    def batched() -> None:
        model.network.predict(one_hot, batch_size=256, verbose=0)

    for call in (scored, loop, batched):
        call()
    counts = (options.count, options.loop, options.count)
    calls = (scored, loop, batched)
    turns = [[seconds(call, time.process_time) for call in calls] for _ in range(options.repeats)]
    rates = np.array(counts) / np.array(turns)
    middle = np.median(rates, axis=0)
    shown = [
        f"{rate_text(m)} ({rate_text(low)} - {rate_text(high)})"
        for m, low, high in zip(middle, rates.min(axis=0), rates.max(axis=0), strict=True)
    ]
    times, share = (np.median(rates[:, 0] / rates[:, i]) for i in (1, 2))
    return [name, shown[0], shown[1], f"{times:.3g}", shown[2], f"{share:.0%}"]


def rate_text(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def four_windows(
    codes: np.ndarray, places: np.ndarray, steps: np.ndarray, length: int
) -> np.ndarray:
    """Return both alleles on both strands, codes (n, 4, L)."""
    ref = np.stack([codes[p - length // 2 : p - length // 2 + length] for p in places])
    alt = ref.copy()
    alt[:, length // 2] = (alt[:, length // 2] + steps) % 4
    return np.stack([ref, alt, 3 - ref[:, ::-1], 3 - alt[:, ::-1]], axis=1)


if __name__ == "__main__":
    main()
