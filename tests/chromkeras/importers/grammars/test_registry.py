from dataclasses import replace

import numpy as np
import pytest

from chromkeras.data.hdf5 import load_dataset, save_dataset
from chromkeras.importers.grammars.registry import grammar, grammar_names, with_defaults
from chromkeras.importers.simulate import causal_instances, motif_sets, simulate
from chromkeras.importers.simulation import Simulation

SMALL = {"sequences": 800}


@pytest.fixture(scope="module", params=grammar_names())
def dataset(request):
    return simulate(with_defaults(request.param, **SMALL))


def test_all_grammars_are_there():
    assert grammar_names() == ("bounded_spacing", "density", "fixed_spacing", "pair", "presence")


def test_the_default_is_presence():
    assert with_defaults("presence", seed=4) == Simulation(seed=4)


def test_rates_are_those_asked_for(dataset):
    elements = dataset.labels[dataset.kind == "element"] == 1
    np.testing.assert_allclose(elements.mean(axis=0), 0.4, atol=0.08)
    assert not (dataset.labels[dataset.kind == "background"] == 1).any()


def test_a_row_is_open_where_it_holds_a_causal_instance_and_only_there(dataset):
    held = np.zeros(dataset.labels.shape, bool)
    np.logical_or.at(held, dataset.truth.row, dataset.truth.causal)
    np.testing.assert_array_equal(held, dataset.labels == 1)


def test_every_task_has_a_set_of_two_and_no_two_the_same(dataset):
    sets = list(motif_sets(dataset).values())
    assert {len(s) for s in sets} == {2}
    assert len(set(sets)) == len(sets) == 4


def test_instances_lie_in_order_and_apart(dataset):
    truth = dataset.truth
    same = truth.row[1:] == truth.row[:-1]
    assert (np.diff(truth.row) >= 0).all()
    assert (truth.start[1:] >= truth.end[:-1])[same].all()
    assert set(truth.strand) == {-1, 1}


def test_truth_survives_the_file_and_follows_the_tasks(dataset, tmp_path):
    save_dataset(dataset, tmp_path / "sim.h5")
    back = load_dataset(tmp_path / "sim.h5")
    np.testing.assert_array_equal(back.truth.causal, dataset.truth.causal)
    some = back.select_tasks(["cell_3", "cell_1"])
    np.testing.assert_array_equal(causal_instances(some), dataset.truth.causal[:, [2, 0]])
    sets = motif_sets(dataset)
    assert motif_sets(some) == {task: sets[task] for task in ("cell_3", "cell_1")}


def test_causal_columns_are_tasks(dataset):
    with pytest.raises(ValueError, match=r"expected causal of shape \(\d+, 4\)"):
        replace(dataset, truth=dataset.truth.select_tasks([0]))


@pytest.mark.parametrize("name", grammar_names())
def test_same_seed_same_data(name):
    few = with_defaults(name, sequences=100)
    assert simulate(few).fingerprint == simulate(few).fingerprint
    assert simulate(few).fingerprint != simulate(replace(few, seed=1)).fingerprint


@pytest.mark.parametrize("name", grammar_names())
def test_given_settings_win_over_defaults(name):
    settings = with_defaults(name, copies=(4, 4), span=None, length=130)
    assert (settings.copies, settings.span, settings.length) == ((4, 4), 130, 130)


def test_unknown_grammars_are_refused():
    with pytest.raises(ValueError, match="unknown grammar 'pairs'; did you mean pair"):
        grammar("pairs")
    with pytest.raises(ValueError, match="unknown grammar 'registry'"):
        with_defaults("registry")


@pytest.mark.parametrize("name", ["presence", "density", "pair"])
def test_a_spacing_is_refused_where_there_is_none(name):
    message = f"'{name}' has no spacing; .* one of bounded_spacing, fixed_spacing"
    with pytest.raises(ValueError, match=message):
        simulate(with_defaults(name, spacing=(5, 5)))


def test_a_spacing_grows():
    with pytest.raises(ValueError, match="0 <= least <= most, received 9-4"):
        with_defaults("bounded_spacing", spacing=(9, 4))
