"""DanQ: a convolution finds motifs, a bidirectional LSTM reads their grammar.

Quang and Xie 2016 (Nucleic Acids Research 44:e107): 320 filters of width 26 with ReLU, a max-pool
of 13, dropout 0.2, an LSTM of 320 units in each direction, dropout 0.5, a dense layer of 925 units
with ReLU, 919 outputs, on 1,000 bp.

With 919 tasks on 1,000 bp the plan "basset", which shares all but the outputs, has the paper's
46,926,479 parameters. The recurrent layer cannot be a task's own: plans are refused that would need
that, in one line.
"""

from dataclasses import dataclass, field
from typing import Any

from chromkeras.architectures import options as common
from chromkeras.architectures.options import PADDINGS
from chromkeras.architectures.publication import Publication

INPUTS = ("dna",)
LENGTH = 1000
PUBLICATION = Publication(
    "Quang and Xie",
    2016,
    "DanQ: a hybrid convolutional and recurrent deep neural network for quantifying the function "
    "of DNA sequences",
    "Nucleic Acids Research 44:e107",
    "10.1093/nar/gkw226",
)
SIZES: dict[str, dict[str, Any]] = {
    "small": {
        "architecture.filters": 64,
        "architecture.units": 32,
        "architecture.dense": (64,),
        "training.learning_rate": 3e-3,
    },
    "published": {},
}


@dataclass(frozen=True)
class Options(common.Options):
    """Sizes of DanQ; the defaults are the paper's.

    Attributes
    ----------
    filters, width
        Number of filters and filter width of the convolution.
    padding
        Padding of the convolution, "valid" or "same".
    pool
        Width and stride of the max-pool; positions that fill no window are left out.
    units
        Units of the LSTM in each direction.
    dense
        Units of each dense layer.
    conv_dropout, dropout
        Dropout rates after the max-pool and after the LSTM.
    """

    name: str = "danq"
    filters: int = field(default=320, metadata={"least": 1})
    width: int = field(default=26, metadata={"least": 1})
    padding: str = field(default="valid", metadata={"choices": PADDINGS})
    pool: int = field(default=13, metadata={"least": 1})
    units: int = field(default=320, metadata={"least": 1})
    dense: tuple[int, ...] = field(default=(925,), metadata={"least": 1})
    conv_dropout: float = field(default=0.2, metadata={"least": 0, "below": 1})
    dropout: float = field(default=0.5, metadata={"least": 0, "below": 1})


def build(options: Options, inputs: dict[str, Any], lay: Any) -> Any:
    """Build DanQ: from DNA (batch, length, 4) to the outputs of the tasks."""
    x = lay.conv1d(
        inputs["dna"], options.filters, options.width, padding=options.padding, bias=True
    )
    x = lay.max_pool(lay.activation(x, "relu"), options.pool, padding="valid")
    x = lay.dropout(x, options.conv_dropout)
    x = lay.recurrent(x, options.units, return_sequences=True)
    x = lay.flatten(lay.dropout(x, options.dropout))
    for units in options.dense:
        x = lay.activation(lay.dense(x, units), "relu")
    return lay.outputs(x)
