"""The network of an ensemble: the mean of its members' outputs."""

from collections.abc import Sequence

import keras


def mean_network(networks: Sequence[keras.Model]) -> keras.Model:
    """Return a network whose outputs are the mean of the outputs of several.

    Parameters
    ----------
    networks
        Two or more, of equal inputs by name, and of outputs (batch, T) or (batch, T, C). They
        become layers of the new one and share their weights with it; each is renamed by its place.

    Returns
    -------
    keras.Model
        From the same inputs by name to outputs of the same shape.
    """
    inputs = {
        tensor.name: keras.Input(tensor.shape[1:], name=tensor.name, dtype=tensor.dtype)
        for tensor in networks[0].inputs
    }
    outputs = []
    for place, network in enumerate(networks, 1):
        network.name = f"member_{place}"
        given = [inputs[tensor.name] for tensor in network.inputs]
        outputs.append(network(keras.tree.pack_sequence_as(network.input, given)))
    mean = keras.layers.Average(name="mean")(outputs)
    return keras.Model(keras.tree.pack_sequence_as(networks[0].input, [*inputs.values()]), mean)
