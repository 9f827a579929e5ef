from pathlib import Path

import pytest

from chromkeras.benchmarking.contenders import fitting_models, make_contenders
from chromkeras.errors import InputError
from chromkeras.registry import BASELINES


def test_sizes_and_settings_are_each_models_own():
    found = make_contenders(
        ["basset:poster", "dilated:defaults", "basset"], plans=["hard", "single"],
        settings=["training.seed=7", "dilated:training.epochs=2"],
    )  # fmt: skip
    assert [one.name for one in found] == [
        "basset (poster), hard", "basset (poster), single",
        "dilated (defaults), hard", "dilated (defaults), single",
        "basset (small), hard", "basset (small), single",
    ]  # fmt: skip
    assert found[0].recipe.architecture.filters == (300, 200, 200)
    assert found[2].recipe.architecture.filters == 64
    assert [one.recipe.training.epochs == 2 for one in found] == [False] * 2 + [True] * 2 + [
        False
    ] * 2
    assert found[0].seeds(3) == (7, 8, 9)


@pytest.mark.parametrize(
    ("models", "options", "message"),
    [
        ([], {}, "`models`: expected at least one name, received none"),
        (["basset", ""], {}, "`models`: expected at least one name"),
        (["basset"], {"plans": []}, "`plans`: expected at least one name"),
        (["basset", "basset:small"], {}, r"contender.*basset \(small\), hard"),
        (["basset:poser"], {}, "unknown size 'poser'; did you mean poster"),
        (["basset"], {"settings": ["dilated:training.epochs=1"]}, "model of a setting 'dilated'"),
        (["basset"], {"settings": ["training.epoch=1"]}, "unknown recipe key 'training.epoch'"),
    ],
)
def test_bad_names(models, options, message):
    with pytest.raises(InputError, match=message):
        make_contenders(models, **options)


def test_a_setting_may_hold_a_colon():
    (one,) = make_contenders(["basset"], settings=['sharing.groups="labels:2"'])
    assert one.recipe.sharing.groups == "labels:2"


def test_models_that_find_their_inputs(tiny_dataset):
    assert {"basset", "dilated"} <= set(fitting_models(tiny_dataset()))
    assert "deepreg" not in fitting_models(tiny_dataset())
    assert "deepreg" in fitting_models(tiny_dataset(architecture="deepreg"))


def test_the_work_of_every_architecture_is_known(architecture, tiny_dataset):
    dataset = tiny_dataset(architecture=architecture)
    (one,) = make_contenders([architecture], settings=["training.epochs=2"])
    (double,) = make_contenders([architecture], settings=["training.epochs=4"])
    one.check(dataset)
    assert 0 < 2 * one.work(dataset) == double.work(dataset)


def test_baselines_have_settings_of_their_own():
    found = make_contenders(
        ["kmer", "basset", "pwm"], plans=["hard", "single"],
        settings=["kmer:baseline.k=3", "baseline.strengths=[0.1]", "training.epochs=2"],
    )  # fmt: skip
    assert [one.name for one in found] == [
        "kmer", "basset (small), hard", "basset (small), single", "pwm"
    ]  # fmt: skip
    kmer, network, _, pwm = found
    assert (kmer.options.k, kmer.options.strengths, pwm.options.strengths) == (3, (0.1,), (0.1,))
    assert network.recipe.training.epochs == 2
    assert kmer.seeds(3) == (0,)


@pytest.mark.parametrize("name", BASELINES.names())
def test_every_baseline_says_what_it_is(name):
    (one,) = make_contenders([name])
    assert " on " in one.kind(None)
    assert one.path(Path("out"), 0) == Path("out", f"{name}.0.keras")


def test_unknown_models_among_both_registries():
    with pytest.raises(InputError, match="unknown model 'kmers'; did you mean kmer"):
        make_contenders(["kmers"])
    with pytest.raises(InputError, match=r"key of the baseline kmer: 'baseline\.kk'"):
        make_contenders(["kmer"], settings=["baseline.kk=3"])
