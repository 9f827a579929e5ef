import numpy as np
import pandas as pd
import pytest

from chrominterpret.motifs.pwm import Motif
from chrominterpret.report.filter_reading import write_filters
from chromkeras.model_report.filters import interpret_filters
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (("hard",), [""]),
        (("single",), ["task0:", "task1:", "task2:"]),
        (("single", "sharing.grouped=9", "sharing.groups=task1"), ["group1:", "group2:"]),
        (("single", "sharing.grouped=2", "sharing.groups=task1"), ["group1:", "group2:"]),
        (("single", "sharing.grouped=11", "sharing.groups=task0,task1,task2"), [""]),
    ],
)
def test_whose_filters_they_are(settings, names, tiny_dataset, tiny_recipe, tmp_path):
    dataset = tiny_dataset()
    model = build_model(
        resolve_plan(tiny_recipe(*settings), dataset.tasks, {"dna": (300, 4)}, problem="binary")
    )
    random = np.random.default_rng(0)
    database = [Motif(f"m{i}", random.dirichlet([0.3] * 4, 9)) for i in range(80)]
    reading = interpret_filters(
        model, dataset, np.arange(12), database=database, rule="threshold", seed=0
    )
    write_filters(reading, tmp_path)
    facts = reading.facts
    table = pd.read_csv(tmp_path / "filters.tsv", sep="\t")
    assert table["filter"].tolist() == [f"{name}f{i}" for name in names for i in range(6)]
    influence = table[[f"influence on {task}" for task in dataset.tasks]].to_numpy()
    if names[0] == "group1:":  # task1's filters, then those of task0 and task2
        assert facts["groups of tasks"] == {"group1": ["task1"], "group2": ["task0", "task2"]}
        np.testing.assert_array_equal(influence[:6, [0, 2]], 0)
        np.testing.assert_array_equal(influence[6:, 1], 0)
        assert (influence[:6, 1] != 0).any()
        assert (influence[6:, [0, 2]] != 0).any(axis=0).all()
    else:
        assert "groups of tasks" not in facts
