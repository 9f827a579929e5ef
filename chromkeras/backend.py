"""The only backend-specific code of chromkeras."""

from typing import Any

import keras
from keras import ops


def grouped_convolution(x: Any, kernel: Any, *, padding: str) -> Any:
    """Convolve every task's channels with that task's kernel.

    Keras sends grouped convolution through XLA on TensorFlow, which on a CPU is some fifteen
    times slower than TensorFlow's own grouped ``conv2d``; on other backends a loop over tasks
    is faster than one grouped convolution.

    Parameters
    ----------
    x
        Shape (batch, length, tasks * channels), channels of one task side by side.
    kernel
        Shape (tasks, width, channels, filters).
    padding
        "valid" or "same".

    Returns
    -------
    tensor
        Shape (batch, new length, tasks * filters).
    """
    tasks, width, channels, filters = kernel.shape
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        wide = tf.reshape(tf.transpose(kernel, (1, 2, 0, 3)), (1, width, channels, tasks * filters))
        return tf.nn.conv2d(x[:, None], wide, strides=1, padding=padding.upper())[:, 0]
    parts = ops.split(x, tasks, axis=-1)
    return ops.concatenate(
        [ops.conv(part, kernel[i], padding=padding) for i, part in enumerate(parts)], axis=-1
    )


def compile_options() -> dict[str, Any]:
    """Return what ``Model.compile`` should be told: XLA costs 10-25 % on TensorFlow's CPU."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return {"jit_compile": bool(tf.config.list_physical_devices("GPU"))}
    return {}
