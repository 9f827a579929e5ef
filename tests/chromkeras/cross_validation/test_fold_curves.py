"""Curves of folds that stopped at different epochs."""

import numpy as np
import pytest

from chromkeras.cross_validation import fold_curves
from chromkeras.cross_validation.fold_curves import plot_fold_curves
from chromkeras.errors import InputError


def history(scores):
    return [
        {"epoch": i + 1, "loss": 1 / (i + 1), "val_loss": 1.0, "val_auroc": s}
        for i, s in enumerate(scores)
    ]


HISTORIES = [history([0.5, 0.7, 0.6]), history([0.7, 0.9]), history([0.6, 0.8, 0.85, 0.9])]


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were drawn."""
    found = []
    save = fold_curves.save_png
    monkeypatch.setattr(fold_curves, "save_png", lambda f, path: (found.append(f), save(f, path)))
    return found


def test_mean_and_band_end_where_a_fold_ends(drawn, tmp_path):
    plot_fold_curves(HISTORIES, tmp_path / "c.png", held_out=np.array([0.6, 0.8, 0.7]))
    assert (tmp_path / "c.png").stat().st_size > 10_000
    _, panel = drawn[0].axes
    lines = {line.get_label(): line for line in panel.lines}
    mean = lines["validation, mean of 3 folds ± SD"]
    np.testing.assert_allclose(mean.get_xdata(), [1, 2])
    np.testing.assert_allclose(mean.get_ydata(), [0.6, 0.8])
    band = panel.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(0.5)  # 0.6 less the sample standard deviation 0.1
    assert band[:, 1].max() == pytest.approx(0.9)
    best = lines["best epoch of a fold"]
    np.testing.assert_allclose(best.get_xdata(), [2, 2, 4])
    assert "held out: 0.700 ± 0.100" in panel.get_legend_handles_labels()[1]


def test_undefined_scores_leave_losses(drawn, tmp_path):
    histories = [history([np.nan]), history([np.nan])]
    plot_fold_curves(histories, tmp_path / "c.png", held_out=np.full(2, np.nan))
    labels = drawn[0].axes[0].get_legend_handles_labels()[1]
    assert labels == [f"{name}, mean of 2 folds ± SD" for name in ("training", "validation")]


def test_an_empty_history_is_refused(tmp_path):
    with pytest.raises(InputError, match="at least one epoch for each fold"):
        plot_fold_curves([HISTORIES[0], []], tmp_path / "c.png", held_out=np.zeros(2))
