"""The data set of a comparison as AnnData, and back."""

from types import SimpleNamespace

import anndata
import numpy as np
import pytest

from chromkeras.comparison.core.anndata_layers import check_layers, write_layers
from chromkeras.data.codes import encode
from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.errors import InputError
from chromkeras.importers.formats.h5ad import prepare
from chromkeras.problems.registry import find_problem

LENGTH = 40


@pytest.fixture
def letters():
    return "".join(np.random.default_rng(0).choice(list("ACGT"), 3000))


@pytest.fixture
def dataset(letters):
    rng = np.random.default_rng(1)
    start = np.arange(60) * 45
    codes = np.stack([encode(letters[s : s + LENGTH]) for s in start])
    return Dataset(
        {"dna": PackedSequences.from_codes(codes)},
        rng.integers(0, 2, (60, 3)).astype(np.int8),
        ("gut", "nerve", "skin"),
        np.array(["train", "valid", "test"])[np.arange(60) % 3],
        rng.random((60, 3)) < 0.8,
        chrom=np.full(60, "chr1"),
        start=start,
        kind=np.where(np.arange(60) % 4 == 0, "background", "element"),
        split_by="the file's own",
    )


def compared(dataset, rows):
    outputs = np.random.default_rng(2).normal(size=(2, len(rows), 3)).astype(np.float32)
    return SimpleNamespace(
        dataset=dataset,
        source=dataset,
        rows=rows,
        tasks=dataset.tasks,
        names=["hard", "soft"],
        outputs=outputs,
        links=("identity", "identity"),
        problem=find_problem(dataset.problem),
    )


def test_each_model_is_a_layer(dataset, tmp_path):
    comparison = compared(dataset, dataset.rows("test"))
    write_layers(tmp_path / "p.h5ad", comparison)
    found = anndata.read_h5ad(tmp_path / "p.h5ad")
    np.testing.assert_array_equal(found.X.T, dataset.values(comparison.rows))
    for name, outputs in zip(("hard", "soft"), comparison.outputs, strict=True):
        np.testing.assert_allclose(found.layers[name].T, 1 / (1 + np.exp(-outputs)), rtol=1e-5)
    assert set(found.var["split"]) == {"test"}


def test_the_data_set_comes_back_as_it_was(dataset, letters, tmp_path):
    (tmp_path / "g.fa").write_text(f">chr1\n{letters}\n")
    comparison = compared(dataset, np.arange(60))
    write_layers(tmp_path / "p.h5ad", comparison)
    found = prepare(tmp_path / "p.h5ad", tmp_path / "g.fa").dataset
    assert found.fingerprint == dataset.fingerprint
    for column in ("labels", "known", "split", "chrom", "start", "kind"):
        np.testing.assert_array_equal(getattr(found, column), getattr(dataset, column))


def test_classes_are_refused_before_any_work(dataset):
    with pytest.raises(InputError, match=r"`h5ad`: expected one value .* received classes"):
        check_layers(SimpleNamespace(dataset=SimpleNamespace(classes=("a", "b"))))
