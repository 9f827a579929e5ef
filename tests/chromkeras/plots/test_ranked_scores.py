import numpy as np
import pytest

from chromkeras.plots.ranked_scores import ranked_scores


def test_the_ten_largest_scores_are_named_apart(tmp_path):
    scores = np.concatenate([np.linspace(0, 1, 30), np.full(10, 5.0)])
    names = [f"f{i}" for i in range(40)]
    figure = ranked_scores(scores, names, x_label="Σ", things="regulators")
    figure.savefig(tmp_path / "scores.png")
    texts = figure.axes[0].texts
    assert {text.get_text() for text in texts} == set(names[30:])
    places = np.sort([text.xyann[0] for text in texts])
    assert np.diff(places).min() > 0.1
    assert np.mean(places) == pytest.approx(5)
