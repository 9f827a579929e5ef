import numpy as np

from chrominterpret.motifs.pwm import Motif
from chromkeras.comparison.patterns.known_patterns import known_matches
from chromkeras.comparison.patterns.pattern_matching import SharedPattern

RANDOM = np.random.default_rng(0)
KNOWN = [Motif(f"M{i}", RANDOM.dirichlet([0.2] * 4, 10), f"known {i}") for i in range(30)]


def shared(name: str, ppm: np.ndarray) -> SharedPattern:
    return SharedPattern(name, "pos", Motif(name, ppm), ())


def test_a_pattern_is_named_by_the_known_motif_it_was_made_of_else_by_its_core():
    odd = np.full((60, 4), 0.25)
    odd[30:38] = 0.97 * np.eye(4)[[0, 0, 0, 0, 1, 1, 1, 1]] + 0.0075
    found = known_matches(
        [shared("P1", KNOWN[7].ppm[::-1, ::-1]), shared("P2", odd)], KNOWN, seed=0
    )
    assert found.left_out + len(found.targets) == 30
    assert found.table.iloc[0][["target_id", "strand"]].tolist() == ["M7", "-"]
    assert found.best.loc["P1", "target_id"] == "M7"
    assert found.labels == {"P1": "P1 known 7", "P2": "P2 AAAACCCC"}


def test_without_patterns_there_are_no_matches():
    found = known_matches([], KNOWN, seed=0)
    assert (len(found.table), found.labels, found.left_out) == (0, {}, 0)
