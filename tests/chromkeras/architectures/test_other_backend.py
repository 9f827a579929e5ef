"""A model file of every architecture predicts on JAX what it predicts on TensorFlow."""

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from chromkeras.data.tables import feed
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import resolve_plan

OTHER = """
import sys
from pathlib import Path

import keras
import numpy as np

from chromkeras.data.tables import feed
from chromkeras.model_file.open_model import open_model

assert keras.backend.backend() == "jax"
for path in sorted(Path(sys.argv[1]).glob("*.keras")):
    inputs = dict(np.load(path.with_suffix(".npz")))
    network = open_model(path).network
    outputs = keras.ops.convert_to_numpy(network(feed([t.name for t in network.inputs], inputs)))
    np.save(path.with_suffix(".npy"), outputs)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow" or importlib.util.find_spec("jax") is None,
    reason="compares TensorFlow with JAX",
)
def test_every_architecture_predicts_the_same_on_jax(tiny_recipe, tiny_dataset, tmp_path):
    expected = {}
    for name in ARCHITECTURES.names():
        dataset = tiny_dataset(rows=4, architecture=name)
        recipe = tiny_recipe("hard", architecture=name)
        plan = resolve_plan(recipe, dataset.tasks, dataset.shapes, problem="binary")
        model, rng = build_model(plan), np.random.default_rng(1)
        for weight in model.weights:
            value = rng.normal(size=weight.shape) * 0.3
            weight.assign(np.abs(value) + 0.5 if "variance" in weight.path else value)
        x = dataset.batch(np.arange(4), tuple(plan.inputs))
        expected[name] = keras.ops.convert_to_numpy(model(feed(tuple(plan.inputs), x)))
        assert np.ptp(expected[name], axis=0).min() > 1e-3
        model.save(tmp_path / f"{name}.keras")
        np.savez(tmp_path / f"{name}.npz", **x)
    subprocess.run(
        [sys.executable, "-c", OTHER, str(tmp_path)],
        check=True,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    for name, outputs in expected.items():
        found = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(found, outputs, rtol=1e-3, atol=1e-4, err_msg=name)
