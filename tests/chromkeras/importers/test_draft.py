import numpy as np
import pytest

from chromkeras.importers.draft import fit_copies, from_copies


def test_an_instance_is_causal_for_tasks_of_its_motif_that_are_open():
    copies = np.array([[2, 1], [0, 1]])
    opened = np.array([[True, False], [False, True]])
    member = np.array([[True, False], [True, True]])
    signal = np.array([[True, False], [True, True]])
    draft = from_copies(copies, opened, member, signal)
    assert draft.block_row.tolist() == [0, 0, 0, 1]
    assert draft.motif.tolist() == [0, 0, 1, 1]
    assert draft.causal.tolist() == [[True, False], [True, False], [False, False], [False, True]]


def test_the_most_frequent_loses_copies_but_not_below_the_fewest():
    copies = np.array([[5, 4, 1], [1, 1, 1]])
    widths = np.array([2, 2, 2])
    assert fit_copies(copies, widths, 12).tolist() == [[2, 3, 1], [1, 1, 1]]
    kept = fit_copies(copies, widths, 14, fewest=np.array([[5, 1, 1], [1, 1, 1]]))
    assert kept.tolist() == [[5, 1, 1], [1, 1, 1]]
    assert copies[0, 0] == 5, "the input is left alone"


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="do not fit in 5 bp, even once each"):
        fit_copies(np.array([[1, 2]]), np.array([3, 3]), 5)
    with pytest.raises(ValueError, match="even in their least number"):
        fit_copies(np.array([[3, 2]]), np.array([3, 3]), 9, fewest=np.array([[3, 1]]))
