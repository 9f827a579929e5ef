from dataclasses import replace

import numpy as np
import pytest

from chromkeras.model_report.choose import attributed_rows, scanned_rows, split_rows
from chromkeras.scoring.contrasts import choose_targets


def test_scanned_rows_are_open_somewhere(tiny_dataset):
    dataset = tiny_dataset()
    rows = scanned_rows(dataset, "valid", 10, seed=0)
    assert len(rows) == 10
    assert set(rows) <= set(dataset.rows("valid"))
    assert (dataset.labels[rows] == 1).any(axis=1).all()
    np.testing.assert_array_equal(rows, scanned_rows(dataset, "valid", 10, seed=0))
    with pytest.raises(ValueError, match="no row of the valid split is open"):
        scanned_rows(replace(dataset, labels=dataset.labels * 0), "valid", 10, seed=0)


def test_rows_that_share_dna_are_scanned_once(expression_pairs):
    rows = scanned_rows(expression_pairs, "valid", 100, seed=0)
    genes = expression_pairs.factors["gene"].of[rows]
    assert len(set(genes)) == len(genes) == 8
    levels = expression_pairs.factors["condition"].of[rows]
    assert len(set(levels)) > 1  # each gene's condition is drawn
    some = split_rows(expression_pairs, "valid", "condition=c3")
    assert (expression_pairs.factors["condition"].of[some] == 3).all()
    assert len(some) == 8
    scanned = scanned_rows(expression_pairs, "valid", 100, 0, level="condition=c3")
    assert set(scanned) <= set(some)


def test_attributed_rows_stand_out_in_their_task(tiny_dataset):
    dataset = tiny_dataset(rows=8)
    labels = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1]], np.int8)
    known = np.ones((8, 3), bool)
    dataset = replace(dataset, labels=np.tile(labels, (2, 1)), known=known)
    rows = np.arange(4)
    logits = np.array([[5.0, 5, 5], [2, -1, -1], [1, 0, 3], [9, 9, 9]])
    # task0: row 1 stands out most (2 against a mean of 0), then row 0; task2: row 2, then row 3
    picked = attributed_rows(
        dataset, rows, logits, choose_targets(("task0", "task2"), (), dataset.tasks), 3
    )
    assert picked.tolist() == [1, 2, 0]
    assert sorted(
        attributed_rows(dataset, rows, logits, choose_targets((), (), dataset.tasks), 99)
    ) == [0, 1, 2, 3]


def test_rows_of_a_contrast_are_ranked_by_it(tiny_dataset):
    dataset = tiny_dataset(rows=8)
    labels = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1]], np.int8)
    dataset = replace(dataset, labels=np.tile(labels, (2, 1)))
    logits = np.array([[5.0, 5, 0], [2, -1, 9], [1, -3, 3], [9, 0, 9]])
    # task0 - task1: 0, 3, 4 in the rows open in task0
    contrast = choose_targets((), ("task0-task1",), dataset.tasks)
    assert attributed_rows(dataset, np.arange(4), logits, contrast, 9).tolist() == [2, 1, 0]
