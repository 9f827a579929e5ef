#!/usr/bin/env python
"""How many rows have relatives, and what a split that parts relatives is worth.

`relatives DATA` measures where the threshold of similarity should lie: rows of which another row,
or a decoy (another row read backwards, not complemented: the same composition and repeats of few
letters, and no common origin), shares a share of its k-mers; what copies share after mutation;
the families at each threshold; and what a sketch of one k-mer in eight misses.

`scale` finds families among 400,000 made-up rows of 600 bases, a tenth of which have a copy of one
element of 300 and a twentieth a part of one of 6,000, and prints time, memory and what was found.

`train DATA` trains one small recipe on splits of one size: rows drawn one by one, rows that overlap
together (the default), families of relatives together, and the default once more, without the
training rows that are relatives of validation rows, and without as many others. The last two and
the default have the same validation rows, so that they alone say what relatives give away. The
figures are those of the validation split; rows of the data set's own test split are left out from
the start. Example:

    homology_split.py relatives worm.h5
    homology_split.py scale
    homology_split.py train worm.h5 --tasks Germline,Neurons,Muscle,Hypod,Intest --seeds 2
"""

import argparse
import logging
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from chromkeras.baselines.options import baseline_options
from chromkeras.baselines.train import train_baseline
from chromkeras.data import homology
from chromkeras.data.dataset import Dataset
from chromkeras.data.groups import joined, overlap_groups
from chromkeras.data.hdf5 import load_dataset
from chromkeras.data.homology import (
    FEWEST_SHARE,
    SIMILARITY,
    K,
    canonical_kmers,
    sequence_families,
    similarities,
)
from chromkeras.data.packed import PackedSequences
from chromkeras.data.splits import draw
from chromkeras.evaluation.evaluate import evaluate
from chromkeras.evaluation.predict import mean_logits
from chromkeras.importers.assemble import pack_blocks
from chromkeras.model_file.open_model import open_model
from chromkeras.recipe.reading import make_recipe
from chromkeras.statistics.means import mean_defined
from chromkeras.tables import align
from chromkeras.training.train import train

SHARES = (0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)
DIVERGENCES = (0.05, 0.1, 0.15, 0.2)
COPIED = (1.0, 0.5, 0.25)
KINDS = ("no repeat", "of the short element", "of the long element", "microsatellite")
ROWS, OVERLAPS, FAMILIES = "row by row", "overlaps together", "relatives together"
WITHOUT, CONTROL = "overlaps, without relatives", "overlaps, without as many others"
WAYS = (ROWS, OVERLAPS, FAMILIES, WITHOUT, CONTROL)
BLOCK = 500
NONE = np.uint32(0xFFFFFFFF)
Codes = Callable[[slice], np.ndarray]


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options = parse()
    if options.what == "scale":
        scale(options.rows)
    elif options.what == "relatives":
        relatives(load_dataset(options.data))
    else:
        training(load_dataset(options.data), options)


def relatives(dataset: Dataset) -> None:
    """Print the three tables on relatives."""
    dna = dataset.dna
    own = best_shares(dna, dna.codes)
    decoys = best_shares(dna, lambda rows: dna.codes(rows)[:, ::-1])
    lines: list[tuple[str, ...]] = [
        (f"share of {K}-mers", "rows like another", "rows like a decoy")
    ]
    for share in SHARES:
        lines.append((f"{share:g}", *(f"{(best >= share).sum():,}" for best in (own, decoys))))
    print(align(lines))
    print(align(list(copies(dna))))
    print(align(list(families(dataset))))
    sketched(dna)


def sketched(dna: PackedSequences) -> None:
    """Print how many rows a sketch tears from their families."""
    whole = sequence_families(dna)
    kept = homology.MOST_KMERS
    homology.MOST_KMERS = len(dna) * (dna.length - K + 1) // 8 + 1
    part = sequence_families(dna)
    homology.MOST_KMERS = kept
    pairs, counts = np.unique(np.stack([whole, part]), axis=1, return_counts=True)
    largest = np.zeros(whole.max() + 1, int)
    np.maximum.at(largest, pairs[0], counts)
    torn = int((np.bincount(whole) - largest).sum())
    related = int((np.bincount(whole)[whole] > 1).sum())
    wrong = len(pairs.T) - len(np.unique(part))
    print(
        f"by one k-mer in 8: {torn:,} of {related:,} rows torn from their family, {wrong:,} wrong"
    )


def scale(rows: int) -> None:
    """Print what families among very many rows cost, and whether they are found."""
    rng = np.random.default_rng(0)
    kind = rng.choice(4, rows, p=[0.82, 0.10, 0.05, 0.03])
    dna = pack_blocks(made_up(kind, rng), 600)
    before, began = time.process_time(), time.monotonic()
    found = sequence_families(dna)
    took, wall = time.process_time() - before, time.monotonic() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{rows:,} rows: {took:.0f} s of processor time, {wall:.0f} s, {memory:.1f} GB at most")
    for name, here in zip(KINDS, (kind == i for i in range(4)), strict=True):
        counts = np.unique(found[here], return_counts=True)[1]
        print(f"{name}: {here.sum():,} rows, {counts.max():,} of them in one family")


