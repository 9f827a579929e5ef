import numpy as np
import pytest

from chromkeras.importers.grammars.registry import with_defaults
from chromkeras.importers.simulate import motif_sets, simulate


def test_open_rows_hold_many_copies_of_a_motif_and_closed_ones_few():
    dataset = simulate(with_defaults("density", sequences=600, copies=(4, 6), span=500))
    truth = dataset.truth
    counts = np.zeros((len(dataset), len(truth.names)), int)
    np.add.at(counts, (truth.row, truth.motif), 1)
    elements = dataset.kind == "element"
    assert set(np.unique(counts[elements])) == {1, 2, 4, 5, 6}
    names = list(truth.names)
    for t, motifs in enumerate(motif_sets(dataset).values()):
        columns = [names.index(name) for name in motifs]
        many = (counts[:, columns] >= 4).any(axis=1)
        np.testing.assert_array_equal(dataset.labels[:, t] == 1, many)


def test_the_few_are_decoys():
    dataset = simulate(with_defaults("density", sequences=300))
    truth = dataset.truth
    counts = np.zeros((len(dataset), len(truth.names)), int)
    np.add.at(counts, (truth.row, truth.motif), 1)
    lone = counts[truth.row, truth.motif] == 1
    assert lone.any()
    assert not truth.causal[lone].any()
    assert truth.causal[~lone].any(axis=1).mean() > 0.9, "but for motifs in no set"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"copies": (1, 4)}, "expected copies of at least 2, received 1-4"),
        ({"span": 90}, "even in their least number"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        simulate(with_defaults("density", sequences=300, **options))
