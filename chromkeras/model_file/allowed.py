"""The classes that a model file may name: nothing else is made of what it says.

Allowed are the layers that chromkeras registers with Keras, those layers, initializers,
regularizers and constraints of Keras that compute and do no more, and what `allow` was given.
Never allowed are lambdas, functions, layers that wrap saved programs of other libraries, and those
that read files, such as ``StringLookup``.
"""

import importlib
import pkgutil
from collections.abc import Iterable

from chromkeras.errors import InputError
from chromkeras.names import printable, unknown

LAYERS = (
    "InputLayer", "Identity", "Dense", "EinsumDense", "Embedding", "Masking",
    "Conv1D", "Conv2D", "SeparableConv1D", "DepthwiseConv1D", "Conv1DTranspose",
    "MaxPooling1D", "AveragePooling1D", "GlobalMaxPooling1D", "GlobalAveragePooling1D",
    "MaxPooling2D", "AveragePooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling2D",
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization",
    "UnitNormalization", "Dropout", "SpatialDropout1D", "AlphaDropout", "GaussianDropout",
    "GaussianNoise", "ActivityRegularization",
    "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax",
    "MultiHeadAttention", "GroupQueryAttention", "Attention", "AdditiveAttention",
    "LSTM", "GRU", "SimpleRNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "Bidirectional",
    "TimeDistributed",
    "Flatten", "Reshape", "Permute", "RepeatVector", "Cropping1D", "ZeroPadding1D", "UpSampling1D",
    "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot",
)  # fmt: skip
INITIALIZERS = (
    "Zeros", "Ones", "Constant", "Identity", "GlorotUniform", "GlorotNormal", "HeUniform",
    "HeNormal", "LecunUniform", "LecunNormal", "Orthogonal", "RandomUniform", "RandomNormal",
    "TruncatedNormal", "VarianceScaling",
)  # fmt: skip
REGULARIZERS = ("L1", "L2", "L1L2", "OrthogonalRegularizer")
CONSTRAINTS = ("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm")
ACTIVATIONS = (
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "glu", "silu", "swish",
    "mish", "sigmoid", "hard_sigmoid", "log_sigmoid", "tanh", "hard_tanh", "tanh_shrink", "softmax",
    "log_softmax", "softplus", "softsign", "soft_shrink", "hard_shrink", "squareplus",
    "sparse_plus", "sparse_sigmoid", "sparsemax", "threshold", "exponential",
)  # fmt: skip
# Types of numbers by name; Keras's "int8" and the like would quantize.
DTYPES = ("float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")
BY_MODULE = {
    "keras.layers": LAYERS,
    "keras.initializers": INITIALIZERS,
    "keras.regularizers": REGULARIZERS,
    "keras.constraints": CONSTRAINTS,
    "keras": ("DTypePolicy",),
}
OURS = "chromkeras"
_others: set[str] = set()


def allow(*classes: type) -> None:
    """Let model files name classes of another package, such as the layers of a new architecture.

    Parameters
    ----------
    *classes
        Layers, initializers, regularizers or constraints that were registered by
        ``keras.saving.register_keras_serializable``.

    Raises
    ------
    InputError
        A class is not registered, or is none of these.
    """
    import keras

    for one in classes:
        name = keras.saving.get_registered_name(one)
        _check_kind(name, where=printable(name))
        _others.add(name)


def check_builtin(module: str, name: str, where: str) -> None:
    """Raise ``InputError`` unless a class of Keras is on the list.

    Parameters
    ----------
    module, name
        As in Keras's configurations, such as "keras.layers" and "Dense".
    where
        What names the class, for messages.
    """
    if module not in BY_MODULE:
        raise InputError(
            f"{where}: expected a class of {', '.join(BY_MODULE)} or a registered one, received "
            f"'{printable(name, longest=60)}' of '{printable(module, longest=60)}'"
        )
    if name not in BY_MODULE[module]:
        raise InputError(f"{where}: {unknown(f'class of {module}', name, BY_MODULE[module])}")


def check_registered(names: Iterable[str]) -> None:
    """Raise ``InputError`` unless registered classes, by "package>Name", are allowed here.

    All layers of chromkeras are imported, so that Keras knows them.
    """
    _register_ours()
    for name in names:
        shown = f"class '{printable(name, longest=60)}'"
        if name.partition(">")[0] != OURS and name not in _others:
            raise InputError(
                f"{shown} is of another package; expected one of {OURS}, or one that its package "
                "allows (chromkeras.model_file.allowed.allow) when imported"
            )
        _check_kind(name, shown)


def _check_kind(name: str, where: str) -> None:
    import keras

    kinds = (
        keras.layers.Layer, keras.initializers.Initializer, keras.regularizers.Regularizer,
        keras.constraints.Constraint,
    )  # fmt: skip
    found = keras.saving.get_registered_object(name)
    if found is None:
        raise InputError(f"{where} is not known to this version of {OURS}")
    if not (isinstance(found, type) and issubclass(found, kinds)):
        raise InputError(f"{where}: expected a layer, initializer, regularizer or constraint")


def _register_ours() -> None:
    import chromkeras.layers

    for module in pkgutil.iter_modules(chromkeras.layers.__path__, "chromkeras.layers."):
        importlib.import_module(module.name)
