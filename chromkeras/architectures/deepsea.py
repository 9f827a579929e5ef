"""DeepSEA: three convolutions, two pools and a dense layer on 1,000 bp.

Zhou and Troyanskaya 2015 (Nature Methods 12:931): 320, 480 and 960 filters of width 8 with ReLU,
max-pools of 4 after the first two, dropout 0.2, 0.2 and 0.5 after the convolutions, a dense layer
of 925 units with ReLU, 919 outputs.

With 919 tasks on 1,000 bp the plan "basset", which shares all but the outputs, has the paper's
52,843,119 parameters. As there, convolutions have biases and no batch normalisation, and pools
leave out positions that fill no window: 993 → 248, 241 → 60. The size "published" has the paper's
ℓ2 penalty; its ℓ1 penalty on the last hidden layer's activations and its limit on the norms of
weights are left out.
"""

from dataclasses import dataclass, field
from typing import Any

from chromkeras.architectures import options as common
from chromkeras.architectures.options import PADDINGS
from chromkeras.architectures.publication import Publication
from chromkeras.errors import InputError

INPUTS = ("dna",)
LENGTH = 1000
PUBLICATION = Publication(
    "Zhou and Troyanskaya",
    2015,
    "Predicting effects of noncoding variants with deep learning-based sequence model",
    "Nature Methods 12:931",
    "10.1038/nmeth.3547",
)
SIZES: dict[str, dict[str, Any]] = {
    "small": {
        "architecture.filters": (48, 64, 96),
        "architecture.dense": (64,),
    },
    "published": {"training.l2": 5e-7},
}


@dataclass(frozen=True)
class Options(common.Options):
    """Sizes of DeepSEA; the defaults are the paper's.

    Attributes
    ----------
    filters, widths
        Number of filters and filter width of each convolution.
    pools
        Pool size after each convolution but the last.
    padding
        Padding of the convolutions, "valid" or "same".
    dense
        Units of each dense layer.
    conv_dropout
        Dropout rate after each convolution but the last.
    dropout
        Dropout rate after the last convolution.
    """

    name: str = "deepsea"
    filters: tuple[int, ...] = field(default=(320, 480, 960), metadata={"least": 1})
    widths: tuple[int, ...] = field(default=(8, 8, 8), metadata={"least": 1})
    pools: tuple[int, ...] = field(default=(4, 4), metadata={"least": 1})
    padding: str = field(default="valid", metadata={"choices": PADDINGS})
    dense: tuple[int, ...] = field(default=(925,), metadata={"least": 1})
    conv_dropout: float = field(default=0.2, metadata={"least": 0, "below": 1})
    dropout: float = field(default=0.5, metadata={"least": 0, "below": 1})

    def check(self) -> None:
        """Raise ``InputError`` unless there is a width for each convolution, a pool between two."""
        counts = len(self.filters), len(self.widths), len(self.pools) + 1
        if len(set(counts)) != 1:
            raise InputError(
                "expected as many architecture.filters as widths, and one fewer of pools, received "
                f"{counts[0]}, {counts[1]} and {counts[2] - 1}"
            )


def build(options: Options, inputs: dict[str, Any], lay: Any) -> Any:
    """Build DeepSEA: from DNA (batch, length, 4) to the outputs of the tasks."""
    x = inputs["dna"]
    blocks = zip(options.filters, options.widths, (*options.pools, 0), strict=True)
    for filters, width, pool in blocks:
        x = lay.activation(
            lay.conv1d(x, filters, width, padding=options.padding, bias=True), "relu"
        )
        if pool:
            x = lay.dropout(lay.max_pool(x, pool, padding="valid"), options.conv_dropout)
    x = lay.flatten(lay.dropout(x, options.dropout))
    for units in options.dense:
        x = lay.activation(lay.dense(x, units), "relu")
    return lay.outputs(x)
