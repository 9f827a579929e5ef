import numpy as np
import pytest

from chromkeras.plots.nucleotides import NucleotideLines, densest, nucleotide_lines, smoothing


def test_lines_of_four_nucleotides(tmp_path):
    gradients = np.zeros((500, 4))
    gradients[300:310, 2] = 1
    assert densest(gradients, 20) in range(290, 301)
    panels = [
        NucleotideLines("all", gradients, 0, smoothing(500)),
        NucleotideLines("x", gradients, 7),
    ]
    figure = nucleotide_lines(panels, x_label="position", y_label="gradient")
    figure.savefig(tmp_path / "lines.png")
    lines = {line.get_label(): line for line in figure.axes[1].lines}
    assert {"A", "C", "G", "T"} <= set(lines)
    np.testing.assert_array_equal(lines["G"].get_ydata(), gradients[:, 2])
    assert lines["G"].get_xdata()[0] == 7
    smooth = {line.get_label(): line for line in figure.axes[0].lines}["G"].get_ydata()
    assert smooth.sum() == pytest.approx(10)
    assert (smooth > 0).sum() == 10 + smoothing(500) - 1
