"""DeepLIFT contributions to tasks, each by the task's own network where that takes less."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import keras
import numpy as np

from chrominterpret.engine.batches import TARGETS_AT_ONCE
from chrominterpret.methods.deep_lift_shap import DeepLiftShap
from chromkeras.model_file.open_model import OpenModel
from chromkeras.model_report.explained import explained_network
from chromkeras.model_report.network_inputs import Inputs, attributed_input, feed
from chromkeras.sharing.model_layers import layer_table, model_plan
from chromkeras.sharing.one_task import TaskNetworks, task_networks


def task_contributions(
    models: Sequence[OpenModel], inputs: Inputs, tasks: Sequence[str], *, references: int, seed: int
) -> list[np.ndarray]:
    """Return the contributions of the observed bases to the output of each task, by model.

    Parameters
    ----------
    models
        Models of one plan for T tasks, such as a trained one and an untrained copy, whose networks
        have one output a task as ``explained_network`` makes them. One network is compiled.
    inputs
        By name, (n, ...); contributions are of the one-hot "dna" (n, length, 4).
    tasks
        K of the models' tasks.
    references
        Dinucleotide shuffles of each sequence.
    seed
        Seed of the shuffles.

    Returns
    -------
    list of np.ndarray
        Of each model, shape (K, n, length), float32.

    Notes
    -----
    DeepLIFT passes the model forward once for some targets and backward once for each of them,
    through the networks of all tasks. Where the tasks share little, a task's own network, which is
    passed both ways for each, is so much smaller that it takes less. Both ways give the same.
    """
    network = models[0].network
    apart = takes_less_apart(network, len(tasks))
    method = DeepLiftShap(
        targets=[0] if apart else list(tasks),
        task_names=None if apart else models[0].tasks,
        wrt=attributed_input(network),
        n_references=references,
        seed=seed,
        hypothetical=False,
        integrate=True,  # layers of someone else's that have no rule
    )
    networks = _apart(models, tasks) if apart else _whole(models)
    found = [method(one, feed(one, inputs)).attributions.sum(axis=-1) for one in networks]
    return np.split(np.concatenate(found), len(models))


def takes_less_apart(network: keras.Model, targets: int) -> bool:
    """Return whether DeepLIFT of each task's own network is less work than of all at once.

    Parameters
    ----------
    network
        Network of our layers.
    targets
        Number of tasks K that are explained.

    Notes
    -----
    Work is counted in numbers that the layers put out: of the whole network one pass forward for
    eight targets and one backward for each, of a task's own both for each.
    """
    table = layer_table(network)
    sizes = [
        (math.prod(n for n in network.get_layer(entry.name).output.shape if n), entry.mode)
        for entry in table
    ]
    whole = sum(size for size, _ in sizes)
    own = sum(size / table.networks(mode) for size, mode in sizes)
    return 2 * targets * own < (math.ceil(targets / TARGETS_AT_ONCE) + targets) * whole


def _apart(models: Sequence[OpenModel], tasks: Sequence[str]) -> Iterator[keras.Model]:
    """Give one small network, with the weights of each task of each model in turn."""
    networks = _cut(models[0])
    network = explained_network(networks.network)
    for model in models:
        own = networks.of(model.network)
        for task in tasks:
            own.take(task)
            yield network


def _whole(models: Sequence[OpenModel]) -> Iterator[keras.Model]:
    """Give the last model's network, with the weights of each model in turn, its own at last."""
    network = models[-1].network
    # by name; in files of earlier versions layers without weights have other names
    own = [(layer, layer.get_weights()) for layer in network.layers if layer.weights]
    try:
        for model in models[:-1]:
            for layer, _ in own:
                layer.set_weights(model.network.get_layer(layer.name).get_weights())
            yield network
    finally:
        for layer, weights in own:
            layer.set_weights(weights)
    yield network


def _cut(model: OpenModel) -> TaskNetworks:
    plan = model_plan(model.network)
    training = replace(plan.recipe.training, precision="float32")  # as in the model's file
    return task_networks(
        model.network, replace(plan, recipe=replace(plan.recipe, training=training))
    )
