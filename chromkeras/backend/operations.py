"""Operations that depend on the backend, but for several devices (``devices.py``)."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import keras

from chromkeras.backend.devices import prepare, replicas
from chromkeras.errors import InputError


def grouped_conv2d(x: Any, kernel: Any, *, padding: str, dilation_rate: int = 1) -> Any | None:
    """Convolve every task's channels with that task's kernel in one operation.

    Keras sends grouped convolution through XLA on TensorFlow, which is some fifteen times slower
    than TensorFlow's own.

    Parameters
    ----------
    x
        Tensor (batch, length, tasks * channels), channels of one task side by side.
    kernel
        Kernels (tasks, width, channels, filters).
    padding
        "valid" or "same".
    dilation_rate
        Number of positions from one tap of a filter to the next.

    Returns
    -------
    tensor or None
        Activations (batch, new length, tasks * filters); None where a loop over tasks is better.
    """
    if keras.backend.backend() != "tensorflow" or not _grouped_gradients():
        return None
    import tensorflow as tf

    tasks, width, channels, filters = kernel.shape
    wide = tf.reshape(tf.transpose(kernel, (1, 2, 0, 3)), (1, width, channels, tasks * filters))
    # Not x[:, None] and [:, 0]: the gradient of a slice copies all of the activations.
    out = tf.nn.conv2d(
        tf.expand_dims(x, 1),
        wide,
        strides=1,
        padding=padding.upper(),
        dilations=[1, 1, dilation_rate, 1],
    )
    return tf.squeeze(out, 1)


@cache
def _grouped_gradients() -> bool:
    """Return whether TensorFlow has gradients of grouped convolutions here.

    On a CPU only oneDNN has, which TensorFlow leaves out on processors that it finds too old.
    """
    import tensorflow as tf

    # A call may come while a step is traced; out there no tape records, hence the bare operations.
    with tf.init_scope():
        x, kernel, slope = tf.ones((1, 1, 5, 4)), tf.ones((1, 3, 2, 2)), tf.ones((1, 1, 3, 2))
        how = {"out_backprop": slope, "strides": [1, 1, 1, 1], "padding": "VALID"}
        try:
            tf.raw_ops.Conv2DBackpropInput(input_sizes=x.shape, filter=kernel, **how)
            tf.raw_ops.Conv2DBackpropFilter(input=x, filter_sizes=kernel.shape, **how)
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
            return False
    return True


def fewer_products_pay(dtype: Any) -> bool:
    """Return whether fewer products at the price of sums and copies save time.

    So it is in float32 on TensorFlow's CPU; fewer digits would lose too many to the sums.
    """
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    precise = keras.backend.standardize_dtype(dtype) == "float32"
    return precise and not tf.config.list_physical_devices("GPU")


def traced_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of tensors that is traced for its first call and only called in later ones.

    For loops over tasks: TensorFlow's graph of a step then has one call a task and the operations
    of one task, with their gradients, where it would have those of each task.

    Parameters
    ----------
    function
        ``function(*tensors)`` reads no variables.
    """
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    return tf.function(function, autograph=False)


def compile_model(
    model: keras.Model,
    optimizer: Any,
    loss: Any,
    *,
    metrics: Sequence[Any] = (),
    xla: bool | None = None,
) -> None:
    """Compile a model for training.

    The optimizer's variables are made here: TensorFlow traces a step that makes variables twice.

    Parameters
    ----------
    model, optimizer, loss
        Model to compile, its optimizer and its loss.
    metrics
        Metrics that, like the loss, get the sample weights: which labels are known.
    xla
        Whether to use XLA; None leaves it off on TensorFlow's CPU, where it costs 10-25 %, and
        elsewhere leaves it to Keras.
    """
    jit: bool | str = "auto" if xla is None else xla
    if xla is None and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # XLA compiles for one device; MirroredStrategy's step spans several.
        jit = replicas() == 1 and bool(tf.config.list_physical_devices("GPU"))
    prepare(model, optimizer)
    weighted = list(metrics) or None
    model.compile(optimizer=optimizer, loss=loss, weighted_metrics=weighted, jit_compile=jit)
    optimizer.build(model.trainable_variables)


