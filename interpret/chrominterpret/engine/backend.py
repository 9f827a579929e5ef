"""The one file that knows TensorFlow, JAX and torch: gradients with respect to an input."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

Function = Callable[..., tuple[Any, Any]]
Compiled = Callable[..., tuple[np.ndarray, np.ndarray, np.ndarray]]


def compile_gradient(function: Function, variables: Sequence[Any] = ()) -> Compiled:
    """Compile the gradients of weighted sums of a function's outputs.

    Parameters
    ----------
    function
        ``function(z, *others)`` on tensors returns ``(outputs, extra)``: outputs (rows, T), of
        which row i depends on ``z[i]`` alone, and any tensor that is handed back as it is.
    variables
        Keras variables that the function reads. Their values are read at each call.

    Returns
    -------
    callable
        ``compiled(z, weights, *others)`` on float32 arrays, weights (K, T), (K, 1, T) or
        (K, rows, T), returns the arrays ``outputs`` (rows, T), ``extra`` and ``gradients``
        (K, *z.shape), where ``gradients[k]`` is the gradient of ``sum(outputs * weights[k])``.
        Calls with equal shapes compile once.
    """
    return _BACKENDS[keras.backend.backend()](function, list(variables))


def compile_forward(
    function: Callable[..., Any], variables: Sequence[Any] = ()
) -> Callable[..., np.ndarray]:
    """Compile a function of tensors at full precision, without gradients.

    Parameters
    ----------
    function
        On tensors, returns a tensor.
    variables
        Keras variables that the function reads. Their values are read at each call.

    Returns
    -------
    callable
        The function on arrays, of float32 or int32, or on tensors of the backend, which are taken
        as they are. Calls with equal shapes compile once.
    """
    return _FORWARD[keras.backend.backend()](function, list(variables))


def run_once(
    function: Callable[..., Any], arrays: Sequence[np.ndarray], variables: Sequence[Any] = ()
) -> np.ndarray:
    """Run a function of tensors once, at full precision.

    As `compile_forward`, but TensorFlow compiles nothing, which takes longer than a single run; to
    JAX each operation alone would be a program of its own.
    """
    if keras.backend.backend() != "tensorflow":
        return compile_forward(function, variables)(*arrays)
    tensors = [keras.ops.convert_to_tensor(_float_or_integer(array)) for array in arrays]
    with _full_precision():
        return keras.ops.convert_to_numpy(function(*tensors))


def _tensorflow(function: Function, variables: list[Any]) -> Compiled:
    import tensorflow as tf

    @tf.function(autograph=False)
    def step(z: Any, weights: Any, *others: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(z)
            with keras.StatelessScope():
                outputs, extra = function(z, *others)

        def gradient(w: Any) -> Any:
            seed = tf.broadcast_to(w, tf.shape(outputs))
            return tape.gradient(outputs, z, seed, unconnected_gradients=none)

        # A loop of the backend's, which traces the way back once and not for every target.
        none = tf.UnconnectedGradients.ZERO
        return outputs, extra, tf.map_fn(gradient, weights, parallel_iterations=1)

    def compiled(*arrays: np.ndarray) -> Any:
        tensors = [tf.constant(_float(a)) for a in arrays]
        with _full_precision():
            # A concrete function, because a plain call logs warnings of retracing in later jobs.
            results = step.get_concrete_function(*tensors)(*tensors)
        return tuple(result.numpy() for result in results)

    return compiled


def _tensorflow_forward(function: Callable[..., Any], variables: list[Any]) -> Any:
    import tensorflow as tf

    @tf.function(autograph=False)
    def step(*tensors: Any) -> Any:
        with keras.StatelessScope():
            return function(*tensors)

    def compiled(*arrays: np.ndarray) -> Any:
        tensors = [a if tf.is_tensor(a) else tf.constant(_float_or_integer(a)) for a in arrays]
        with _full_precision():
            return step.get_concrete_function(*tensors)(*tensors).numpy()

    return compiled


@contextmanager
def _full_precision() -> Iterator[None]:
    import tensorflow as tf

    config = tf.config.experimental
    before = config.tensor_float_32_execution_enabled()
    config.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        config.enable_tensor_float_32_execution(before)


def _jax(function: Function, variables: list[Any]) -> Compiled:
    import jax
    import jax.numpy as jnp

    @jax.jit
    def step(values: Any, z: Any, weights: Any, *others: Any) -> Any:
        def pure(z: Any) -> tuple[Any, Any]:
            with keras.StatelessScope(list(zip(variables, values, strict=True))):
                return function(z, *others)

        outputs, backward, extra = jax.vjp(pure, z, has_aux=True)

        def gradient(w: Any) -> Any:
            return backward(jnp.broadcast_to(w, outputs.shape).astype(outputs.dtype))[0]

        return outputs, extra, jax.lax.map(gradient, weights)

    def compiled(*arrays: np.ndarray) -> Any:
        with jax.default_matmul_precision("float32"):
            results = step([v.value for v in variables], *map(_float, arrays))
        return tuple(np.asarray(result) for result in results)

    return compiled


def _jax_forward(function: Callable[..., Any], variables: list[Any]) -> Any:
    import jax

    @jax.jit
    def step(values: Any, *tensors: Any) -> Any:
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return function(*tensors)

    def compiled(*arrays: np.ndarray) -> Any:
        with jax.default_matmul_precision("float32"):
            given = [a if isinstance(a, jax.Array) else _float_or_integer(a) for a in arrays]
            return np.asarray(step([v.value for v in variables], *given))

    return compiled


def _torch(function: Function, variables: list[Any]) -> Compiled:
    import torch  # type: ignore[import-not-found,unused-ignore]

    def compiled(*arrays: np.ndarray) -> Any:
        z, weights, *others = (keras.ops.convert_to_tensor(_float(a)) for a in arrays)
        z = z.detach().requires_grad_(True)
        with torch.enable_grad(), torch.backends.cudnn.flags(allow_tf32=False):
            with keras.StatelessScope():
                outputs, extra = function(z, *others)
            outputs = outputs + 0 * z.sum()  # which an output without a gradient needs
            gradients = [
                torch.autograd.grad(outputs, z, w.expand_as(outputs), retain_graph=True)[0]
                for w in weights
            ]
        results = (outputs, extra, torch.stack(gradients))
        return tuple(result.detach().cpu().numpy() for result in results)

    return compiled


def _torch_forward(function: Callable[..., Any], variables: list[Any]) -> Any:
    import torch  # type: ignore[import-not-found,unused-ignore]

    def compiled(*arrays: np.ndarray) -> Any:
        tensors = [
            a if torch.is_tensor(a) else keras.ops.convert_to_tensor(_float_or_integer(a))
            for a in arrays
        ]
        with torch.no_grad(), torch.backends.cudnn.flags(allow_tf32=False), keras.StatelessScope():
            return function(*tensors).cpu().numpy()

    return compiled


def _float(array: np.ndarray) -> np.ndarray:
    return np.asarray(array, np.float32)


def _float_or_integer(array: np.ndarray) -> np.ndarray:
    whole = np.issubdtype(np.asarray(array).dtype, np.integer)
    return np.asarray(array, np.int32 if whole else np.float32)


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
_FORWARD = {"tensorflow": _tensorflow_forward, "jax": _jax_forward, "torch": _torch_forward}
