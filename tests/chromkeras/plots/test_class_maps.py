import numpy as np
import pytest
from matplotlib.image import imread

from chromkeras.plots.class_maps import plot_class_maps


@pytest.mark.parametrize(("tasks", "classes"), [(1, 2), (3, 5), (13, 30)])
def test_few_and_many_tasks_and_classes(tasks, classes, tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, (80, tasks)).astype(float)
    logits = rng.normal(size=(80, tasks, classes))
    labels[:, 0] = np.nan
    names = [f"class {c}" for c in range(classes)]
    titles = tuple(f"task {t}" for t in range(tasks))
    plot_class_maps(labels, logits, titles, names, tmp_path / "new" / "a.png")
    assert imread(tmp_path / "new" / "a.png").std() > 0.01
