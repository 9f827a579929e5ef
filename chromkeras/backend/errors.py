"""Errors of the backends that are none of Python's own."""

import keras


def backend_errors() -> tuple[type[Exception], ...]:
    """Return the errors that operations of the current backend raise beside Python's own.

    JAX and torch raise ``RuntimeError``, ``TypeError`` and ``ValueError``, as Keras does.
    """
    if keras.backend.backend() != "tensorflow":
        return ()
    import tensorflow as tf

    return (tf.errors.OpError,)
