import json
from pathlib import Path
from random import Random
from types import ModuleType

import keras
import numpy as np
import pytest

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.model_file.beside import checkpoint_path
from chromkeras.model_file.open_model import open_model
from chromkeras.recipe.recipe import Recipe
from chromkeras.training.checkpoint import load_checkpoint
from chromkeras.training.train import train


class StopInTheSecondEpoch(keras.callbacks.Callback):
    epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (1, 1):
            raise KeyboardInterrupt


@pytest.fixture
def recipe(tiny_recipe) -> Recipe:
    """Three batches an epoch and two in an update."""
    settings = ("training.epochs=3", "training.batch_size=16", "training.accumulate=2")
    return tiny_recipe("hard", *settings)


@pytest.fixture
def broken(tiny_dataset, recipe, tmp_path, monkeypatch) -> Path:
    """The model file that a run would have written that was stopped in its second epoch."""
    with monkeypatch.context() as patch:
        patch.setattr("chromkeras.training.run.StopOnDivergence", StopInTheSecondEpoch)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_dataset(), recipe, tmp_path / "broken.keras")
    return tmp_path / "broken.keras"


@pytest.mark.slow
def test_half_an_update_is_taken_up_where_it_was(tiny_dataset, recipe, broken, tmp_path):
    """The first epoch ends amid an update."""
    whole = train(tiny_dataset(), recipe, tmp_path / "whole.keras")
    resumed = train(tiny_dataset(), recipe, broken, resume=True)
    assert [row["loss"] for row in resumed.rows] == [row["loss"] for row in whole.rows]
    pairs = zip(
        *(open_model(run.model).network.get_weights() for run in (whole, resumed)), strict=True
    )
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


def test_a_state_of_the_first_version_is_taken_up(tiny_dataset, recipe, broken, tmp_path):
    """It called the scores of the tasks by another name, and knew fewer keys of the recipe."""
    path = checkpoint_path(broken)
    with np.load(path) as file:
        scores, facts = file["best_task_score"], json.loads(str(file["facts"]))
    del facts["recipe"]["architecture"]["name"]
    rewritten(path, best_task_score=None, best_task_auroc=scores, facts=np.array(json.dumps(facts)))
    whole = train(tiny_dataset(), recipe, tmp_path / "whole.keras")
    resumed = train(tiny_dataset(), recipe, broken, resume=True)
    assert [row["loss"] for row in resumed.rows] == [row["loss"] for row in whole.rows]


def rewritten(path: Path, **changed: np.ndarray | None) -> None:
    """Write a state again with some arrays in the place of others; None leaves one out."""
    with np.load(path) as file:
        arrays = dict(file)
    arrays |= changed
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def changed_facts(path: Path, **changed: object) -> np.ndarray:
    with np.load(path) as file:
        return np.array(json.dumps(json.loads(str(file["facts"])) | changed))


def test_states_of_other_runs_and_damaged_ones(tiny_dataset: Dataset, recipe, broken):
    dataset, path = tiny_dataset(), checkpoint_path(broken)
    good = path.read_bytes()
    with np.load(path) as file:
        arrays = dict(file)
    last = f"variable_{sum(name.startswith('variable_') for name in arrays) - 1}"
    cases = [
        ({"variable_0": None}, r"expected members facts\.npy, .*… without variable_"),
        ({"variable_0": np.zeros(3)}, "variables: expected .* of shape"),
        ({last: None}, r"variables: expected \d+, received \d+"),
        ({"best_score": np.zeros(2)}, "best scores: expected 3, received 3, of shape"),
        ({"best_score": np.zeros(1, int)}, "best_score: expected numbers of kind f"),
        ({"best_weight_0": np.zeros(3)}, "best weights: expected"),
        ({"facts": np.array("{}")}, "facts: expected recipe, fingerprint, epochs, history"),
        ({"facts": np.array("[")}, "facts: expected JSON"),
        ({"facts": changed_facts(path, epochs="2")}, "epochs: expected a whole number"),
        ({"facts": changed_facts(path, epochs=0)}, "epochs: expected a whole number"),
        ({"facts": changed_facts(path, history=[])}, "history: expected a list of 1 to"),
        ({"facts": changed_facts(path, history=[{"a": "b"}])}, "history: expected a number"),
        ({"facts": changed_facts(path, history=[{"a": 1}, {"b": 1}])}, "history: expected a"),
        ({"facts": changed_facts(path, recipe={})}, "recipe: expected plan"),
        ({"facts": changed_facts(path, recipe={"plan": "hard"})}, r"batch_size was \d+, now 16"),
        ({"facts": changed_facts(path, recipe={"plan": "all"})}, "unknown plan 'all'"),
        ({"facts": changed_facts(path, fingerprint="\x1b[2J")}, r"belongs to data \\x1b\[2J"),
    ]
    for changes, message in cases:
        rewritten(path, **changes)
        with pytest.raises(InputError, match=message) as caught:
            train(dataset, recipe, broken, resume=True)
        assert str(caught.value).endswith("train without resume")
        path.write_bytes(good)


@pytest.mark.slow
def test_hostile_states(tiny_dataset, recipe, broken, mutations: ModuleType, traps):
    path, fingerprint = checkpoint_path(broken), tiny_dataset().fingerprint
    good = path.read_bytes()
    refused = 0
    for seed in range(150):
        random = Random(seed)
        path.write_bytes(random.choice(mutations.NUMPY)(random, good, traps))
        line = mutations.refusal(load_checkpoint, path, recipe, fingerprint)
        assert line.isprintable()
        refused += bool(line)
    assert refused > 100
    assert not Path(traps.canary).exists()
