from dataclasses import replace

import numpy as np
import pytest

from chromkeras.importers.grammars.registry import with_defaults
from chromkeras.importers.motif_choice import choose_motifs
from chromkeras.importers.simulate import motif_sets, simulate

SETTINGS = with_defaults("fixed_spacing", sequences=600, tasks=1, copies=(1, 1), spacing=(7, 7))


@pytest.fixture(scope="module")
def dataset():
    return simulate(SETTINGS)


def test_open_pairs_are_at_the_distance_and_closed_ones_are_not(dataset):
    truth = dataset.truth
    left, right = slice(0, None, 2), slice(1, None, 2)
    np.testing.assert_array_equal(truth.row[left], truth.row[right])
    gap = truth.start[right] - truth.end[left]
    opened = dataset.labels[truth.row[left], 0] == 1
    assert set(gap[opened]) == {7}
    assert set(gap[~opened]) == {0, 1, 2, *range(12, 28)}
    np.testing.assert_array_equal(truth.causal[left, 0], opened)
    np.testing.assert_array_equal(truth.causal[right, 0], opened)


def test_a_pair_is_turned_as_a_whole(dataset):
    truth = dataset.truth
    first, second = truth.motif[::2], truth.motif[1::2]
    np.testing.assert_array_equal(truth.strand[::2], truth.strand[1::2])
    np.testing.assert_array_equal(first, np.where(truth.strand[::2] == 1, 0, 1))
    np.testing.assert_array_equal(second, 1 - first)


def test_sequences_hold_the_motifs_where_the_truth_says(dataset):
    truth = dataset.truth
    codes = dataset.codes(np.arange(len(dataset)))
    for m, motif in enumerate(choose_motifs(SETTINGS)):
        at = np.flatnonzero(truth.motif == m)
        words = codes[truth.row[at, None], truth.start[at, None] + np.arange(len(motif))]
        turned = truth.strand[at] == -1
        words[turned] = 3 - words[turned, ::-1]
        shares = np.stack([np.bincount(c, minlength=4) for c in words.T]) / len(at)
        np.testing.assert_allclose(shares, motif.ppm, atol=0.12)


def test_each_task_has_its_own_pair():
    several = simulate(with_defaults("fixed_spacing", sequences=300))
    truth = several.truth
    held = np.zeros((len(several), 4), int)
    np.add.at(held, truth.row, truth.causal)
    assert set(np.unique(held[several.labels == 1])) == {2, 4}
    assert {len(motifs) for motifs in motif_sets(several).values()} == {2}


@pytest.mark.parametrize(
    ("spacing", "message"),
    [((5, 9), "one spacing such as 10, received 5-9"), (None, "received none")],
)
def test_one_distance_is_expected(spacing, message):
    with pytest.raises(ValueError, match=message):
        simulate(replace(SETTINGS, spacing=spacing))
