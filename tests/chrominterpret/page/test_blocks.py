import numpy as np
import pytest

from chrominterpret.page.blocks import HeatMap, Number, Table, Track, Tracks


def test_a_track_is_a_letter_and_a_height_for_each_position():
    scores = np.zeros((3, 4))
    scores[0, 2], scores[2, 3] = 2.0, -0.5
    plain = Tracks([Track("here", scores, ("gut",))], ("task",), "").plain()
    assert plain["menus"] == ["task"]
    (track,) = plain["tracks"]
    assert track["letters"][0] == "G"
    assert track["letters"][2] == "T"
    assert track["heights"] == [1000, 0, -250]
    assert track["top"] == 2.0
    assert track["groups"] == ["gut"]


def test_a_track_without_any_score_has_a_scale_all_the_same():
    (track,) = Tracks([Track("", np.zeros((2, 4)), ())], (), "").plain()["tracks"]
    assert track["heights"] == [0, 0]
    assert track["top"] == 1.0


def test_unknown_cells_of_a_heat_map_are_null():
    heat = HeatMap([[1.23456, np.nan]], ["a"], ["b", "c"], "values")
    assert heat.plain()["values"] == [[1.235, None]]


def test_numbers_keep_their_value_for_sorting():
    assert Number.of(0.00123, ".1e") == Number(0.00123, "1.2e-03")
    assert Number.of(float("nan")).text == ""


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="expected 2 cells a row, received 1"):
        Table(["a", "b"], [["x"]])
    with pytest.raises(ValueError, match=r"expected values of shape \(1, 2\), received \(1, 1\)"):
        HeatMap([[1.0]], ["a"], ["b", "c"], "")
    with pytest.raises(ValueError, match=r"expected scores of shape \(L, 4\), received \(3, 5\)"):
        Tracks([Track("", np.zeros((3, 5)), ())], (), "").plain()
