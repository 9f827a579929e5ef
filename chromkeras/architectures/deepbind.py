"""DeepBind: motif detectors, their best scores, and at most one hidden layer.

Alipanahi, Delong, Weirauch and Frey 2015 (Nature Biotechnology 33:831). One convolution whose
filters are motif detectors, a rectifier with a threshold for each, pooling over all positions, a
hidden layer or none, one output per task. Both strands go through the same layers; the larger
output counts. DNA models pool by the maximum, RNA models by maximum and average together.

Sizes are the paper's: 16 detectors of 24 bases on 101 bp, and 32 hidden units: 2,129 parameters for
one task (1,569 without the hidden layer; 2,641 with both kinds of pooling). The paper pads each end
with detector length − 1 positions of 0.25 in every channel, so that half a site at an end counts;
here detectors stay within the sequence, or, with padding "same", hang over by half into zeros.
"""

from dataclasses import dataclass, field
from typing import Any

from chromkeras.architectures import options as common
from chromkeras.architectures.options import PADDINGS
from chromkeras.architectures.publication import Publication

INPUTS = ("dna",)
LENGTH = 101
PUBLICATION = Publication(
    "Alipanahi et al.",
    2015,
    "Predicting the sequence specificities of DNA- and RNA-binding proteins by deep learning",
    "Nature Biotechnology 33:831",
    "10.1038/nbt.3300",
)
POOLINGS = ("max", "max_average")
STRANDS = ("max", "mean", "one")
SIZES: dict[str, dict[str, Any]] = {
    "small": {
        "architecture.filters": 128,
        "architecture.width": 16,
        "architecture.pooling": "max_average",
        "architecture.dense": (64,),
        "architecture.dropout": 0.2,
        "training.learning_rate": 2e-3,
    },
    "published": {},
    "rna": {
        "architecture.width": 16,
        "architecture.pooling": "max_average",
        "architecture.strands": "one",
        "data.reverse_complement": False,
    },
}


@dataclass(frozen=True)
class Options(common.Options):
    """Sizes of DeepBind; the defaults are those of the paper's models of DNA.

    Attributes
    ----------
    filters, width
        Number of motif detectors, and bases that each reads.
    padding
        Padding of the convolution, "valid" or "same".
    pooling
        Pooling over all positions: "max", or "max_average" for both side by side.
    dense
        Units of each hidden layer; none for the outputs straight on the pooled scores.
    dropout
        Dropout rate of what the outputs read.
    strands
        Output for the two strands, which the same layers read: "max" or "mean" of both, or "one"
        for the sequence as it is.
    """

    name: str = "deepbind"
    filters: int = field(default=16, metadata={"least": 1})
    width: int = field(default=24, metadata={"least": 1})
    padding: str = field(default="valid", metadata={"choices": PADDINGS})
    pooling: str = field(default="max", metadata={"choices": POOLINGS})
    dense: tuple[int, ...] = field(default=(32,), metadata={"least": 1})
    dropout: float = field(default=0.5, metadata={"least": 0, "below": 1})
    strands: str = field(default="max", metadata={"choices": STRANDS})


def build(options: Options, inputs: dict[str, Any], lay: Any) -> Any:
    """Build DeepBind: from DNA (batch, length, 4) to the outputs of the tasks."""

    def tower(inputs: dict[str, Any]) -> Any:
        x = lay.conv1d(
            inputs["dna"], options.filters, options.width, padding=options.padding, bias=True
        )
        x = lay.activation(x, "relu")
        best = lay.global_max_pool(x)
        if options.pooling == "max_average":
            best = lay.concatenate([best, lay.global_average_pool(x)])
        x = best
        for units in options.dense:
            x = lay.activation(lay.dense(x, units), "relu")
        return lay.outputs(lay.dropout(x, options.dropout))

    if options.strands == "one":
        return tower(inputs)
    return lay.both_strands(inputs, tower, merge=options.strands)
