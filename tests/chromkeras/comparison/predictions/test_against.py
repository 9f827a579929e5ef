import numpy as np

from chromkeras.comparison.predictions.against import Against, Difference


def against(scores: np.ndarray) -> str:
    """Return what is said of two models, from their scores (2, T)."""
    change = scores[0] - scores[1]
    mean = float(change[np.isfinite(change)].mean()) if np.isfinite(change).any() else np.nan
    found = Difference("r", scores, change, np.stack([change, change]), mean, np.full(2, mean))
    tasks = tuple("abc"[: len(change)])
    strata = {"elements only": found}
    return str(Against(("m", "n"), ("m", "n"), tasks, "test", 9, 9, 9, {"r": found}, strata))


def test_means_are_over_the_tasks_of_both_models():
    said = against(np.array([[0.5, 0.9, 0.2], [0.4, np.nan, 0.3]]))
    mean = next(line.split() for line in said.splitlines() if line.startswith("mean"))
    assert mean[1:3] == ["0.3500", "0.3500"]
    assert "on 1 and worse on 1 of 2 tasks" in said


def test_nothing_is_said_to_be_better_where_no_difference_is_known():
    said = against(np.array([[0.5, 0.9], [np.nan, np.nan]]))
    assert "nan" not in said
    assert "r is defined for both models in no task" in said
