from dataclasses import replace

import numpy as np

from chromkeras.comparison.core.comparison import CompareOptions, Comparison
from chromkeras.comparison.predictions.part import compare_part


def test_a_task_without_known_labels_leaves_the_calibration_of_the_others(make_model, tiny_dataset):
    data = tiny_dataset(rows=48)
    known = data.known & (np.arange(3) != 1)
    data = replace(data, known=known, labels=np.where(known, data.labels, 0))
    models = make_model(seed=0), make_model(seed=1)
    options = CompareOptions(bootstrap=2)
    found = compare_part(Comparison(models, data, data, data.rows("test"), options, 0, ()))
    rows = [row for row in found.tables["tasks.tsv"] if row["stratum"] == "all"]
    whole = [row for row in found.tables["models.tsv"] if row["stratum"] == "all"]
    for model, own in zip(whole, (rows[:3], rows[3:]), strict=True):
        assert np.isnan(own[1]["brier"])
        for key in ("brier", "calibration_error"):
            assert np.isclose(model[key], (own[0][key] + own[2][key]) / 2)
