import numpy as np
import pytest

from chrominterpret.motifs.chance import matches_by_chance
from chrominterpret.motifs.jaspar import jaspar_motifs
from chrominterpret.motifs.pwm import Motif
from chrominterpret.motifs.tomtom import tomtom


def diffuse(count: int, seed: int) -> list[Motif]:
    """Filters of a network that has learned little: every column says a little."""
    draw = np.random.default_rng(seed).dirichlet([2.0] * 4, size=(count, 19))
    return [Motif(f"f{i}", ppm) for i, ppm in enumerate(draw)]


def test_targets_that_match_anything_are_found():
    targets, queries = jaspar_motifs(), diffuse(40, 0)
    out = matches_by_chance(queries, targets, seed=0)
    left_out = {target.name for target, bad in zip(targets, out, strict=True) if bad}
    assert {"MA1929.2", "MA1930.2"} <= left_out  # CTCF with its flanks
    assert out.mean() < 0.1
    kept = [target for target, bad in zip(targets, out, strict=True) if not bad]
    fresh = diffuse(40, 1)
    before, after = (
        tomtom(fresh, database, n_best=1, n_shuffled=0) for database in (targets, kept)
    )
    assert (before["q_value"] < 0.1).mean() > 0.5
    assert (after["q_value"] < 0.1).mean() < 0.1


def test_the_same_seed_gives_the_same_targets():
    targets, queries = jaspar_motifs("nematodes"), diffuse(5, 0)
    first = matches_by_chance(queries, targets, seed=3, n_shuffled=50)
    np.testing.assert_array_equal(first, matches_by_chance(queries, targets, seed=3, n_shuffled=50))
    assert not matches_by_chance([], targets, seed=0).any()
    with pytest.raises(ValueError, match="at least 1; received 0"):
        matches_by_chance(queries, targets, seed=0, n_shuffled=0)
