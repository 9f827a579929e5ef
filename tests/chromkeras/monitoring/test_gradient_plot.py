from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from chromkeras.monitoring.gradient_log import GradientLog, Moment
from chromkeras.monitoring.gradient_plot import (
    activation_labels,
    gradient_figure,
    plot_gradients,
)

LAYERS = ("conv_1", "norm_1", "dense_4", "logits")
ROLES = ("convolution", "normalization", "dense", "output")


def make_log(sharing="shared", tasks=3, moments=5, dead=False):
    log = GradientLog(
        tasks=tuple(f"task{i}" for i in range(tasks)), layers=LAYERS,
        sharing=(sharing, sharing, "own", "own"), activations=("activation_1", "activation_4"),
        steps_per_epoch=4, rows=8, parts=4, fingerprint="f", roles=ROLES,
        activated=("conv_1", "dense_4"),
    )  # fmt: skip
    random = np.random.default_rng(0)
    common = 2 if sharing == "shared" else 0
    for step in range(moments):
        norm = random.random((tasks, 4)).astype(np.float32)
        cosine = np.tile(np.eye(tasks, dtype=np.float32), (common, 1, 1))
        signal = norm.copy()
        if dead and step:
            norm[:], signal[:], cosine[:] = 0, np.nan, np.nan
        log = log.with_moment(Moment(step, 1.0, norm[:, 0], norm, signal, norm[:, :2], cosine))
    return log


@pytest.mark.parametrize(
    "options",
    [{}, {"sharing": "own"}, {"tasks": 30}, {"tasks": 1}, {"moments": 1}, {"dead": True}],
    ids=str,
)
def test_picture_is_written(options, tmp_path):
    plot_gradients(make_log(**options), tmp_path / "gradients.png")
    assert imread(tmp_path / "gradients.png").std() > 0.01


def test_panels_say_what_they_show():
    figure = gradient_figure(make_log())
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles[:3] == ["conv_1, shared", "dense_4, own", "logits, own"]  # no batch norm
    shown = figure.axes[0].lines[1].get_ydata()
    np.testing.assert_array_equal(shown, make_log().norm[:, 1, 0])


def test_activations_are_labelled_as_the_layers_they_belong_to():
    log = make_log()
    assert activation_labels(log) == (["conv_1", "dense_4"], ["conv_1", "dense_4"])
    figure = gradient_figure(log)
    dead = next(axis for axis in figure.axes if axis.get_title(loc="left").startswith("Dead"))
    signal = next(axis for axis in figure.axes if axis.get_title(loc="left").startswith("Signal"))
    colours = [
        {line.get_label(): line.get_color() for line in axis.lines} for axis in (dead, signal)
    ]
    assert all(colours[1][name] == colours[0][name] for name in ("conv_1", "dense_4"))
    again = replace(log, activated=("conv_1", "conv_1"))  # two of one layer
    assert activation_labels(again)[0] == ["activation_1", "activation_4"]


def test_layers_of_one_number_keep_their_own_lines():
    log = replace(
        make_log(), layers=("conv_8", "norm_8", "dense_8", "logits"),
        activations=("activation_8", "activation_8_2"), activated=("conv_8", "dense_8"),
    )  # fmt: skip
    assert activation_labels(log)[0] == ["conv_8", "dense_8"]


def test_a_log_of_an_earlier_version_shows_every_layer():
    figure = gradient_figure(replace(make_log(), roles=(), activated=()))
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles[:4] == ["conv_1, shared", "norm_1, shared", "dense_4, own", "logits, own"]


def test_moments_at_which_all_are_near_zero_are_shaded():
    spans = [len(gradient_figure(make_log(dead=dead)).axes[0].patches) for dead in (False, True)]
    assert spans == [0, 4]


def test_no_moment_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="at least one moment"):
        plot_gradients(make_log(moments=0), tmp_path / "gradients.png")
    assert not (tmp_path / "gradients.png").exists()