def normalize_batch(x: Any, scale: Any, offset: Any, epsilon: float) -> tuple[Any, Any, Any] | None:
    """Normalise each channel by its batch statistics in one pass, where the backend can.

    Keras's own batch normalisation goes over the activations several times, which costs 6 % of
    a step of stacked networks on a CPU.

    Parameters
    ----------
    x
        Activations (batch, length, channels), float32 or bfloat16; statistics are float32.
    scale, offset
        Shape (channels,), float32.
    epsilon
        Number added to the variance.

    Returns
    -------
    tuple or None
        The output, and mean and (biased) variance of each channel; None where there is no such
        operation, or replicas must share the statistics.
    """
    precise = keras.backend.standardize_dtype(x.dtype) in ("float32", "bfloat16")
    if keras.backend.backend() != "tensorflow" or not precise or replicas() > 1:
        return None
    import tensorflow as tf

    out, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=tf.expand_dims(x, 1),
        scale=scale,
        offset=offset,
        mean=tf.zeros((0,)),
        variance=tf.zeros((0,)),
        epsilon=epsilon,
        is_training=True,
    )
    count = tf.cast(tf.size(x) // x.shape[-1], variance.dtype)
    return tf.squeeze(out, 1), mean, variance * (count - 1.0) / count


def apply_adam(
    variable: Any, momentum: Any, velocity: Any, gradient: Any, *, step: Any, adam: Any, rate: Any
) -> bool:
    """Update a variable by Adam in one pass over its memory, where the backend can.

    Keras's Adam takes some ten passes, which costs 20 % of a step of a hard-shared model with
    16 tasks on a CPU. The arithmetic is the same.

    Parameters
    ----------
    variable, momentum, velocity
        Variables of one shape, float32.
    gradient
        Tensor of the same shape.
    step
        Number of this step, from 1.
    adam
        Optimizer with ``beta_1``, ``beta_2`` and ``epsilon``.
    rate
        Learning rate.

    Returns
    -------
    bool
        Whether the update was made.
    """
    if keras.backend.backend() != "tensorflow" or gradient.dtype != "float32":
        return False
    import tensorflow as tf

    def handle(v: Any) -> Any:
        return (v if isinstance(v, tf.Variable) else v.value).handle

    step = tf.cast(step, tf.float32)
    tf.raw_ops.ResourceApplyAdam(
        var=handle(variable),
        m=handle(momentum),
        v=handle(velocity),
        beta1_power=tf.pow(adam.beta_1, step),
        beta2_power=tf.pow(adam.beta_2, step),
        lr=tf.cast(rate, tf.float32),
        beta1=adam.beta_1,
        beta2=adam.beta_2,
        epsilon=adam.epsilon,
        grad=gradient,
    )
    return True


def compile_weight_gradient(
    function: Callable[..., tuple[Any, Any]], variables: Sequence[Any]
) -> Callable[..., tuple[Any, Any, list[Any]]]:
    """Compile a function's gradient with respect to values that stand in for variables.

    Parameters
    ----------
    function
        ``function(*inputs)`` on tensors reads the variables and returns ``(value, extra)``: a
        tensor of shape (), and any structure of tensors. What it assigns to variables is dropped.
    variables
        Keras variables, among them all that ``function`` reads.

    Returns
    -------
    callable
        ``compiled(values, *inputs)``, with one value a variable, of its shape and float, returns
        ``value``, ``extra`` and a list with the gradient of ``value`` for each of ``values``.

    Raises
    ------
    InputError
        The backend is neither TensorFlow nor JAX.
    """
    own = list(variables)

    def with_values(values: Sequence[Any], inputs: Sequence[Any]) -> tuple[Any, Any]:
        with keras.StatelessScope(list(zip(own, values, strict=True))):
            return function(*inputs)

    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax"):
        raise InputError(f"expected the backend tensorflow or jax, received {backend}")
    return _jax_gradient(with_values) if backend == "jax" else _tensorflow_gradient(with_values)


def _tensorflow_gradient(function: Callable[..., tuple[Any, Any]]) -> Any:
    import tensorflow as tf

    @tf.function(autograph=False)
    def step(values: Any, inputs: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            value, extra = function(values, inputs)
        none = tf.UnconnectedGradients.ZERO
        return value, extra, tape.gradient(value, values, unconnected_gradients=none)

    def compiled(values: Any, *inputs: Any) -> Any:
        tensors = [tf.convert_to_tensor(v) for v in values], [tf.constant(x) for x in inputs]
        # A concrete function, because a plain call logs warnings of retracing in later runs.
        return step.get_concrete_function(*tensors)(*tensors)

    return compiled


def _jax_gradient(function: Callable[..., tuple[Any, Any]]) -> Any:
    import jax

    step = jax.jit(jax.value_and_grad(function, has_aux=True))

    def compiled(values: Any, *inputs: Any) -> Any:
        (value, extra), gradients = step(list(values), inputs)
        return value, extra, gradients

    return compiled


def shape_multiple() -> int:
    """Return of what a number of rows should be a multiple: 8 where each shape is compiled anew."""
    return 8 if keras.backend.backend() == "jax" else 1