def made_up(kind: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield codes of rows of the kinds in ``KINDS``, on either strand."""
    short, long = (rng.integers(0, 4, bases).astype(np.uint8) for bases in (300, 6000))
    letters = np.frombuffer(bytes([0, 0, 0, 1, 1, 2, 2, 3, 3, 3]), np.uint8)
    for first in range(0, len(kind), 10_000):
        here = kind[first : first + 10_000]
        codes = letters[rng.integers(0, 10, (len(here), 600), dtype=np.uint8)]
        for row, what in enumerate(here):
            place = rng.integers(0, 300)
            if what == 1:
                codes[row, place : place + 300] = copied(short, 0.12, rng)
            elif what == 2:
                begin = rng.integers(0, 5400)
                codes[row] = copied(long[begin : begin + 600], 0.1, rng)
            elif what == 3:
                unit = rng.integers(0, 4, rng.integers(1, 5))
                codes[row, place : place + 60] = np.resize(unit, 60)
        yield codes


def copied(element: np.ndarray, most: float, rng: np.random.Generator) -> np.ndarray:
    """Return a copy on either strand of which 3 % to ``most`` of the bases are substituted."""
    copy = element.copy()
    hit = rng.random(len(copy)) < rng.uniform(0.03, most)
    copy[hit] = (copy[hit] + rng.integers(1, 4, hit.sum())) % 4
    return copy if rng.random() < 0.5 else 3 - copy[::-1]


def best_shares(dna: PackedSequences, codes: Codes) -> np.ndarray:
    """Return the largest share of k-mers that each row, as codes gives it, has in common."""
    words = np.unique(
        np.concatenate([found[found != NONE] for found in kmer_blocks(dna, dna.codes)])
    )
    table, sizes = kmer_table(kmer_blocks(dna, dna.codes), words)
    turned = table.T.tocsr()
    best = np.zeros(len(dna))
    least = (dna.length - K + 1) / FEWEST_SHARE
    for place, block in enumerate(kmer_blocks(dna, codes)):
        here, own = kmer_table([block], words)
        found = (here @ turned).tocoo()
        row = found.row + place * BLOCK
        few = np.maximum(np.minimum(own[found.row], sizes[found.col]), least)
        np.maximum.at(best, row, np.where(row == found.col, 0, found.data / few))
    return best


def kmer_blocks(dna: PackedSequences, codes: Codes) -> Iterator[np.ndarray]:
    for first in range(0, len(dna), BLOCK):
        yield canonical_kmers(codes(slice(first, min(first + BLOCK, len(dna)))))


def kmer_table(blocks: Iterable[np.ndarray], words: np.ndarray) -> tuple[csr_matrix, np.ndarray]:
    """Return which of W words stand in which rows, (n, W), and how many k-mers in each, (n,)."""
    columns, counts, sizes = [], [], []
    for kmers in blocks:
        place = np.minimum(np.searchsorted(words, kmers), len(words) - 1)
        there = words[place] == kmers
        columns.append(place[there].astype(np.int32))
        counts.append(there.sum(axis=1))
        sizes.append((kmers != NONE).sum(axis=1))
    indices, indptr = np.concatenate(columns), np.r_[0, np.cumsum(np.concatenate(counts))]
    ones = np.ones(len(indices), np.int16)
    table = csr_matrix((ones, indices, indptr), shape=(len(indptr) - 1, len(words)))
    return table, np.concatenate(sizes)


def copies(dna: PackedSequences) -> Iterator[tuple[str, ...]]:
    """Yield the share of k-mers of copies of a part of a row, after substitutions."""
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(dna))[: 2 * min(2000, len(dna) // 2)]
    half = len(rows) // 2
    codes = dna.codes(rows) % 4
    yield ("substituted", *(f"copy of {part:.0%}: median (5 %)" for part in COPIED))
    for divergence in DIVERGENCES:
        cells = []
        for part in COPIED:
            bases = int(dna.length * part)
            changed = codes.copy()
            changed[half:, :bases] = codes[:half, :bases]
            hit = (rng.random(changed.shape) < divergence) & (np.arange(dna.length) < bases)
            hit[:half] = False
            changed[hit] = (changed[hit] + rng.integers(1, 4, hit.sum())) % 4
            pairs = PackedSequences.from_codes(changed.astype(np.uint8))
            share = similarities(pairs, np.arange(half), np.arange(half, 2 * half))
            cells.append(f"{np.median(share):.3f} ({np.quantile(share, 0.05):.3f})")
        yield (f"{divergence:.0%}", *cells)


def families(dataset: Dataset) -> Iterator[tuple[str, ...]]:
    """Yield how many rows have relatives beyond those that overlap, by threshold."""
    overlaps = overlapping(dataset)
    yield "threshold", "rows with relatives that do not overlap", "families of these", "largest"
    for share in SHARES[1:]:
        found = joined([overlaps, sequence_families(dataset.dna, share)], len(dataset))
        several = np.bincount(np.unique(np.stack([found, overlaps]), axis=1)[0]) > 1
        sizes = np.bincount(found)
        yield (
            f"{share:g}",
            f"{several[found].sum():,}",
            f"{several.sum():,}",
            f"{sizes.max():,}",
        )


def overlapping(dataset: Dataset) -> np.ndarray:
    if dataset.chrom is None or dataset.start is None:
        return np.arange(len(dataset))
    return overlap_groups(dataset.chrom, dataset.start, dataset.dna.length)


def training(dataset: Dataset, options: argparse.Namespace) -> None:
    """Print figures of one recipe, and of k-mers, on validation rows of three ways to draw them."""
    whole = usable(dataset.select_tasks(options.tasks.split(",")) if options.tasks else dataset)
    overlaps = overlapping(whole)
    related = joined([overlaps, sequence_families(whole.dna, options.similarity)], len(whole))
    together = {ROWS: np.arange(len(whole)), FAMILIES: related}
    lines: list[tuple[str, ...]] = [("drawn", "seed", "validation rows", "model", *STRATA)]
    print(f"{len(whole):,} rows, {whole.tasks}")
    for seed in range(options.seeds):
        for way in options.ways or WAYS:
            split = np.full(len(whole), "train", dtype="U5")
            draw(split, {"valid": options.share}, seed, together.get(way, overlaps))
            kin = np.isin(related, related[split == "train"])[split == "valid"]
            split[left_out(way, split, related, seed)] = "test"
            view = replace(whole, split=split)
            rows = view.rows("valid")
            print(f"{way}, {seed}: {len(rows):,} rows, {kin.sum():,} with relatives", flush=True)
            for name, outputs in outputs_of(view, options, seed).items():
                figures = (f"{x:.4f}" for x in scores(outputs, view, rows, kin))
                lines.append((way, str(seed), f"{len(rows):,} ({kin.sum():,})", name, *figures))
                print(align(lines), flush=True)


def left_out(way: str, split: np.ndarray, related: np.ndarray, seed: int) -> np.ndarray:
    """Return the training rows that are not shown."""
    train = np.flatnonzero(split == "train")
    kin = np.isin(related[train], related[split == "valid"])
    if way == WITHOUT:
        return train[kin]
    if way == CONTROL:
        others = np.random.default_rng(seed).permutation(train[~kin])
        return others[: kin.sum()]
    return train[:0]


STRATA = ("all rows", "elements", "with a relative", "without")


def usable(dataset: Dataset) -> Dataset:
    """Return the rows outside of the test split that have a known label."""
    return dataset.select_rows(dataset.labelled(np.flatnonzero(dataset.split != "test")))


def outputs_of(view: Dataset, options: argparse.Namespace, seed: int) -> dict[str, np.ndarray]:
    """Return predictions for the validation rows by the network and by 6-mers."""
    found = {}
    settings = [f"training.seed={seed}", f"training.epochs={options.epochs}", *options.set]
    recipe = make_recipe(options.plan, size="small", settings=settings)
    with tempfile.TemporaryDirectory() as folder:
        train_baseline(view, baseline_options("kmer"), Path(folder) / "kmer.keras")
        train(view, recipe, Path(folder) / "model.keras")
        for name, file in (("6-mers", "kmer"), (options.plan, "model")):
            model = open_model(Path(folder) / f"{file}.keras")
            found[name] = mean_logits(model, view, view.rows("valid"))
    return found


def scores(outputs: np.ndarray, view: Dataset, rows: np.ndarray, kin: np.ndarray) -> list[float]:
    """Return the mean AUROC in each of ``STRATA``."""
    every = np.ones(len(rows), bool)
    masks = (every, view.elements[rows], kin, ~kin)
    return [auroc(outputs[mask], view, rows[mask]) for mask in masks]


def auroc(outputs: np.ndarray, view: Dataset, rows: np.ndarray) -> float:
    if len(rows) < 50:
        return float("nan")
    return mean_defined(evaluate(outputs, view, rows).strata["all"].figures["auroc"])


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("relatives", "scale", "train"))
    parser.add_argument("data", type=Path, nargs="?", help="data set from `chromkeras prepare`")
    parser.add_argument("--rows", type=int, default=400_000, help="rows of scale")
    parser.add_argument("--tasks", help="comma list of tasks (default: all)")
    parser.add_argument("--similarity", type=float, default=SIMILARITY)
    parser.add_argument("--share", type=float, default=0.15, help="share of validation rows")
    parser.add_argument("--ways", nargs="+", choices=WAYS, help="default: all")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--plan", default="hard")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--set", action="append", default=[], help="setting of the recipe")
    return parser.parse_args()


if __name__ == "__main__":
    main()
