"""Train as one of N processes by JAX's runtime, and say what came of it on the last line.

Not a test: tests/chromkeras/backend/test_hosts.py starts it. Arguments: the folder, and the hosts,
whose training is stopped after two epochs and goes on; or nothing, for one that is not.
"""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

os.environ["KERAS_BACKEND"] = "jax"

import numpy as np

from chromkeras.backend.hosts import check_alike, is_first, process_number
from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.errors import InputError
from chromkeras.model_file.open_model import open_model
from chromkeras.recipe.reading import make_recipe
from chromkeras.training.divergence import StopOnDivergence
from chromkeras.training.train import train

SETTINGS = (
    "architecture.filters=[5, 4]", "architecture.widths=[5, 3]", "architecture.pools=[3, 3]",
    "architecture.dense=[6]", "training.batch_size=16", "training.schedule=constant",
    "training.epochs=4", "training.optimizer=sgd", "training.learning_rate=0.05",
    "sharing.strength=0.1",
)  # fmt: skip


class StoppedError(Exception):
    """The run was stopped."""


def dataset() -> Dataset:
    """Random sequences with two tasks."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (60, 40)).astype(np.uint8)
    labels = rng.integers(0, 2, (60, 2)).astype(np.int8)
    split = np.where(np.arange(60) < 37, "train", "valid")
    return Dataset({"dna": PackedSequences.from_codes(codes)}, labels, ("a", "b"), split)


def stop(_callback, epoch, logs=None):
    """Stop where the third epoch begins."""
    if epoch == 2:
        raise StoppedError


def other_text():
    """Return what is said where processes were given different things."""
    try:
        check_alike(str(process_number()))
    except InputError as error:
        return str(error)
    return ""


def main(folder, hosts=None):
    """Train, save the weights in the first process, and print history and scores."""
    out, recipe = Path(folder) / "model.keras", make_recipe("soft", settings=SETTINGS)
    if hosts:
        with patch.object(StopOnDivergence, "on_epoch_begin", stop), suppress(StoppedError):
            train(dataset(), recipe, out, hosts=hosts)
    result = train(dataset(), recipe, out, hosts=hosts, resume=bool(hosts))
    if is_first():
        np.savez(Path(folder) / "weights.npz", *open_model(out).network.get_weights())
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in result.rows]
    print(json.dumps({"rows": rows, "scores": result.scores, "refused": other_text()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
