import keras
import numpy as np
import pytest

from chromkeras.sharing.builder import build_model
from chromkeras.sharing.one_task import task_networks
from chromkeras.sharing.plan import resolve_plan

pytestmark = pytest.mark.backend


@pytest.mark.parametrize(
    "settings", [(), ("sharing.depth=3", "sharing.grouped=9", "sharing.groups=task1;task0,task2")]
)
def test_a_task_s_network_predicts_what_the_model_does(settings, plan, tiny_dataset, tiny_recipe):
    dataset = tiny_dataset(rows=6)
    recipe = tiny_recipe("hard" if settings else plan, *settings)
    keras.utils.set_random_seed(3)
    whole = resolve_plan(recipe, dataset.tasks, {"dna": (300, 4)}, problem="binary")
    model = build_model(whole)
    networks, x = task_networks(model, whole), dataset.one_hot(np.arange(6))
    expected = keras.ops.convert_to_numpy(model(x))
    for place in (2, 0, 1):
        networks.take(dataset.tasks[place])
        found = keras.ops.convert_to_numpy(networks.network(x))
        np.testing.assert_allclose(found[:, 0], expected[:, place], atol=1e-5)
