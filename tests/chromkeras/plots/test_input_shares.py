import numpy as np

from chromkeras.plots.input_shares import input_share_bars


def test_bars_end_at_one(tmp_path):
    shares = np.array([[0.25, 0.75], [1.0, 0.0]])
    figure = input_share_bars(shares, ["all", "gene" * 20], ("dna", "histone"), x_label="share")
    figure.savefig(tmp_path / "bars.png")
    panel = figure.axes[0]
    widths = np.array([bar.get_width() for bar in panel.patches]).reshape(2, 2)
    np.testing.assert_allclose(widths.T, shares)
    assert panel.get_yticklabels()[1].get_text().endswith("…")
