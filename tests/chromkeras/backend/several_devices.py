"""Train on one and on two virtual CPU devices; print as JSON how far the results are apart.

Not a test: tests/chromkeras/backend/test_devices.py starts it, as a backend counts its devices
once.
"""

import json
import os
import sys

BACKEND = sys.argv[1]
os.environ |= {"KERAS_BACKEND": BACKEND, "TF_CPP_MIN_LOG_LEVEL": "3"}
TWO_DEVICES = "--xla_force_host_platform_device_count=2"
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {TWO_DEVICES}"
if BACKEND == "tensorflow":
    import tensorflow as tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

import keras  # noqa: E402
import numpy as np  # noqa: E402

from chromkeras.backend.devices import distribution  # noqa: E402
from chromkeras.backend.operations import compile_model  # noqa: E402
from chromkeras.data.batches import Batches  # noqa: E402
from chromkeras.data.dataset import Dataset  # noqa: E402
from chromkeras.data.known import from_flagged  # noqa: E402
from chromkeras.data.packed import PackedSequences  # noqa: E402
from chromkeras.data.sharded import sharded  # noqa: E402
from chromkeras.evaluation.predict import predict_logits  # noqa: E402
from chromkeras.losses.task_loss import TaskLoss  # noqa: E402
from chromkeras.optimizers.optimizers import make_optimizer  # noqa: E402
from chromkeras.recipe.reading import make_recipe  # noqa: E402
from chromkeras.sharing.builder import build_model  # noqa: E402
from chromkeras.sharing.freezing import freeze_layers, frozen_layers  # noqa: E402
from chromkeras.sharing.plan import resolve_plan  # noqa: E402

NETWORK = (
    "architecture.filters=[5, 4]", "architecture.widths=[5, 3]", "architecture.pools=[3, 3]",
    "architecture.dense=[6]", "architecture.dropout=0.0", "training.batch_size=32",
    "training.epochs=3", "training.schedule=constant", "sharing.strength=0.1",
)  # fmt: skip
SGD = ("training.optimizer=sgd", "training.learning_rate=0.1")
SMALL = ("training.batch_size=8", "training.epochs=2", "training.weight_decay=0.01")
TASKS, LENGTH = 2, 40


def dataset(rows):
    """Random sequences and labels, a third of them unknown."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (rows, LENGTH)).astype(np.uint8)
    labels, known = from_flagged(rng.integers(-1, 2, (rows, TASKS)).astype(np.int8))
    names = tuple(f"task{i}" for i in range(TASKS))
    return Dataset(
        {"dna": PackedSequences.from_codes(codes)}, labels, names, np.full(rows, "train"), known
    )


def train(recipe, data, count=1, shard="data"):
    """Return the model's weights before and after, its logged losses, predictions and itself."""
    keras.utils.set_random_seed(0)
    rows = data.rows("train")
    with distribution(count, shard, tasks=TASKS):
        batches = Batches(data, rows, batch_size=recipe.training.batch_size, seed=0, shift=2)
        model = build_model(
            resolve_plan(recipe, data.tasks, {"dna": (LENGTH, 4)}, problem="binary")
        )
        freeze_layers(model, frozen_layers(recipe))
        before = model.get_weights()
        optimizer = make_optimizer(recipe.training, len(batches))
        compile_model(model, optimizer, TaskLoss(positive_fraction=[0.3, 0.4]))
        epochs = recipe.training.epochs
        history = model.fit(sharded(batches), epochs=epochs, shuffle=False, verbose=0)
        logits = predict_logits(model, data, rows[:5], batch_size=5)
    return before, model.get_weights(), history.history["loss"], [logits], model


def apart(one, other):
    """Return the greatest difference between two lists of arrays."""
    return max(float(np.abs(np.subtract(a, b)).max()) for a, b in zip(one, other, strict=True))


def compare(plan, *settings, rows=21, shard="data"):
    """Return how far two devices, which shard ``shard``, are from one."""
    recipe, data = make_recipe(plan, settings=(*NETWORK, *settings)), dataset(rows)
    before, weights, losses, logits, _ = train(recipe, data)
    _, *other, model = train(recipe, data, 2, shard)
    result = {"moved": apart(before, weights)}
    pairs = zip(("weights", "loss", "logits"), (weights, losses, logits), other, strict=True)
    result |= {name: apart(a, b) for name, a, b in pairs}
    if shard == "tasks":
        kernel = model.get_layer("logits").kernel
        slots = [v for v in model.optimizer.variables if v.shape == kernel.shape]
        result["parts"] = [_part(v) / v.shape[0] for v in (kernel, *slots)]
    return result


def _part(variable):
    """Return how many rows of a variable a device holds."""
    return variable.value.addressable_shards[0].data.shape[0]


def refused(function, *arguments, **options):
    """Return what a function says against its arguments."""
    try:
        function(*arguments, **options)
    except ValueError as error:
        return str(error)
    return ""


def main():
    """Compare the plans, and print the results."""
    several = "tasks" if BACKEND == "jax" else "data"
    results = {
        "hard": compare("hard", *SGD, shard="data"),
        "soft": compare("soft", *SGD, shard=several),
        "adam": compare("hard", *SMALL, rows=17, shard=several),
    }
    refusals = {
        "devices": refused(distribution, 3, tasks=TASKS),
        "tasks": refused(distribution, 2, "tasks", tasks=3),
    }
    if BACKEND == "tensorflow":
        results["frozen batch norm"] = compare("soft", *SGD, "transfer.freeze=5", "sharing.soft=7")
        several = make_recipe("hard", settings=(*NETWORK, "training.accumulate=2"))
        refusals["accumulate"] = refused(train, several, dataset(21), 2)
    print(json.dumps({"results": results, "refusals": refusals}))


if __name__ == "__main__":
    main()
