"""Basset: three blocks of convolution and pooling, then dense layers.

Kelley, Snoek and Rinn 2016 (Genome Research 26:990), in the sizes and order of the poster: three
blocks of convolution, batch normalisation, ReLU and max-pool, two dense layers with ReLU and
dropout, one logit per task.
"""

from dataclasses import dataclass, field
from typing import Any

from chromkeras.architectures import options as common
from chromkeras.architectures.options import PADDINGS
from chromkeras.architectures.publication import Publication
from chromkeras.errors import InputError

INPUTS = ("dna",)
LENGTH = 600
PUBLICATION = Publication(
    "Kelley et al.",
    2016,
    "Basset: learning the regulatory code of the accessible genome with deep convolutional neural "
    "networks",
    "Genome Research 26:990",
    "10.1101/gr.200535.115",
)
SIZES: dict[str, dict[str, Any]] = {
    "small": {
        "architecture.filters": (64, 64, 64),
        "architecture.dense": (64, 64),
        "architecture.first_activation": "exponential",
        "architecture.summary": True,
        "training.learning_rate": 5e-3,
    },
    "poster": {},
    "published": {"architecture.pools": (3, 4, 4)},
}
_BLOCKS = ("filters", "widths", "pools")


@dataclass(frozen=True)
class Options(common.Options):
    """Sizes of Basset; the defaults are the poster's.

    Attributes
    ----------
    filters, widths, pools
        Number of filters, filter width and pool size of each convolution block.
    dense
        Units of each dense layer.
    padding
        Padding of the convolutions, "valid" or "same".
    first_activation
        Activation after the first convolution, "relu" or "exponential". The exponential makes
        filters read whole motifs (Koo and Ploenzke 2021, Nature Machine Intelligence 3:258).
    summary
        Whether the dense layers also read the mean over positions of each block's activations:
        how dense a pattern is in the sequence, which max-pooling throws away.
    dropout
        Dropout rate after each dense layer.
    """

    name: str = "basset"
    filters: tuple[int, ...] = (300, 200, 200)
    widths: tuple[int, ...] = (19, 11, 7)
    pools: tuple[int, ...] = (4, 4, 4)
    dense: tuple[int, ...] = (1000, 1000)
    padding: str = field(default="valid", metadata={"choices": PADDINGS})
    first_activation: str = field(default="relu", metadata={"choices": ("relu", "exponential")})
    summary: bool = False
    dropout: float = field(default=0.3, metadata={"least": 0, "below": 1})

    def check(self) -> None:
        """Raise ``InputError`` unless there are as many filters as widths and pools."""
        sizes = [getattr(self, name) for name in _BLOCKS]
        if len({len(each) for each in sizes}) != 1 or not self.filters:
            counts = " and ".join(str(len(each)) for each in sizes[1:])
            raise InputError(
                "expected as many architecture.filters as widths and pools, received "
                f"{len(self.filters)}, {counts}"
            )
        smallest = min((*self.filters, *self.widths, *self.pools, *self.dense))
        if smallest < 1:
            raise InputError(f"architecture: expected sizes of at least 1, received {smallest}")


def build(options: Options, inputs: dict[str, Any], lay: Any) -> Any:
    """Build Basset: from DNA (batch, length, 4) to the outputs of the tasks."""
    x, summaries = inputs["dna"], []
    blocks = zip(options.filters, options.widths, options.pools, strict=True)
    for block, (filters, width, pool) in enumerate(blocks):
        x = lay.batch_norm(lay.conv1d(x, filters, width, padding=options.padding))
        x = lay.activation(x, "relu" if block else options.first_activation)
        if options.summary:
            summaries.append(lay.summary(x))
        x = lay.max_pool(x, pool)
    x = lay.concatenate([lay.flatten(x), *map(lay.flatten, summaries)])
    for units in options.dense:
        x = lay.dropout(lay.activation(lay.dense(x, units), "relu"), options.dropout)
    return lay.outputs(x)
