import numpy as np

from chrominterpret.matching import match_one_to_one


def test_pairs_have_the_highest_sum():
    score = np.array([[0.9, 0.8, 0.1], [0.8, 0.1, 0.0]])  # greedy would take 0.9 + 0.1
    rows, columns, found = match_one_to_one(score)
    assert (rows.tolist(), columns.tolist(), found.tolist()) == ([0, 1], [1, 0], [0.8, 0.8])
    score[1] = np.nan
    assert [part.tolist() for part in match_one_to_one(score)] == [[0], [0], [0.9]]
    assert [len(part) for part in match_one_to_one(np.full((2, 3), np.nan))] == [0, 0, 0]
