import numpy as np

from chromkeras.importers.grammars.registry import with_defaults
from chromkeras.importers.simulate import motif_sets, simulate


def test_causal_are_all_instances_of_the_set():
    dataset = simulate(with_defaults("presence", sequences=300))
    truth = dataset.truth
    for t, motifs in enumerate(motif_sets(dataset).values()):
        of_set = np.isin(np.array(truth.names)[truth.motif], motifs)
        np.testing.assert_array_equal(truth.causal[:, t], of_set)
