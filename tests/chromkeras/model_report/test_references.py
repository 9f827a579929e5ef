from dataclasses import replace

import numpy as np
import pytest

from chromkeras.model_report.attributions import Request, attribute
from chromkeras.model_report.references import check_references, make_references
from chromkeras.scoring.contrasts import choose_targets
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan


@pytest.fixture
def with_closed_rows(tiny_dataset):
    dataset = tiny_dataset()
    labels = np.ones_like(dataset.labels)
    labels[dataset.rows("train")[:5]] = 0
    known = np.ones(labels.shape, bool)
    labels[dataset.rows("train")[5]], known[dataset.rows("train")[5]] = 0, False  # perhaps open
    return replace(dataset, labels=labels, known=known)


def test_genomic_references_are_training_rows_that_are_open_in_no_task(with_closed_rows):
    dataset = with_closed_rows
    made = make_references("genomic", dataset, dataset.rows("valid"), 3, seed=0)
    assert made.shape == (3, 300, 4)
    closed = dataset.one_hot(dataset.rows("train")[:5])
    picked = [np.flatnonzero((closed == one).all(axis=(1, 2))).tolist() for one in made]
    assert all(len(each) == 1 for each in picked)
    assert len({each[0] for each in picked}) == 3
    np.testing.assert_array_equal(
        made, make_references("genomic", dataset, dataset.rows("valid"), 3, seed=0)
    )
    check_references("genomic", dataset, 5)
    with pytest.raises(
        ValueError, match="at least 6 training rows that are closed in every task, rec"
    ):
        check_references("genomic", dataset, 6)
    check_references("shuffle", dataset, 6)


@pytest.mark.parametrize(
    ("kind", "count", "name"),
    [
        ("shuffle", 2, "dinucleotide_shuffle"),
        ("background", 1, "background"),
        ("uniform", 1, "uniform"),
        ("zeros", 1, "zeros"),
        ("genomic", 2, "genomic"),
    ],
)
def test_every_kind_reaches_the_attributions(with_closed_rows, tiny_recipe, kind, count, name):
    dataset = with_closed_rows
    model = build_model(
        resolve_plan(tiny_recipe("hard"), dataset.tasks, {"dna": (300, 4)}, problem="binary")
    )
    targets = choose_targets(("task1",), (), dataset.tasks)
    rows = np.arange(2)
    methods = ("deep_lift_shap", "gradient")
    done = attribute(Request(model, dataset, rows, targets, methods, 2, kind, 0))
    lift = done.results["deep_lift_shap"]
    assert (lift.reference_kind, lift.n_references) == (name, count)
    assert lift.relative_delta.max() < 1e-4
    assert done.facts()["deep_lift_shap"]["references"] == f"{count} {name}"
    assert done.results["gradient"].reference_kind is None
