"""Small data sets of pairs, and models of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import Factor
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.model_file.save_model import save_model
from chromkeras.recipe.reading import make_recipe
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

GENES, CONDITIONS, LENGTH, REGULATORS, BINS, MARKS = 16, 5, 60, 4, 40, 3
FORMS = {
    "outer_product": ("deepreg", ("architecture.filters=[6]", "architecture.widths=[7]")),
    "concatenation": (
        "deepreg",
        (
            "architecture.form=concatenation", "architecture.filters=[6]",
            "architecture.widths=[7]", "architecture.dense=[5]",
        ),
    ),
    "wakawaka": ("wakawaka", ("architecture.dna_filters=[6]", "architecture.dna_pools=[8]")),
    "histone": ("wakawaka", ('architecture.modules=["histone"]',)),
}  # fmt: skip
SMALL = (
    "architecture.histone_filters=[4,3]", "architecture.histone_widths=[5,3]",
    "architecture.histone_pools=[3,2]", "architecture.histone_dense=[5]",
    "architecture.dna_dense=[5]", "architecture.dense=[6]",
)  # fmt: skip


@pytest.fixture
def expression_pairs() -> Dataset:
    """Rows are pairs of a gene, which has DNA, and a condition; all inputs there are."""
    rng = np.random.default_rng(0)
    gene = np.repeat(np.arange(GENES), CONDITIONS)
    condition = np.tile(np.arange(CONDITIONS), GENES)
    regulators = rng.normal(size=(CONDITIONS, REGULATORS)).astype(np.float32)
    codes = rng.integers(0, 4, (GENES, LENGTH)).astype(np.uint8)
    histone = rng.random((GENES * CONDITIONS, BINS, MARKS)).astype(np.float32)
    signal = (codes == 1).mean(axis=1)[gene] * regulators[condition, 0] + histone[:, 20, 1]
    return Dataset(
        inputs={
            "dna": replace(PackedSequences.from_codes(codes), stranded=True),
            "regulators": DenseTable(regulators, channels=("MSN2", "HSF1", "YAP1", "GCN4")),
            "histone": DenseTable(histone, channels=("H3K4me3", "H3K9me3", "H3K36me3")),
        },
        index={"dna": gene, "regulators": condition},
        labels=signal[:, None].astype(np.float32),
        tasks=("expression",),
        problem="regression",
        split=np.array(["train", "valid", "valid", "test"])[gene % 4],
        factors={
            "condition": Factor(tuple(f"c{i}" for i in range(CONDITIONS)), condition),
            "gene": Factor(tuple(f"gene{i}" for i in range(GENES)), gene),
        },
    )


@pytest.fixture
def expression_model(expression_pairs: Dataset) -> Callable[..., Any]:
    """Return a function that builds a model of a form, saved where a path is given."""

    def make(form: str, path: Path | None = None) -> keras.Model:
        name, settings = FORMS[form]
        small = SMALL if name == "wakawaka" else ()
        recipe = make_recipe("hard", settings=(f"architecture.name={name}", *small, *settings))
        plan = resolve_plan(
            recipe, expression_pairs.tasks, expression_pairs.shapes, problem="regression"
        )
        keras.utils.set_random_seed(1)
        model = build_model(plan)
        rng = np.random.default_rng(1)
        for weight in model.weights:
            weight.assign(rng.normal(size=weight.shape) * 0.4)
        if path is not None:
            fingerprint = expression_pairs.fingerprint
            save_model(path, plan, model.get_weights(), fingerprint=fingerprint, scores={})
        return model

    return make


@pytest.fixture
def model_file(
    tiny_dataset: Callable[..., Dataset], tiny_recipe: Callable[..., Any], tmp_path: Path, plan: str
) -> Path:
    """Return the file of an untrained model."""
    dataset = tiny_dataset()
    keras.utils.set_random_seed(0)
    model = build_model(
        resolve_plan(tiny_recipe(plan), dataset.tasks, {"dna": (300, 4)}, problem="binary")
    )
    path = tmp_path / f"{plan}.keras"
    save_model(
        path,
        resolve_plan(tiny_recipe(plan), dataset.tasks, {"dna": (300, 4)}, problem="binary"),
        model.get_weights(),
        fingerprint=dataset.fingerprint,
        scores={},
    )
    return path
