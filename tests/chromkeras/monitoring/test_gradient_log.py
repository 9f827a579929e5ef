import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from chromkeras.errors import InputError
from chromkeras.model_file.beside import gradient_log_path
from chromkeras.monitoring.gradient_log import (
    GradientLog,
    Moment,
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
        parts=4, fingerprint="f", roles=("convolution", "dense", "output"), activated=("conv_1",),
    )  # fmt: skip
    return start.with_moment(moment(0)).with_moment(moment(7, 1))


def test_round_trip(log, tmp_path):
    path = tmp_path / "m.gradients.npz"
    save_gradient_log(log, path)
    found = load_gradient_log(path)
    assert (found.tasks, found.layers, found.common) == (log.tasks, log.layers, (0,))
    assert (found.roles, found.activated) == (log.roles, log.activated)
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


def test_a_log_of_an_earlier_version_opens_without_roles(log, tmp_path):
    path = tmp_path / "log.npz"
    save_gradient_log(log, path)
    with np.load(path) as file:
        arrays = dict(file)
    facts = json.loads(str(arrays["facts"]))
    del facts["roles"], facts["activated"]
    np.savez(path, **arrays | {"facts": np.array(json.dumps(facts))})
    found = load_gradient_log(path)
    assert (found.roles, found.activated, found.main) == ((), (), (0, 1, 2))
    np.testing.assert_array_equal(found.norm, log.norm)


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
    with pytest.raises(ValueError, match="version: expected 1, received 99; train again"):
        load_gradient_log(path)
    del arrays["norm"]
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r"log\.npz: expected members facts\.npy, .*; train again"):
        load_gradient_log(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": np.zeros((2, 3), "f4")}, r"loss: expected shape \(2, 2\), received a list of 2"),
        ({"cosine": np.zeros((2, 1, 2), "f4")}, r"cosine: expected shape \(2, 1, 2, 2\)"),
        ({"steps": np.array([3, 3])}, "expected steps that rise from 0"),
        ({"steps": np.zeros(2)}, "steps: expected numbers of kind i"),
        ({"seconds": np.array(["a", "b"])}, "seconds: expected numbers of kind f"),
        ({"facts": np.array("[]")}, "facts: expected a table"),
        ({"facts": {"tasks": 3}}, "facts: tasks: expected a list"),
        ({"facts": {"tasks": []}}, "facts: expected tasks"),
        ({"facts": {"sharing": ["shared", "own", "lent"]}}, "facts: expected tasks, and shared"),
        ({"facts": {"steps_per_epoch": 0}}, "steps_per_epoch: expected a whole number"),
        ({"facts": {"roles": ["dense"]}}, "facts: roles: expected convolution, .* for each layer"),
        ({"facts": {"roles": ["dense", "dense", "none"]}}, "facts: roles: expected convolution"),
        ({"facts": {"activated": ["a", "b"]}}, "activated: expected a layer for each activation"),
        ({"facts": {"extra": 0}}, "facts: expected .*, received 'extra'"),
    ],
)
def test_every_value_has_its_type(log, tmp_path, changes, message):
    path = tmp_path / "log.npz"
    save_gradient_log(log, path)
    with np.load(path) as file:
        arrays = dict(file)
    facts = changes.get("facts")
    if isinstance(facts, dict):
        text = json.dumps(json.loads(str(arrays["facts"])) | facts)
        changes = {"facts": np.array(text)}
    np.savez(path, **arrays | changes)
    with pytest.raises(InputError, match=message):
        load_gradient_log(path)


@pytest.mark.slow
def test_hostile_files(log, tmp_path, mutations, traps):
    path = tmp_path / "log.npz"
    save_gradient_log(log, path)
    good, refused = path.read_bytes(), 0
    for seed in range(150):
        random = Random(seed)
        path.write_bytes(random.choice(mutations.NUMPY)(random, good, traps))
        line = mutations.refusal(load_gradient_log, path)
        assert line.isprintable()
        refused += bool(line)
        if not line:
            found = load_gradient_log(path)
            assert found.norm.shape == (len(found.moments), len(found.tasks), len(found.layers))
    assert refused > 100
    assert not Path(traps.canary).exists()
