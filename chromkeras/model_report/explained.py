"""The network that attributions explain: one number for each task."""

import keras
import numpy as np


def explained_network(network: keras.Model) -> keras.Model:
    """Return a network of one output a task, which attributions and influences are of.

    Outputs (batch, T) are explained as they are. Of C classes, outputs (batch, T, C), it is the
    mean logit of the classes that are not the first, less the logit of the first.

    Parameters
    ----------
    network
        From its inputs to (batch, T) or (batch, T, C).

    Returns
    -------
    keras.Model
        From the same inputs to (batch, T); it shares the layers of ``network``.
    """
    if len(network.output_shape) == 2:
        return network
    tasks, classes = network.output_shape[1:]
    contrast = keras.layers.Dense(1, use_bias=False, trainable=False, name="class_contrast")
    values = keras.layers.Reshape((tasks,), name="contrasts")(contrast(network.output))
    weights = np.full((classes, 1), 1 / (classes - 1), np.float32)
    weights[0] = -1.0
    contrast.set_weights([weights])
    return keras.Model(network.inputs, values, name=network.name)
