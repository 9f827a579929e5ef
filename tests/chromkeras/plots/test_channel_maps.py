import numpy as np
import pytest

from chromkeras.plots.channel_maps import DIVERGING, RISING, ChannelMap, channel_maps


def test_maps_of_one_sign_rise_and_others_diverge_from_zero(tmp_path):
    rng = np.random.default_rng(0)
    signed, plain = rng.normal(size=(20, 3)), rng.random((20, 3))
    maps = [[ChannelMap("input", plain, "value")], [ChannelMap("scores", signed, "change")]]
    figure = channel_maps(maps, ("a", "b", "c"), x_label="bins from the middle")
    above, below = (axes.images[0] for axes in figure.axes if axes.images)
    assert above.get_cmap().name == RISING
    assert below.get_cmap().name == DIVERGING
    assert below.get_clim() == pytest.approx((-np.abs(signed).max(), np.abs(signed).max()))
    np.testing.assert_allclose(below.get_array(), signed.T)
    assert below.get_extent()[:2] == [-10, 10]
    figure.savefig(tmp_path / "maps.png")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b", "c"]


def test_a_map_of_nothing_is_drawn(tmp_path):
    figure = channel_maps([[ChannelMap("none", np.zeros((4, 2)), "x")]], ("a", "b"), x_label="x")
    figure.savefig(tmp_path / "maps.png")
