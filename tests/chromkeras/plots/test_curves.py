import numpy as np
import pytest
from matplotlib.image import imread

from chromkeras.plots import curves
from chromkeras.statistics.metrics import ranking


@pytest.mark.parametrize("draw", [curves.plot_roc, curves.plot_precision_recall])
@pytest.mark.parametrize("tasks", [1, 4, 30])
def test_picture_is_written_for_few_and_many_tasks(draw, tasks, tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 2, (120, tasks))
    labels[:, 0] = 0
    scores = labels + rng.normal(size=labels.shape)
    names = tuple(f"task {i}" for i in range(tasks))
    panels = {"all rows": np.ones(120, bool), "elements only": np.arange(120) < 60}
    draw(labels, scores, names, tmp_path / "new" / "one.png")
    draw(labels, scores, names, tmp_path / "two.png", panels=panels)
    one, two = imread(tmp_path / "new" / "one.png"), imread(tmp_path / "two.png")
    assert one.shape[0] == two.shape[0]
    assert two.shape[1] == 2 * one.shape[1]
    assert one.std() > 0.01


def test_areas_under_the_drawn_curves_are_those_of_the_metrics():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 2000)
    score = label + rng.normal(size=2000)
    steps = ranking(label, score)
    from sklearn.metrics import average_precision_score, roc_auc_score

    drawn = np.trapezoid(curves._sensitivity(steps), curves._GRID)
    assert drawn == pytest.approx(roc_auc_score(label, score), abs=2e-3)
    mean_precision = curves._precision(steps)[1:].mean()
    assert mean_precision == pytest.approx(average_precision_score(label, score), abs=2e-3)


def test_perfect_scores_give_perfect_curves():
    steps = ranking(np.array([1, 1, 0, 0]), np.array([4.0, 3.0, 2.0, 1.0]))
    assert (curves._sensitivity(steps)[1:] == 1).all()
    assert (curves._precision(steps) == 1).all()
