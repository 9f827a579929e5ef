"""Predictions as AnnData."""

import json
import sys

import anndata
import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.importers.formats.h5ad import prepare
from chromkeras.model_report.join import join
from chromkeras.scoring.predict import predict

BED = "chr1\t100\t160\tone\t0\t+\nchr1\t900\t960\ttwo\t0\t-\nchr1\t100\t160\tone\t0\t.\n"


@pytest.fixture
def bed(tmp_path):
    path = tmp_path / "regions.bed"
    path.write_text(BED)
    return path


def test_tasks_are_obs_and_regions_var(models, genome, bed):
    out = bed.with_name("scores.h5ad")
    members = models(2)
    done = predict(members, bed=bed, genome=genome[0], out=out, members=True)
    assert done.out == (out,)
    each = predict(members, bed=bed, genome=genome[0], members=True)
    found = anndata.read_h5ad(out)
    assert found.obs_names.tolist() == ["gut", "nerve", "gut-nerve"]
    assert found.var_names.tolist() == ["chr1:100-160", "chr1:900-960", "chr1:100-160-1"]
    assert found.var["strand"].tolist() == ["+", "-", "."]
    mean = predict(members, bed=bed, genome=genome[0])
    np.testing.assert_allclose(found.X.T, mean, rtol=1e-6)
    for k in (1, 2):
        np.testing.assert_allclose(found.layers[f"member_{k}"].T, each[k - 1], rtol=1e-6)
    assert found.layers["spread"].shape == found.X.shape
    assert json.loads(found.uns["chromkeras"])["command"] == "predict"


def test_tiles_are_regions_of_their_own(models, genome, bed):
    bed.write_text("chr1\t100\t200\tone\n")
    out = bed.with_name("scores.h5ad")
    predict(models(1)[0], bed=bed, genome=genome[0], out=out, stride=30)
    var = anndata.read_h5ad(out).var
    assert var["start"].tolist() == [100, 130, 160]
    assert (var["end"] - var["start"] == 60).all()
    assert set(var["region_end"]) == {200}


def test_predictions_are_labels_again(models, genome, bed):
    """From regions to predictions, to a data set, to predictions of its rows: all equal."""
    lines = [f"chr1\t{s}\t{s + 60}" for s in range(100, 3100, 100)]
    bed.write_text("\n".join(lines) + "\n")
    model, first = models(1, loss="mse")[0], bed.with_name("first.h5ad")
    predict(model, bed=bed, genome=genome[0], out=first)
    dataset = prepare(first, genome[0]).dataset
    assert dataset.tasks == ("gut", "nerve", "gut-nerve")
    again = bed.with_name("again.h5ad")
    predict(model, dataset, out=again)
    a, b = anndata.read_h5ad(first), anndata.read_h5ad(again)
    np.testing.assert_allclose(a.X, b.X, rtol=1e-5)
    assert a.var_names.tolist() == b.var_names.tolist()
    assert set(b.var["split"]) == {"train", "val", "test"}
    np.testing.assert_array_equal(dataset.values(slice(None)), a.X.T)
    kept = prepare(again, genome[0]).dataset
    np.testing.assert_array_equal(kept.split, dataset.split)
    np.testing.assert_array_equal(kept.start, dataset.start)


def test_sequences_have_their_names(models, tmp_path):
    fasta = tmp_path / "f.fa"
    fasta.write_text(f">a\n{'ACGT' * 15}\n>b\n{'TTTT' * 15}\n")
    predict(models(1)[0], fasta=fasta, out=tmp_path / "s.h5ad")
    assert anndata.read_h5ad(tmp_path / "s.h5ad").var_names.tolist() == ["a", "b"]


def test_parts_are_joined_to_one(models, genome, bed):
    whole = bed.with_name("whole.h5ad")
    predict(models(1)[0], bed=bed, genome=genome[0], out=whole, batch_size=1)
    parts = [bed.with_name(f"{k}.h5") for k in (1, 2)]
    for k, path in enumerate(parts, 1):
        predict(models(1)[0], bed=bed, genome=genome[0], out=path, part=f"{k}/2", batch_size=1)
    joined = join(parts, bed.with_name("joined.h5ad")).out[0]
    a, b = anndata.read_h5ad(whole), anndata.read_h5ad(joined)
    np.testing.assert_array_equal(a.X, b.X)
    assert a.var.equals(b.var)
    with pytest.raises(InputError, match=r"parts of \.h5ad cannot be joined"):
        predict(models(1)[0], bed=bed, genome=genome[0], out=whole, part="1/2")


def test_without_the_package_nothing_is_begun(models, genome, bed, monkeypatch):
    monkeypatch.setitem(sys.modules, "anndata", None)
    before = sorted(bed.parent.iterdir())
    with pytest.raises(InputError, match=r"chromkeras\[anndata\]"):
        predict(models(1)[0], bed=bed, genome=genome[0], out=bed.with_name("s.h5ad"))
    assert sorted(bed.parent.iterdir()) == before
