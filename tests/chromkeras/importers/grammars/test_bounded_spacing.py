from dataclasses import replace

import pytest

from chromkeras.importers.grammars.registry import with_defaults
from chromkeras.importers.simulate import simulate

SETTINGS = with_defaults("bounded_spacing", sequences=900, tasks=1, copies=(1, 1), spacing=(6, 9))


def test_open_pairs_are_within_the_range_and_closed_ones_are_not():
    dataset = simulate(SETTINGS)
    truth = dataset.truth
    gap = truth.start[1::2] - truth.end[::2]
    opened = dataset.labels[truth.row[::2], 0] == 1
    assert set(gap[opened]) == {6, 7, 8, 9}
    assert set(gap[~opened]) == {0, 1, *range(14, 30)}
    assert (truth.causal[::2, 0] == opened).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spacing": (5, 5)}, "a range such as 5-15, received 5"),
        ({"spacing": None}, "a range such as 5-15, received none"),
        ({"span": 30}, "do not fit in 30 bp, even once each"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        simulate(replace(SETTINGS, **options))
