import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import keras
import pytest

from chromkeras.backend.devices import (
    distribution,
    level_over_replicas,
    once_over_replicas,
    replicas,
    sum_over_replicas,
)

SCRIPT = Path(__file__).with_name("several_devices.py")
HIDDEN = {
    "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
}  # fmt: skip


@cache
def outcome(backend):
    """Run the comparison of one and two devices on a backend."""
    if backend == "jax":
        pytest.importorskip("jax")
    run = subprocess.run(
        [sys.executable, SCRIPT, backend],
        env=os.environ | HIDDEN,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


# The comparison of devices trains in two processes of their own, which is a long run.
@pytest.mark.slow
@pytest.mark.parametrize("plan", ["hard", "soft"])
@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_two_devices_train_as_one(backend, plan):
    """Rows are sharded; soft on JAX: tasks."""
    result = outcome(backend)["results"][plan]
    assert result["moved"] > 1e-2
    assert result["weights"] < 1e-5
    assert result["logits"] < 1e-5
    assert result["loss"] < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_adam_and_a_last_batch_of_one_row(backend):
    """Rows are sharded; on JAX: tasks."""
    # The first steps divide gradients by their own size: rounding of tiny ones comes out large.
    result = outcome(backend)["results"]["adam"]
    assert result["moved"] > 3e-3
    assert result["weights"] < 1e-4


@pytest.mark.slow
def test_weights_and_optimizer_are_shared_out_by_task():
    assert outcome("jax")["results"]["adam"]["parts"] == [0.5, 0.5, 0.5]


@pytest.mark.slow
def test_the_penalty_counts_once_where_batch_norm_does_not_make_replicas_meet():
    result = outcome("tensorflow")["results"]["frozen batch norm"]
    assert result["moved"] > 1e-2
    assert result["weights"] < 1e-5
    assert result["loss"] < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "what", "message"),
    [
        ("jax", "devices", "`devices`: expected 1 to 2, the devices jax sees (cpu:0, cpu:1)"),
        ("jax", "tasks", "a number of tasks that is divided equally among 2 devices, received 3"),
        ("tensorflow", "devices", "the devices tensorflow sees (cpu:0, cpu:1), received 3"),
        ("tensorflow", "tasks", "`shard` tasks: expected KERAS_BACKEND=jax, received tensorflow"),
        ("tensorflow", "accumulate", "training.accumulate: expected 1 on 2 devices"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(backend, what, message):
    said = outcome(backend)["refusals"][what]
    assert message in said
    assert "\n" not in said


def test_unknown_shard():
    with pytest.raises(ValueError, match="unknown `shard` 'rows'"):
        distribution(2, "rows", tasks=2)


def test_one_device_changes_nothing():
    x = keras.ops.ones(2)
    with distribution(1, tasks=3):
        assert replicas() == 1
        assert keras.distribution.distribution() is None
        for function in (sum_over_replicas, level_over_replicas, once_over_replicas):
            assert function(x) is x
