import numpy as np
import pytest
from matplotlib.image import imread

from chromkeras.plots.scatter import MOST_POINTS, MOST_TASKS, plot_predicted


def draw(tasks, rows, tmp_path, **options):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, tasks))
    predictions = values + rng.normal(size=values.shape)
    values[:, 0] = np.nan
    names = tuple(f"task {t}" for t in range(tasks))
    plot_predicted(values, predictions, names, tmp_path / "new" / "a.png", **options)
    return imread(tmp_path / "new" / "a.png")


@pytest.mark.parametrize("tasks", [1, 2, 7, MOST_TASKS + 1])
def test_few_and_many_tasks(tasks, tmp_path):
    picture = draw(tasks, 60, tmp_path, background=np.arange(60) < 20)
    rows = -(-min(tasks, MOST_TASKS) // 6)
    assert picture.shape[0] == pytest.approx(200 * (2.9 * rows + 0.6), abs=2)
    assert picture.std() > 0.01


def test_many_rows_are_drawn_as_counts(tmp_path):
    assert draw(2, MOST_POINTS + 1, tmp_path).std() > 0.01
