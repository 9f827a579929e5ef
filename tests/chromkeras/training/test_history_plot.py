import numpy as np
import pytest
from matplotlib.image import imread

from chromkeras.training.history_plot import plot_history, read_history

ROWS = [
    {"epoch": e, "seconds": 1.5, "loss": 1 / e, "val_loss": 1.1 / e, "val_auroc": 0.9 - 0.3 / e,
     "val_auroc/gut": 0.9 - 0.2 / e}
    for e in range(1, 6)
]  # fmt: skip


def test_history_reads_back_what_was_written(tmp_path):
    path = tmp_path / "history.csv"
    lines = [",".join(ROWS[0]), *(",".join(map(str, row.values())) for row in ROWS)]
    path.write_text("\n".join(lines) + "\n")
    assert read_history(path) == ROWS


def test_missing_values_are_nan_and_words_are_refused(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,val_auroc\n1,\n")
    assert np.isnan(read_history(path)[0]["val_auroc"])
    path.write_text("epoch,loss\n1,high\n")
    with pytest.raises(ValueError, match=r"history.csv: expected numbers .* 'high'"):
        read_history(path)


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        ROWS[:1],
        [{"epoch": 1, "loss": 0.5}],
        [{"epoch": 1, "loss": 0.5, "val_auroc": float("nan")}],
        [{**row, **{f"val_auroc/{i}": 0.5 for i in range(20)}} for row in ROWS],
    ],
)
def test_picture_is_written(rows, tmp_path):
    plot_history(rows, tmp_path / "history.png")
    assert imread(tmp_path / "history.png").std() > 0.01


def test_no_epoch_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="at least one epoch"):
        plot_history([], tmp_path / "history.png")
    assert not (tmp_path / "history.png").exists()
