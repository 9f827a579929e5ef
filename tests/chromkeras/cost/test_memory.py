import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chromkeras.cost.dry_run import untrained_model
from chromkeras.cost.memory import PREDICTION, prediction_batch, training_memory
from chromkeras.recipe.reading import make_recipe

SCRIPT = Path(__file__).parents[3] / "scripts" / "benchmarks" / "memory.py"
POSTER_HEAD = 1401 * 1000 + 1001 * 1000 + 1001


def estimate(plan, tasks=1, size="poster", **training):
    values = {f"training.{key}": value for key, value in training.items()}
    recipe = make_recipe(plan, size=size, values=values)
    model = untrained_model(
        recipe, [f"task{i}" for i in range(tasks)], {"dna": (600, 4)}, problem="binary"
    )
    return training_memory(model, recipe.training, program=10**9, validated=10**6)


@pytest.mark.backend
def test_weights_and_what_the_optimizer_keeps():
    trained = 4 * (962_800 + 1_400 + 3 * POSTER_HEAD)
    for optimizer, slots in {"adam": 2, "rmsprop": 1, "sgd": 0}.items():
        memory = estimate("hard", 3, optimizer=optimizer)
        assert memory.slots == slots * trained
        assert memory.weights == pytest.approx(trained, rel=1e-3)
        assert memory.accumulators == 0
    assert estimate("hard", 3, accumulate=4).accumulators == trained


@pytest.mark.backend
def test_activations_go_with_the_batch_and_only_soft_has_a_penalty():
    small, large = (estimate("soft", 2, batch_size=n) for n in (16, 64))
    assert large.activations == 4 * small.activations
    assert large.penalty == small.penalty > 2 * 4 * 962_800
    assert estimate("single", 2).penalty == 0


@pytest.mark.backend
def test_the_peak_is_all_that_stays_and_the_larger_phase():
    memory = estimate("hard", 3)
    stays = memory.program + memory.working + memory.weights + memory.slots + memory.best
    assert memory.peak == stays + max(memory.step, memory.prediction)
    assert memory.peak > 10**9


@pytest.mark.backend
def test_predictions_stay_small():
    narrow = untrained_model(
        make_recipe("hard", size="small"), ["a"], {"dna": (300, 4)}, problem="binary"
    )
    assert prediction_batch(narrow) == 256
    wide = untrained_model(
        make_recipe("soft"), [f"task{i}" for i in range(164)], {"dna": (600, 4)}, problem="binary"
    )
    assert prediction_batch(wide) == 2
    memory = estimate("soft", 164)
    assert memory.prediction <= PREDICTION
    assert memory.peak > 15e9


@pytest.mark.slow
@pytest.mark.parametrize("case", [{"plan": "hard", "tasks": 8, "accumulate": 1}])
def test_a_real_run_takes_the_estimated_memory(case):
    """Slow: trains in a process of its own, whose memory is the machine's affair."""
    case |= {"size": "small", "batch": 32, "precision": "float32", "optimizer": "adam"}
    done = subprocess.run(
        [sys.executable, SCRIPT, "--case", json.dumps(case)],
        capture_output=True, text=True, check=False, timeout=300,
        env=dict(os.environ) | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert 0.75 < result["estimate"] / result["measured"] < 1.25
