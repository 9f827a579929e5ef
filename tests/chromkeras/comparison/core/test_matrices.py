import numpy as np

from chromkeras.comparison.core.matrices import Matrix, matrix_grid


def texts(panel):
    return [text.get_text() for text in panel.texts]


def test_numbers_stand_in_their_cells_and_undefined_ones_are_empty():
    values = np.array([[0.5, np.nan], [-0.001, 1.0]])
    (panel,) = matrix_grid([Matrix("t", values, ["a", "b"], ["c", "d"])]).axes
    assert texts(panel) == ["0.50", "0.00", "1.00"]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["c", "d"]
    assert panel.yaxis_inverted()


def test_large_matrices_have_no_numbers():
    names = [str(i) for i in range(13)]
    (panel,) = matrix_grid([Matrix("t", np.eye(13), names, names)]).axes
    assert texts(panel) == []


def test_matrices_fill_rows_and_spare_places_are_blank():
    one = Matrix("t", np.eye(2), ["a", "b"], ["a", "b"], low=-1.0)
    axes = matrix_grid([one] * 4).axes
    assert len(axes) == 6
    assert [axis.axison for axis in axes] == [True] * 4 + [False] * 2
