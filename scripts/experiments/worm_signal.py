#!/usr/bin/env python
"""bigWig files of the worm's accessibility over 11 stages: worm_signal.py WORM_FOLDER OUT_FOLDER.

WORM_FOLDER holds genome.fa.gz, peaks/all_elements.bed.gz and worm_atac.h5 with the height of each
element's peak in each stage. Elements are found on the genome by their DNA, which both have; an
element has its height at each of its bases, and no other base has a value.
"""

import argparse
from pathlib import Path

import h5py
import numpy as np
import pybigtools

from chromkeras.importers.genome import Genome, load_genome
from chromkeras.importers.peaks import Peaks, read_peaks


def element_heights(folder: Path, genome: Genome, peaks: Peaks) -> dict[str, np.ndarray]:
    """Return the height of each element by stage, shape (M,), NaN where unknown."""
    with h5py.File(folder / "worm_atac.h5") as file:
        x, height, stages = (file[name][:] for name in ("x", "height", "stages"))
    row_of = {codes.tobytes(): row for row, codes in enumerate(x)}
    length = x.shape[1]
    blocks = genome.blocks(peaks.chrom, peaks.center - length // 2, length)
    rows = [row_of[codes.tobytes()] for block in blocks for codes in block]
    return {name.decode(): height[rows, column] for column, name in enumerate(stages)}


def write(path: Path, peaks: Peaks, heights: np.ndarray, lengths: dict[str, int]) -> None:
    """Write a bigWig file of elements; where two overlap, the first has the bases of both."""
    order = np.lexsort((peaks.start, peaks.chrom))
    intervals, reached = [], ("", 0)
    for row in order[~np.isnan(heights[order])]:
        chrom, end = str(peaks.chrom[row]), int(peaks.end[row])
        start = max(int(peaks.start[row]), reached[1] if reached[0] == chrom else 0)
        if start < end:
            intervals.append((chrom, start, end, float(heights[row])))
            reached = chrom, end
    pybigtools.open(str(path), "w").write(lengths, iter(intervals))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("worm", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    genome = load_genome(arguments.worm / "genome.fa.gz")
    elements = arguments.worm / "peaks" / "all_elements.bed.gz"
    peaks = read_peaks(elements, "elements", genome.lengths)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for stage, heights in element_heights(arguments.worm, genome, peaks).items():
        write(arguments.out / f"{stage}.bw", peaks, heights, genome.lengths)


if __name__ == "__main__":
    main()
