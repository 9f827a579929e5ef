"""FactorNet: binding from DNA, signal along it such as accessibility, and features of the window.

Quang and Xie 2019 (Methods 166:40). A convolution reads DNA and signal together, a dense layer each
position, a bidirectional LSTM what a max-pool leaves; a dense layer follows, its units beside the
features of the window (gene annotation, and expression in the cell type), and another one. Both
strands go through the same layers; their outputs are averaged.

Sizes are the paper's: 32 filters of width 34 on 1,002 bp, 32 units at each position, a pool of half
the filter width, an LSTM of 32 units in each direction, 128 dense units. With DNA, two tracks
(DNase I cleavage and mappability) and 14 features (8 of the cell type, 6 of the annotation) one
task has 509,761 parameters, which is what the published layers come to: 6,560 + 1,056 + 16,640 +
467,072 + 18,304 + 129. The size "width_26" has the default filters of the authors' later program.

Three things differ, none in parameters. The convolution on DNA and signal side by side is laid as
one on the DNA and one on the signal, added up, which is the same function; so filters on DNA are
motifs, and may start from some. Averaged are the logits of both strands, where the paper averages
their probabilities. Dropout within the LSTM (0.1 of its input and its state) is left out.

The recurrent layer cannot be a task's own: plans are refused that would need that, in one line.
With ``units`` 0 there is none, as in the paper's models without it, and any plan goes.
"""

from dataclasses import dataclass, field
from typing import Any

from chromkeras.architectures import options as common
from chromkeras.architectures.options import PADDINGS
from chromkeras.architectures.publication import Publication
from chromkeras.errors import InputError
from chromkeras.names import unknown

INPUTS = ("dna", "signal", "annotation")
FEATURES = ("annotation",)
ALONG_DNA = ("signal",)
LENGTH = 1002
PUBLICATION = Publication(
    "Quang and Xie",
    2019,
    "FactorNet: a deep learning framework for predicting cell type specific transcription factor "
    "binding from nucleotide-resolution sequential data",
    "Methods 166:40",
    "10.1016/j.ymeth.2019.03.020",
)
STRANDS = ("mean", "max", "one")
SIZES: dict[str, dict[str, Any]] = {
    "small": {
        "architecture.filters": 64,
        "architecture.width": 20,
        "architecture.pool": 10,
        "architecture.units": 16,
        "architecture.dense": 64,
        "architecture.dropout": 0.2,
        "training.learning_rate": 3e-3,
    },
    "published": {},
    "width_26": {"architecture.width": 26, "architecture.pool": 13},
}


@dataclass(frozen=True)
class Options(common.Options):
    """Inputs and sizes of FactorNet; the defaults are the paper's.

    Attributes
    ----------
    reads
        Inputs that the model has: "dna", and "signal" (one position a base) and "annotation" (a
        vector) where they are there.
    filters, width
        Number of filters and filter width of the convolution.
    padding
        Padding of the convolution, "valid" or "same".
    position_dense
        Units of the dense layer at each position.
    pool
        Width and stride of the max-pool; positions that fill no window are left out.
    units
        Units of the LSTM in each direction; 0 pools over all positions in its place.
    dense
        Units of the dense layers: of one on what was found along the DNA, and of another where
        there are annotations, on that and these.
    conv_dropout
        Dropout rate after the convolution, and of what the second dense layer reads.
    dropout
        Dropout rate before the first dense layer and before the outputs.
    strands
        Output for the two strands, which the same layers read: "mean" or "max" of both, or "one"
        for the sequence as it is.
    """

    name: str = "factornet"
    reads: tuple[str, ...] = INPUTS
    filters: int = field(default=32, metadata={"least": 1})
    width: int = field(default=34, metadata={"least": 1})
    padding: str = field(default="valid", metadata={"choices": PADDINGS})
    position_dense: int = field(default=32, metadata={"least": 1})
    pool: int = field(default=17, metadata={"least": 1})
    units: int = field(default=32, metadata={"least": 0})
    dense: int = field(default=128, metadata={"least": 1})
    conv_dropout: float = field(default=0.1, metadata={"least": 0, "below": 1})
    dropout: float = field(default=0.5, metadata={"least": 0, "below": 1})
    strands: str = field(default="mean", metadata={"choices": STRANDS})

    def check(self) -> None:
        """Raise ``InputError`` for unknown inputs, twice the same, or no DNA."""
        for name in self.reads:
            if name not in INPUTS:
                raise unknown("architecture.reads:", name, INPUTS)
        if "dna" not in self.reads or len(set(self.reads)) < len(self.reads):
            raise InputError(
                "architecture.reads: expected dna, and signal, annotation or both, received "
                f"{', '.join(self.reads) or 'none'}"
            )


def inputs(options: Options) -> tuple[str, ...]:
    """Return the inputs that are read."""
    return tuple(name for name in INPUTS if name in options.reads)


def build(options: Options, inputs: dict[str, Any], lay: Any) -> Any:
    """Build FactorNet: DNA (batch, length, 4), signal (batch, length, C), annotation (batch, F)."""

    def tower(inputs: dict[str, Any]) -> Any:
        x = _along_dna(options, inputs, lay)
        x = lay.activation(lay.dense(lay.dropout(x, options.dropout), options.dense), "relu")
        if "annotation" in inputs:
            x = lay.dropout(lay.concatenate([inputs["annotation"], x]), options.conv_dropout)
            x = lay.activation(lay.dense(x, options.dense), "relu")
        return lay.outputs(lay.dropout(x, options.dropout))

    if options.strands == "one":
        return tower(inputs)
    return lay.both_strands(inputs, tower, merge=options.strands)


def _along_dna(options: Options, inputs: dict[str, Any], lay: Any) -> Any:
    """Return features of what lies along the DNA."""
    how = {"padding": options.padding}
    x = lay.conv1d(inputs["dna"], options.filters, options.width, bias=True, **how)
    if "signal" in inputs:
        by_signal = lay.conv1d(inputs["signal"], options.filters, options.width, **how)
        x = lay.add([x, by_signal])
    x = lay.dropout(lay.activation(x, "relu"), options.conv_dropout)
    # a dense layer at each position
    x = lay.activation(lay.conv1d(x, options.position_dense, 1, bias=True), "relu")
    if not options.units:
        return lay.global_max_pool(x)
    x = lay.max_pool(x, options.pool, padding="valid")
    return lay.flatten(lay.recurrent(x, options.units, return_sequences=True))
