import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.importers.simulate_binding import (
    ANNOTATIONS,
    TRACKS,
    BindingSimulation,
    describe_binding,
    simulate_binding,
)

SMALL = {"sequences": 1500, "length": 300, "span": 200, "width": 80}
SURE = SMALL | {"bound_in_promoters": 1.0, "bound_elsewhere": 1.0}


def at_sites(data):
    """Return the accessibility at the middle of each site, (M,), and whether it is bound."""
    truth = data.truth
    middle = (truth.start + truth.end) // 2
    return data.inputs["signal"].values[truth.row, middle, 0], truth.causal.any(axis=1)


def test_what_is_in_open_chromatin_is_bound():
    data = simulate_binding(BindingSimulation(**SURE))
    signal, bound = at_sites(data)
    # peaks are of height 0.25 to 0.75 over a floor of mean 0.1
    assert np.median(signal[bound]) > 0.45
    assert np.median(signal[~bound]) < 0.15
    np.testing.assert_array_equal(data.truth.causal.argmax(axis=1)[bound], data.truth.motif[bound])
    labels = np.zeros(data.labels.shape)
    labels[data.truth.row[bound], data.truth.motif[bound]] = 1
    np.testing.assert_array_equal(data.labels, labels)
    # neither DNA nor signal alone: sites lie in closed chromatin too, and open rows without a site
    has_site = np.zeros(data.labels.shape, bool)
    has_site[data.truth.row, data.truth.motif] = True
    is_open = data.inputs["signal"].values[..., 0].max(axis=1) > 0.65
    for task in range(2):
        assert 0.2 < data.labels[has_site[:, task], task].mean() < 0.6
        assert data.labels[~has_site[:, task], task].sum() == 0
        assert data.labels[is_open, task].mean() < 0.5


def test_annotations_and_tracks_that_mean_something():
    data = simulate_binding(BindingSimulation(**SMALL))
    annotation, signal = data.inputs["annotation"], data.inputs["signal"]
    assert (annotation.channels, signal.channels) == (ANNOTATIONS, TRACKS)
    assert (annotation.along_dna, signal.along_dna) == (False, True)
    rate = [[data.labels[annotation.values[:, i] == on].mean() for on in (0, 1)] for i in range(3)]
    assert rate[0][1] / rate[0][0] == pytest.approx(0.95 / 0.5, rel=0.25)
    for off, on in rate[1:]:
        assert on == pytest.approx(off, rel=0.3)
    assert data.fingerprint == simulate_binding(BindingSimulation(**SMALL)).fingerprint
    assert data.fingerprint != simulate_binding(BindingSimulation(**SMALL, seed=1)).fingerprint


def test_the_other_strand_turns_the_signal_around():
    data = simulate_binding(BindingSimulation(**SMALL))
    x = data.batch(np.arange(3))
    turned = data.reverse_complement(x)
    np.testing.assert_array_equal(turned["signal"], x["signal"][:, ::-1])
    np.testing.assert_array_equal(turned["annotation"], x["annotation"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"site_rate": 1.2}, "site_rate from 0 to 1"),
        ({"factors": 0}, "factors of at least 1"),
        ({"factors": 17}, "at most 16 factors"),
        ({"motifs": ("elt-2",)}, "a motif for each of 2 factors, received 1"),
        ({"span": 400}, "span of at most the length"),
    ],
)
def test_wrong_settings(settings, said):
    with pytest.raises(InputError, match=said):
        BindingSimulation(**(SMALL | settings))


def test_nothing_bound_is_refused():
    with pytest.raises(InputError, match="came out negative in all"):
        simulate_binding(BindingSimulation(**SMALL, open_rate=0.0))


def test_what_it_needs_is_said():
    settings = BindingSimulation(**SURE)
    lines = describe_binding(settings, simulate_binding(settings))
    assert "elt-2" in lines[0]
    assert "bound" in lines[-1]
