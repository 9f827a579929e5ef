"""Every choice of a recipe that is no module has its place in the table that carries it out."""

import pytest

from chromkeras.backend.precision import POLICIES
from chromkeras.optimizers.optimizers import OPTIMIZERS, RATE_SCHEDULES
from chromkeras.recipe import choices
from chromkeras.recipe.reading import recipe_choices
from chromkeras.sharing.builder import RECURRENT_CELLS, WEIGHTINGS
from chromkeras.sharing.outline import CELLS
from chromkeras.sharing.plan import OWN_VALUES
from chromkeras.training.penalty import SHARES

TABLES = {
    "sharing.schedule": SHARES,
    "balance.weighting": WEIGHTINGS,
    "training.optimizer": OPTIMIZERS,
    "training.schedule": RATE_SCHEDULES,
    "training.precision": POLICIES,
}


@pytest.mark.parametrize("key", TABLES)
def test_a_table_has_every_choice_and_no_more(key):
    assert set(recipe_choices(key)) == set(TABLES[key])


def test_every_plan_has_its_own_depth():
    assert set(choices.PLANS) == set(OWN_VALUES)


def test_every_recurrent_cell_has_its_layer():
    assert set(CELLS) == set(RECURRENT_CELLS)
