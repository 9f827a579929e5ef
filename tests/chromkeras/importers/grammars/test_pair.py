import numpy as np
import pytest

from chromkeras.importers.grammars.registry import with_defaults
from chromkeras.importers.simulate import motif_sets, simulate


@pytest.mark.parametrize("tasks", [1, 4])
def test_open_rows_hold_both_motifs_and_closed_ones_one(tasks):
    dataset = simulate(with_defaults("pair", sequences=600, tasks=tasks))
    truth = dataset.truth
    counts = np.zeros((len(dataset), len(truth.names)), int)
    np.add.at(counts, (truth.row, truth.motif), 1)
    elements = dataset.kind == "element"
    names = list(truth.names)
    alone = []
    for t, motifs in enumerate(motif_sets(dataset).values()):
        present = counts[elements][:, [names.index(name) for name in motifs]] > 0
        np.testing.assert_array_equal(dataset.labels[elements, t] == 1, present.all(axis=1))
        assert present.any(axis=1).all(), "closed rows hold one"
        alone.append(present[~present.all(axis=1)].mean(axis=0))
    np.testing.assert_allclose(alone, 0.5, atol=0.1)
    assert set(np.unique(counts)) <= {0, 1, 2, 3}


def test_lone_motifs_are_decoys():
    dataset = simulate(with_defaults("pair", sequences=300))
    truth = dataset.truth
    closed = ~(dataset.labels[truth.row] == 1)
    assert not truth.causal[closed].any()
    assert (~truth.causal).all(axis=1).any()


def test_too_few_motifs_for_the_tasks():
    options = {"tasks": 3, "motifs": ("elt-2", "hlh-1", "skn-1")}
    with pytest.raises(ValueError, match="more motifs than the 3 tasks, received 3"):
        simulate(with_defaults("pair", **options))
