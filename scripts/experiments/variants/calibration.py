"""Share of random substitutions with p below 0.05, which should be 5 % in every task.

python scripts/experiments/variants/calibration.py GENOME.fa OUT_FOLDER [MODEL]

The substitutions are drawn from the genome with another seed than the null.
"""

import argparse
from pathlib import Path

import h5py
import numpy as np

import chromkeras
from chromkeras.scoring.indexed_genome import IndexedGenome
from chromkeras.variant_effects.null import some_substitutions


def main() -> None:
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    vcf = options.out / "random.vcf"
    length = chromkeras.open_model(options.model).network.input_shape[1]
    with IndexedGenome(options.genome) as genome, vcf.open("w") as file:
        file.write("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n")
        drawn = some_substitutions(genome, length, (0,), 1_000_003, options.count)
        for (chrom, position, ref, alt), _ in drawn:
            file.write(f"{chrom}\t{position}\t.\t{ref}\t{alt}\n")
    given = chromkeras.VariantOptions(null=options.null)
    out = options.out / "random.h5"
    chromkeras.variants(options.model, vcf, options.genome, out, given)
    with h5py.File(out) as file:
        p, region = file["p"][:], file["region"].asstr()[:]
        tasks = file["tasks"].asstr()[:]
    for name, rows in [("all", region == region), *((r, region == r) for r in np.unique(region))]:
        share = (p[rows] <= 0.05).mean(axis=0)
        error = np.sqrt(0.05 * 0.95 / rows.sum())
        print(f"{name}: {rows.sum()} substitutions, chance alone ± {error:.2%} (1 SD)")
        print("  " + ", ".join(f"{t} {s:.1%}" for t, s in zip(tasks, share, strict=True)))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genome", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("model", nargs="?", default="worm_hard")
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--null", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    main()
