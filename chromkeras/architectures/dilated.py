"""Dilated residual network: a wide first convolution, then dilated ones with skips.

The body is BPNet's (Avsec et al. 2021, Nature Genetics 53:354): convolutions of width 3 whose
dilation doubles from layer to layer, 2, 4, 8, ..., each added to what it read, 64 channels. Batch
normalisation after every convolution is Basenji's (Kelley et al. 2018, Genome Research 28:739).
The head is a mean over all positions and a dense layer, as classes of a whole sequence want it.
"""

from dataclasses import dataclass, field
from typing import Any

from chromkeras.architectures import options as common
from chromkeras.architectures.publication import Publication

INPUTS = ("dna",)
LENGTH = 1000
PUBLICATION = Publication(
    "Avsec et al.",
    2021,
    "Base-resolution models of transcription-factor binding reveal soft motif syntax",
    "Nature Genetics 53:354",
    "10.1038/s41588-021-00782-6",
)
SIZES: dict[str, dict[str, Any]] = {
    "small": {
        "architecture.filters": 32,
        "architecture.layers": 4,
        "architecture.pool": 4,
        "architecture.dense": (64,),
        "training.learning_rate": 5e-3,
    },
    "published": {"architecture.layers": 8, "architecture.first_width": 25},
}


@dataclass(frozen=True)
class Options(common.Options):
    """Sizes of the dilated network; the defaults are BPNet's channels and Basset's first width.

    Attributes
    ----------
    filters
        Channels of every convolution.
    first_width, width
        Widths of the first convolution and of the dilated ones.
    layers
        Number of dilated convolutions.
    pool
        Width of the max-pool after the first convolution, in positions; 1 for none.
    growth
        Factor of the dilation from one dilated convolution to the next; the first has 2.
    dense
        Units of each dense layer after the mean over positions.
    dropout
        Dropout rate after each dense layer.
    """

    name: str = "dilated"
    filters: int = field(default=64, metadata={"least": 1})
    first_width: int = field(default=19, metadata={"least": 1})
    width: int = field(default=3, metadata={"least": 1})
    layers: int = field(default=6, metadata={"least": 1, "most": 16})
    pool: int = field(default=1, metadata={"least": 1})
    growth: int = field(default=2, metadata={"least": 1})
    dense: tuple[int, ...] = field(default=(64,), metadata={"least": 1})
    dropout: float = field(default=0.3, metadata={"least": 0, "below": 1})


def build(options: Options, inputs: dict[str, Any], lay: Any) -> Any:
    """Build the network: from DNA (batch, length, 4) to the outputs of the tasks."""
    x = lay.conv1d(inputs["dna"], options.filters, options.first_width, padding="same")
    x = lay.activation(lay.batch_norm(x), "relu")
    if options.pool > 1:
        x = lay.max_pool(x, options.pool)
    for layer in range(options.layers):
        y = lay.conv1d(
            x, options.filters, options.width, dilation=2 * options.growth**layer, padding="same"
        )
        x = lay.add([x, lay.activation(lay.batch_norm(y), "relu")])
    x = lay.global_average_pool(x)
    for units in options.dense:
        x = lay.dropout(lay.activation(lay.dense(x, units), "relu"), options.dropout)
    return lay.outputs(x)
