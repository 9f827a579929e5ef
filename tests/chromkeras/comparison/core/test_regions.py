from dataclasses import replace

import numpy as np

from chromkeras.comparison.core.regions import region_of


def test_overlapping_rows_are_one_region(tiny_dataset):
    dataset = tiny_dataset(rows=6)
    length = dataset.dna.length
    start = np.array([0, length - 1, 2 * length - 2, 3 * length, 0, 3 * length])
    chrom = np.array(["a", "a", "a", "a", "b", "a"])
    placed = replace(dataset, chrom=chrom, start=start)
    rows = np.array([5, 0, 4, 1, 3, 2])
    region = region_of(placed, rows)
    # a chain of overlaps 0-1-2, the two rows at one place, and another chromosome
    assert region.tolist() == [1, 0, 2, 0, 1, 0]


def test_rows_that_only_touch_are_two(tiny_dataset):
    dataset = tiny_dataset(rows=2)
    start = np.array([0, dataset.dna.length])
    placed = replace(dataset, chrom=np.array(["a", "a"]), start=start)
    assert region_of(placed, np.arange(2)).tolist() == [0, 1]


def test_without_coordinates_every_row_is_its_own(tiny_dataset):
    dataset = replace(tiny_dataset(rows=4), chrom=None, start=None)
    assert region_of(dataset, np.array([3, 1, 3])).tolist() == [1, 0, 1]
