import numpy as np

from chromkeras.comparison.core.figures import DotPanel, difference_dots, look, reliability_curves
from chromkeras.plots.style import svg_text
from chromkeras.statistics.calibration import reliability


def panel(models=2, rows=4):
    difference = np.arange(models * rows, dtype=float).reshape(models, rows) / 100
    interval = np.stack([difference - 0.01, difference + 0.01], axis=1)
    return DotPanel("all rows", difference, interval, difference > 0.02)


def test_every_difference_is_a_dot_full_where_sure():
    shown = panel()
    figure = difference_dots([shown], {1: "hard", 2: "soft"}, ["a", "b", "c", "mean"], "single")
    dots = [line for line in figure.axes[0].lines if line.get_marker() not in ("", "None", None)]
    drawn = [len(line.get_xdata()) for line in dots]
    assert sum(drawn) == shown.difference.size
    hollow = [line for line in dots if line.get_markerfacecolor() == "white"]
    assert sum(len(line.get_xdata()) for line in hollow) == (~shown.sure).sum()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["hard", "soft"]


def test_models_look_different():
    assert len({look(i) for i in range(42)}) == 42


def test_reliability_has_a_line_for_each_model():
    curve = reliability(np.array([0, 1, 1]), np.array([0.1, 0.5, 0.9]))
    figure = reliability_curves({"as predicted": [curve, curve]}, ["a", "b"])
    assert len(figure.axes[0].get_legend().get_texts()) == 2


def test_svg_is_an_element_and_the_same_each_time():
    def draw():
        return difference_dots([panel()], {1: "a", 2: "b"}, list("wxyz"), "c")

    text = svg_text(draw(), "x")
    assert text.startswith("<svg")
    assert text.rstrip().endswith("</svg>")
    assert text == svg_text(draw(), "x")
