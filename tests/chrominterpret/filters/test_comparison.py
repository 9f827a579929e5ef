import keras
import numpy as np
import pandas as pd
import pytest

from chrominterpret.errors import InputError
from chrominterpret.filters.comparison import FilterComparison, compare_filters
from chrominterpret.motifs.pwm import Motif, motif_from_sites
from chrominterpret.sequences import one_hot

LENGTH = 60
SITES = {"gata": "CTGATAAGCT", "ebox": "AACAGCTGTT", "mads": "CCATATTTGG"}


def scanner(kernel: np.ndarray) -> keras.Model:
    """A convolution that is active at half of the best score of each filter, and above."""
    model = keras.Sequential(
        [
            keras.Input((LENGTH, 4)),
            keras.layers.Conv1D(kernel.shape[-1], len(kernel), name="conv"),
            keras.layers.ReLU(),
            keras.layers.GlobalMaxPooling1D(),
        ]
    )
    model.get_layer("conv").kernel.assign(kernel)
    model.get_layer("conv").bias.assign(-0.5 * kernel.max(axis=1).sum(axis=0))
    return model


def reading(*sites: str | None, width: int = 14, offset: int = 0, noise: int = 0) -> np.ndarray:
    """Filters that read the given sites, or nothing."""
    kernel = 0.02 * np.random.default_rng(noise).normal(size=(width, 4, len(sites)))
    for i, site in enumerate(sites):
        for k, base in enumerate(site or ""):
            kernel[offset + k, "ACGT".index(base), i] = 1.0
    return kernel.astype(np.float32)


def turned(site: str) -> str:
    return site[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (240, LENGTH))
    sites = list(SITES.values())
    for row in range(len(codes)):
        site = sites[row % 3] if row % 2 else turned(sites[row % 3])
        start = rng.integers(15, 35)
        codes[row, start : start + len(site)] = ["ACGT".index(base) for base in site]
    return np.eye(4, dtype=np.float32)[codes]


@pytest.fixture(scope="module")
def known() -> list[Motif]:
    rng = np.random.default_rng(1)
    random = [Motif(f"R{i}", rng.dirichlet([0.2] * 4, 9)) for i in range(40)]
    named = [
        Motif(
            name,
            motif_from_sites(name, one_hot([site] * 20), pseudocount=0.5).ppm,
            alt_name=name.upper(),
        )
        for name, site in SITES.items()
    ]
    return [*named, *random]


@pytest.fixture(scope="module")
def found(x: np.ndarray, known: list[Motif]) -> FilterComparison:
    one = scanner(reading(SITES["gata"], SITES["ebox"], None, noise=1))
    other = scanner(reading(None, turned(SITES["gata"]), SITES["mads"], offset=2, noise=2))
    return compare_filters(one, other, x, names=("a", "b"), known=known)


def test_the_filter_that_both_learned_is_found_on_the_other_strand(found):
    assert found.shared() == [("f0", "f1")]
    assert found.shared("motif") == [("f0", "f1")]
    row = found.pairs[(found.pairs["by"] == "activation") & found.pairs["shared"]].iloc[0]
    assert row["correlation"] > 0.9
    assert row["strand"] == "-"
    assert row["q_value"] < 1e-3
    assert 0 < found.level < 0.9


def test_what_one_model_alone_learned_is_private(found):
    assert "f1" in found.private("a", "motif")
    assert found.private("b", "motif")[-1] == "f2"
    assert "f1" not in found.private("b", "motif")
    assert "f1" in found.private("a")
    sizes = [sum(each.motif is not None for each in some) for some in found.filters]
    np.testing.assert_allclose(found.share("motif"), [1 / sizes[0], 1 / sizes[1]])


def test_filters_are_named_after_known_motifs(found):
    table = found.table.set_index(["model", "filter"])
    assert table.loc[("a", "f1"), "known_name"] == "EBOX"
    assert table.loc[("b", "f2"), "known_name"] == "MADS"
    assert table.loc[("a", "f0"), "same_motif"] == "f1"
    assert len(table) == 6


def test_files_hold_the_tables_and_a_picture(found, tmp_path):
    found.save(tmp_path / "new")
    again = pd.read_csv(tmp_path / "new" / "pairs.tsv", sep="\t")
    assert list(again.columns) == list(found.pairs.columns)
    assert len(again) == len(found.pairs)
    assert (tmp_path / "new" / "filters.tsv").exists()
    assert (tmp_path / "new" / "shared.png").read_bytes()[1:4] == b"PNG"


def test_models_without_a_common_filter_have_no_picture(x, tmp_path):
    one, other = scanner(reading(SITES["ebox"])), scanner(reading(SITES["mads"]))
    found = compare_filters(one, other, x, quantile=1.0)
    assert found.shared("motif") == []
    with pytest.raises(InputError, match="received none that match by motif"):
        found.logos("motif")


def test_wrong_names_are_refused(x, found):
    model = scanner(reading(SITES["gata"]))
    with pytest.raises(InputError, match="two different names"):
        compare_filters(model, model, x, names=("a", "a"))
    with pytest.raises(InputError, match="one of the models"):
        found.private("c")
    with pytest.raises(InputError, match="'activation' or 'motif'"):
        found.shared("weights")
    with pytest.raises(InputError, match="shape"):
        compare_filters(model, model, x[:, :50])
