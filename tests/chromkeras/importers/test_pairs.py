import numpy as np
import pytest

from chromkeras.importers.pairs import partners, wrong_distances
from chromkeras.importers.simulation import Simulation


def test_partners_are_the_common_motifs():
    member = np.array([[1, 0, 0, 1], [0, 1, 1, 0]], bool)
    assert partners(Simulation(tasks=2), member).tolist() == [3, 2]


def test_sets_that_are_no_pairs_are_refused():
    member = np.ones((2, 3), bool)
    with pytest.raises(ValueError, match="2 motifs per task, received 3"):
        partners(Simulation(tasks=2, motifs_per_task=3, grammar="pair"), member)
    with pytest.raises(ValueError, match="more motifs than the 3 tasks, received 3"):
        partners(Simulation(tasks=3, grammar="pair"), np.ones((3, 3), bool))


@pytest.mark.parametrize("spacing", [(10, 10), (5, 20), (0, 0), (3, 8)])
def test_wrong_distances_are_half_a_turn_or_more_away(spacing):
    wrong = wrong_distances(spacing)
    low, high = spacing
    off = np.where(wrong < low, low - wrong, wrong - high)
    assert off.min() == 5
    assert wrong.min() >= 0
    assert wrong.max() == high + 20
    assert len(set(wrong.tolist())) == len(wrong) == 16 + max(low - 4, 0)
