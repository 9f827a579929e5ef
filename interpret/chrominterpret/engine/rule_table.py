"""Tables of the DeepLIFT rules of Keras's own layers, operations and activations.

`chrominterpret.engine.rules` says what the rules mean, some aside: ``"linear"`` holds for the first
argument alone and ``"joint"`` for all together; ``"choice"`` is linear in all but the condition;
``"activation"`` and ``"quotient"`` depend on the activation function and on which side of the
division is active.
"""

from keras import activations, layers

MEANING: dict[str, str] = {
    "identity": "is its input at inference",
    "linear": "is linear or affine: change times weight",
    "joint": "is linear in all its inputs together",
    "activation": "is as its activation: elementwise, the identity or softmax",
    "elementwise": "works on each number by itself: change of the output over change of the input",
    "max_pool": "is the largest of some numbers: the change goes to the one that is the larger",
    "bilinear": "is a product: each factor's change times the mean of the other",
    "product": "is a product of any number of factors, two at a time",
    "quotient": "is linear in the dividend and elementwise in the divisor",
    "choice": "is linear in what is chosen from, where the input does not decide which",
    "softmax": "is a softmax: its Jacobian at the logarithmic means of the probabilities",
    "recurrent": "carries its cell along the sequence, whose operations follow their rules",
    "position_wise": "is one layer at each position, which follows its own rule",
    "opened": "is made of operations and other layers, and each of these follows its rule",
}
"""What each rule says of a layer or operation, for the documentation."""

LAYERS: dict[str, tuple[type, ...]] = {
    "identity": (
        layers.ActivityRegularization,
        layers.AlphaDropout,
        layers.Dropout,
        layers.GaussianDropout,
        layers.GaussianNoise,
        layers.Identity,
        layers.SpatialDropout1D,
        layers.SpatialDropout2D,
        layers.SpatialDropout3D,
    ),
    "linear": (
        layers.AdaptiveAveragePooling1D,
        layers.AdaptiveAveragePooling2D,
        layers.AdaptiveAveragePooling3D,
        layers.AveragePooling1D,
        layers.AveragePooling2D,
        layers.AveragePooling3D,
        layers.BatchNormalization,
        layers.Conv1D,
        layers.Conv1DTranspose,
        layers.Conv2D,
        layers.Conv2DTranspose,
        layers.Conv3D,
        layers.Conv3DTranspose,
        layers.Cropping1D,
        layers.Cropping2D,
        layers.Cropping3D,
        layers.Dense,
        layers.DepthwiseConv1D,
        layers.DepthwiseConv2D,
        layers.EinsumDense,
        layers.Flatten,
        layers.GlobalAveragePooling1D,
        layers.GlobalAveragePooling2D,
        layers.GlobalAveragePooling3D,
        layers.Normalization,
        layers.Permute,
        layers.RepeatVector,
        layers.Rescaling,
        layers.Reshape,
        layers.SeparableConv1D,
        layers.SeparableConv2D,
        layers.UpSampling1D,
        layers.UpSampling2D,
        layers.UpSampling3D,
        layers.ZeroPadding1D,
        layers.ZeroPadding2D,
        layers.ZeroPadding3D,
    ),
    "joint": (layers.Add, layers.Average, layers.Concatenate, layers.Subtract),
    "elementwise": (
        layers.ELU,
        layers.LeakyReLU,
        layers.Masking,
        layers.PReLU,
        layers.ReLU,
    ),
    "max_pool": (
        layers.AdaptiveMaxPooling1D,
        layers.AdaptiveMaxPooling2D,
        layers.AdaptiveMaxPooling3D,
        layers.GlobalMaxPooling1D,
        layers.GlobalMaxPooling2D,
        layers.GlobalMaxPooling3D,
        layers.MaxPooling1D,
        layers.MaxPooling2D,
        layers.MaxPooling3D,
    ),
    "bilinear": (layers.Dot,),
    "product": (layers.Multiply,),
    "activation": (layers.Activation,),
    "softmax": (layers.Softmax,),
    "recurrent": (
        layers.ConvLSTM1D,
        layers.ConvLSTM2D,
        layers.ConvLSTM3D,
        layers.GRU,
        layers.LSTM,
        layers.RNN,
        layers.SimpleRNN,
    ),
    "position_wise": (layers.TimeDistributed,),
    "opened": (
        layers.AdditiveAttention,
        layers.Attention,
        layers.Bidirectional,
        layers.GroupNormalization,
        layers.GroupQueryAttention,
        layers.GRUCell,
        layers.Lambda,
        layers.LayerNormalization,
        layers.LSTMCell,
        layers.Maximum,
        layers.Minimum,
        layers.MultiHeadAttention,
        layers.RMSNormalization,
        layers.SimpleRNNCell,
        layers.SpectralNormalization,
        layers.StackedRNNCells,
        layers.UnitNormalization,
    ),
}
RULE_OF_LAYER: dict[type, str] = {cls: rule for rule, group in LAYERS.items() for cls in group}

# Classes of keras.ops operations, which Keras does not export: by name.
OPERATIONS: dict[str, str] = {
    "identity": "Copy",
    "linear": "AdaptiveAveragePool ArraySplit AveragePool Average BatchNorm BroadcastTo Cast "
    "Cumsum Deg2rad DepthToSpace Diag Diagonal Diff ExpandDims Flip Fliplr Flipud FullLike GetItem "
    "Mean Moveaxis Negative OnesLike Pad Rad2deg Ravel Rearrange Repeat Reshape Roll Rot90 Slice "
    "SpaceToDepth Split Squeeze Sum Swapaxes Take Tile Trace Transpose Tril Triu Unfold Unstack "
    "ZerosLike",
    "joint": "Add Concatenate Hstack Stack Subtract Vstack",
    "elementwise": "Absolute Arcsinh Arctan Cbrt Ceil Celu Clip Cos Cosh Elu Erf Erfc Exp Exp2 "
    "Expm1 Floor Gelu HardShrink HardSigmoid HardSilu HardTanh LeakyRelu Log Log10 Log1p Log2 "
    "LogSigmoid Maximum Minimum Power ReLU Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign "
    "Silu Sin Sinc Sinh SoftShrink Softplus Softsign SparsePlus SparseSigmoid Sqrt Square "
    "Squareplus Tan Tanh TanhShrink Threshold Trunc",
    "max_pool": "AdaptiveMaxPool Amax Max MaxPool",
    "bilinear": "Conv ConvTranspose DepthwiseConv Dot Einsum Inner Kron Matmul Multiply Outer "
    "Tensordot Vdot",
    "quotient": "Divide TrueDivide",
    "choice": "Where",
    "softmax": "LogSoftmax Softmax",
}
RULE_OF_OPERATION = {name: rule for rule, names in OPERATIONS.items() for name in names.split()}

ELEMENTWISE_ACTIVATIONS = (
    activations.celu,
    activations.elu,
    activations.exponential,
    activations.gelu,
    activations.hard_shrink,
    activations.hard_sigmoid,
    activations.hard_silu,
    activations.hard_tanh,
    activations.leaky_relu,
    activations.log_sigmoid,
    activations.mish,
    activations.relu,
    activations.relu6,
    activations.selu,
    activations.sigmoid,
    activations.silu,
    activations.soft_shrink,
    activations.softplus,
    activations.softsign,
    activations.sparse_plus,
    activations.sparse_sigmoid,
    activations.squareplus,
    activations.tanh,
    activations.tanh_shrink,
    activations.threshold,
)
