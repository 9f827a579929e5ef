import math

import pytest
from matplotlib.image import imread

from chromkeras.search.pictures import plot_importance, plot_parallel, plot_ranking
from chromkeras.search.records import TrialRecord
from chromkeras.search.space import read_space

SPACE = read_space({
    "training": {
        "learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
        "epochs": {"low": 1, "high": 4},
        "batch_size": {"choices": [64]},
    },
    "architecture": {
        "filters, widths": {"choices": [[[6, 5, 4], [9, 7, 5]], [[60, 50, 40], [9, 7, 5]]]},
        "summary": {"choices": [True, False]},
    },
})  # fmt: skip


def records(count, state="done"):
    labels = SPACE.domains["architecture.filters, widths"].labels
    return [
        TrialRecord(
            number,
            state if number % 3 else "done",
            math.nan if state == "failed" and number % 3 else 0.5 + number / 100,
            dict(zip(SPACE.domains, (10.0 ** -(1 + number % 4), 1 + number % 4, 64,
                                     labels[number % 2], number % 2 == 0), strict=True)),
        )
        for number in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["done", "pruned", "failed", "running"])
@pytest.mark.parametrize("count", [1, 2, 12])
def test_every_search_can_be_drawn(count, state, tmp_path):
    drawn = [tmp_path / "a.png", tmp_path / "b.png"]
    plot_ranking(records(count, state), drawn[0], label="Validation AUROC")
    plot_parallel(records(count, state), SPACE, drawn[1], label="Validation AUROC")
    for path in drawn:
        picture = imread(path)
        assert picture.shape[0] > 300
        assert picture[..., :3].std() > 0.01


def test_importance_is_drawn(tmp_path):
    shares = {"training.learning_rate": 0.7, "architecture.dropout": 0.3}
    plot_importance(shares, tmp_path / "a.png", label="Validation AUROC")
    assert imread(tmp_path / "a.png")[..., :3].std() > 0.01
