"""Data sets with genes, conditions and places, and short recipes."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import Factor
from chromkeras.recipe.recipe import Recipe

SHORT = ("training.epochs=2", "training.batch_size=16", "training.learning_rate=0.01")
GENES = 12


@pytest.fixture
def short_recipe(tiny_recipe) -> Callable[..., Recipe]:
    """Return a function that makes a tiny recipe of two epochs."""

    def make(plan: str = "hard", *settings: str, **options: str) -> Recipe:
        return tiny_recipe(plan, *SHORT, *settings, **options)

    return make


@pytest.fixture
def grouped_dataset(tiny_dataset) -> Callable[..., Dataset]:
    """Return a function that makes a tiny data set with the factor gene, and chromosomes."""

    def make(**options) -> Dataset:
        dataset = tiny_dataset(**options)
        rows = np.arange(len(dataset))
        gene = Factor(tuple(f"gene{i}" for i in range(GENES)), rows // 4 % GENES)
        chrom = np.array(["chrI", "chrII", "chrIII", "chrX"])[rows // 8 % 4]
        return replace(dataset, factors={"gene": gene}, chrom=chrom, start=rows * 1000)

    return make
