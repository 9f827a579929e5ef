"""The folder of a run: what is done of it, and damaged files."""

import json

import numpy as np
import pytest

from chromkeras.cross_validation.folds import make_folds
from chromkeras.cross_validation.state import open_state
from chromkeras.errors import InputError
from chromkeras.problems.binary import PROBLEM


@pytest.fixture
def opened(grouped_dataset, short_recipe, tmp_path):
    """Return a function that opens the state of a run of three folds, and its folds."""

    def make(resume=False, seed=0):
        dataset = grouped_dataset()
        folds = make_folds(dataset, 3, seed=seed)
        state = open_state(
            tmp_path / "cv", dataset, short_recipe(), folds, seed=seed, resume=resume
        )
        return state, folds

    return make


def test_outputs_of_a_fold_come_back(opened):
    state, folds = opened()
    assert state.outputs(folds) == {}
    rng = np.random.default_rng(0)
    outputs = {i: rng.normal(size=(len(folds.rows(i)), 3)).astype("f4") for i in (3, 1)}
    state.write_outputs(outputs, folds, PROBLEM, "identity")
    assert state.outputs(folds) == {}  # without its model a fold is not done
    for fold in (1, 3):
        state.model(fold).write_text("x")
    state, folds = opened(resume=True)
    found = state.outputs(folds)
    assert found.keys() == {1, 3}
    for fold, values in found.items():
        np.testing.assert_array_equal(values, outputs[fold])
    with np.load(state.folder / "out_of_fold.npz") as file:
        np.testing.assert_allclose(
            file["predictions"], 1 / (1 + np.exp(-file["outputs"])), atol=1e-6
        )
    others = opened(seed=1)[1]
    state.write_outputs(outputs, folds, PROBLEM, "identity")
    with pytest.raises(InputError, match="holds other rows than those of fold 1"):
        state.outputs(others)


def test_a_run_without_a_summary_starts(opened, tmp_path):
    state, _ = opened(resume=True)
    summary = json.loads((tmp_path / "cv" / "crossval.json").read_text())
    assert summary == state.settings
    assert summary["folds"] == 3


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"folds": 3}'])
def test_damaged_summaries(text, opened, tmp_path):
    opened()
    (tmp_path / "cv" / "crossval.json").write_bytes(text)
    with pytest.raises(InputError, match=r"crossval\.json"):
        opened(resume=True)
    opened()  # a new run may begin


def test_damaged_predictions(opened):
    state, folds = opened()
    (state.folder / "out_of_fold.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(InputError, match=r"predictions .* is damaged"):
        state.outputs(folds)
