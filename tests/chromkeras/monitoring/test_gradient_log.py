import json

import numpy as np
import pytest

from chromkeras.monitoring.gradient_log import (
    GradientLog,
    Moment,
    gradient_log_path,
    load_gradient_log,
    save_gradient_log,
)


def moment(step, seed=0):
    random = np.random.default_rng(seed)
    norm = random.random((2, 3)).astype(np.float32)
    return Moment(
        step, 0.5, norm[:, 0], norm, norm + 1, norm[:, :1], np.full((1, 2, 2), np.nan, np.float32)
    )


@pytest.fixture
def log():
    start = GradientLog(
        tasks=("a", "b, c"), layers=("conv_1", "dense_2", "logits"),
        sharing=("shared", "own", "own"), activations=("relu",), steps_per_epoch=10, rows=8,
        parts=4, fingerprint="f",
    )  # fmt: skip
    return start.with_moment(moment(0)).with_moment(moment(7, 1))


def test_round_trip(log, tmp_path):
    path = tmp_path / "m.gradients.npz"
    save_gradient_log(log, path)
    found = load_gradient_log(path)
    assert (found.tasks, found.layers, found.common) == (log.tasks, log.layers, (0,))
    assert found.steps.tolist() == [0, 7]
    assert found.epochs.tolist() == [0, 0.7]
    assert [m.seconds for m in found.moments] == [0.5, 0.5]
    for name in ("loss", "norm", "signal", "dead", "cosine"):
        np.testing.assert_array_equal(getattr(found, name), getattr(log, name))
    assert [p.name for p in tmp_path.iterdir()] == ["m.gradients.npz"]


def test_an_empty_log_has_shapes(log, tmp_path):
    save_gradient_log(log.before(0), tmp_path / "log.npz")
    found = load_gradient_log(tmp_path / "log.npz")
    shapes = [getattr(found, n).shape for n in ("loss", "norm", "signal", "dead", "cosine")]
    assert shapes == [(0, 2), (0, 2, 3), (0, 2, 3), (0, 2, 1), (0, 1, 2, 2)]


def test_moments_come_in_order(log):
    with pytest.raises(ValueError, match="after step 7, received 7"):
        log.with_moment(moment(7))
    assert log.before(7).steps.tolist() == [0]


def test_stands_beside_the_model():
    assert str(gradient_log_path("a/hard.keras")) == "a/hard.gradients.npz"


def test_bad_files(log, tmp_path):
    path = tmp_path / "log.npz"
    with pytest.raises(ValueError, match=r"gradient log .* does not exist"):
        load_gradient_log(path)
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match=r"log\.npz is damaged"):
        load_gradient_log(path)
    save_gradient_log(log, path)
    with np.load(path) as file:
        arrays = dict(file)
    facts = json.loads(str(arrays["facts"]))
    np.savez(path, **arrays | {"facts": np.array(json.dumps(facts | {"version": 99}))})
    with pytest.raises(ValueError, match="expected version 1, received 99"):
        load_gradient_log(path)
    del arrays["norm"]
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r"log\.npz is damaged"):
        load_gradient_log(path)
