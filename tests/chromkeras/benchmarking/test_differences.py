from dataclasses import replace

import numpy as np
import pytest

from chromkeras.benchmarking.contenders import make_contenders
from chromkeras.benchmarking.differences import pairs, percentiles, resampled_seeds
from chromkeras.statistics.bootstrap import Bootstrap


def test_pairs_differ_in_plan_or_in_model():
    found = pairs(make_contenders(["basset", "dilated"], plans=["single", "hard"]))
    assert [(a.model, a.plan, b.model, b.plan) for a, b in found] == [
        ("basset", "hard", "basset", "single"),
        ("dilated", "hard", "dilated", "single"),
        ("dilated", "single", "basset", "single"),
        ("dilated", "hard", "basset", "hard"),
    ]


def test_one_seed_is_not_resampled():
    scores = np.array([[[0.1, 0.3]], [[0.5, np.nan]]])
    assert resampled_seeds(Bootstrap(scores), [[0]], seed=0)[:, 0].tolist() == pytest.approx(
        [0.2, 0.5]
    )


def test_seeds_vary_as_much_as_their_mean_does():
    rng = np.random.default_rng(0)
    seeds = rng.normal(0.8, 0.02, 3)
    scores = np.broadcast_to(seeds[None, :, None], (20_000, 3, 1))
    found = resampled_seeds(Bootstrap(scores), [[0, 1, 2], [1]], seed=1)
    assert found[:, 0].mean() == pytest.approx(seeds.mean(), abs=1e-3)
    assert found[:, 0].std() == pytest.approx(seeds.std(ddof=1) / np.sqrt(3), rel=0.02)
    assert set(found[:, 1]) == {seeds[1]}


def test_percentiles_of_what_is_defined():
    assert percentiles(np.append(np.arange(101.0), np.nan)) == pytest.approx((2.5, 97.5))
    assert np.isnan(percentiles(np.array([np.nan]))).all()


def test_what_has_no_plan_goes_with_every_other():
    networks = make_contenders(["basset"], plans=["single", "hard"])
    bare = replace(networks[0], model="bare", size="", plan="")
    found = [(a.name, b.name) for a, b in pairs((bare, *networks))]
    assert found == [
        ("basset (small), hard", "basset (small), single"),
        ("basset (small), single", "bare"),
        ("basset (small), hard", "bare"),
    ]
