"""WakaWaka: expression from histone marks and DNA around the start of transcription.

Two modules read histone marks in bins and DNA one base a position; a joint module reads both
(report of Nathoo and Haider, in the manner of DeepChrome, Singh et al. 2016, Bioinformatics
32:i639, and DeepCpG, Angermueller et al. 2017, Genome Biology 18:67). Each module works alone too.
"""

from dataclasses import dataclass, field
from typing import Any

from chromkeras.architectures import options as common
from chromkeras.architectures.options import PADDINGS
from chromkeras.architectures.publication import Publication
from chromkeras.errors import InputError
from chromkeras.names import unknown

INPUTS = ("histone", "dna")
FEATURES: tuple[str, ...] = ()
LENGTH = 10_000
PUBLICATION = Publication(
    "Nathoo and Haider",
    0,
    "Deep Learning in Genomics Final Project Report: WakaWaka",
    "project report",
)
_REPORT: dict[str, Any] = {
    "data.reverse_complement": False,
    "data.shift": 0,
    "training.loss": "mse",
    "training.learning_rate": 5e-4,
    "training.schedule": "constant",
    "training.batch_size": 100,
    "training.epochs": 10,
    "training.patience": 10,
}
# The dropout of the first five was after the modules; they had no dense layers of their own.
_FIRST: dict[str, Any] = _REPORT | {
    "architecture.histone_filters": (50, 50, 50),
    "architecture.histone_widths": (10, 5, 5),
    "architecture.histone_pools": (5, 1, 3),
    "architecture.histone_dilations": (1, 2, 2),
    "architecture.histone_dense": (),
    "architecture.dna_dense": (),
    "architecture.dense": (50, 10),
    "architecture.joint_dropout": 0.0,
}
_SECOND: dict[str, Any] = _FIRST | {
    "architecture.dna_filters": (132, 50),
    "architecture.dna_widths": (6, 6),
    "architecture.dna_pools": (32, 4),
}
_FOURTH: dict[str, Any] = _SECOND | {
    "architecture.histone_filters": (50, 50),
    "architecture.histone_widths": (10, 5),
    "architecture.histone_pools": (5, 3),
    "architecture.histone_dilations": (1, 1),
    "architecture.dense": (100, 50, 10),
}
# Where the report gives no number for an experiment, it is that of its final model.
SIZES: dict[str, dict[str, Any]] = {
    "small": _REPORT
    | {
        "architecture.dna_filters": (32,),
        "architecture.histone_filters": (32, 32),
        "architecture.histone_dense": (32,),
        "architecture.dna_dense": (32,),
        "training.epochs": 20,
    },
    "report": _REPORT,
    "experiment_1": _FIRST,
    "experiment_2": _SECOND,
    "experiment_3": _SECOND | {"architecture.dna_around": 2000},
    "experiment_4": _FOURTH,
    # Of modules that were trained before: transfer.modules names them.
    "experiment_5": _FOURTH | {"transfer.freeze": 8},
    "experiment_6": _REPORT | {"architecture.histone_dense": (), "architecture.dna_dense": ()},
}
_BLOCKS = {
    "histone": ("histone_filters", "histone_widths", "histone_pools", "histone_dilations"),
    "dna": ("dna_filters", "dna_widths", "dna_pools"),
}


@dataclass(frozen=True)
class Options(common.Options):
    """Sizes of WakaWaka; the defaults are those of the report's final model.

    Attributes
    ----------
    modules
        Modules that the model has, "histone", "dna" or both.
    histone_filters, histone_widths, histone_pools, histone_dilations
        Filters, filter width in bins, pool size and dilation of each convolution of the histone
        module; a pool of 1 is none.
    histone_dense
        Units of each dense layer of the histone module.
    dna_around
        Bases to either side of the start of transcription, the middle of the DNA, that are read;
        0 for all.
    dna_filters, dna_widths, dna_pools
        Filters, filter width and pool size of each convolution of the DNA module.
    dna_dense
        Units of each dense layer of the DNA module.
    dropout
        Dropout rate after the convolutions of each module.
    dense
        Units of each dense layer of the joint module.
    joint_dropout
        Dropout rate after each of these.
    slope
        Slope of the leaky ReLU below 0; the convolutions of the DNA module have a ReLU.
    padding
        Padding of the convolutions, "valid" or "same".
    batch_norm
        Whether batch normalisation follows each convolution.
    """

    name: str = "wakawaka"
    modules: tuple[str, ...] = ("histone", "dna")
    histone_filters: tuple[int, ...] = field(default=(50, 50), metadata={"least": 1})
    histone_widths: tuple[int, ...] = field(default=(10, 5), metadata={"least": 1})
    histone_pools: tuple[int, ...] = field(default=(5, 3), metadata={"least": 1})
    histone_dilations: tuple[int, ...] = field(default=(1, 1), metadata={"least": 1})
    histone_dense: tuple[int, ...] = field(default=(82,), metadata={"least": 1})
    dna_around: int = field(default=0, metadata={"least": 0})
    dna_filters: tuple[int, ...] = field(default=(132,), metadata={"least": 1})
    dna_widths: tuple[int, ...] = field(default=(6,), metadata={"least": 1})
    dna_pools: tuple[int, ...] = field(default=(32,), metadata={"least": 1})
    dna_dense: tuple[int, ...] = field(default=(82,), metadata={"least": 1})
    dropout: float = field(default=0.5, metadata={"least": 0, "below": 1})
    dense: tuple[int, ...] = field(default=(100,), metadata={"least": 1})
    joint_dropout: float = field(default=0.1, metadata={"least": 0, "below": 1})
    slope: float = field(default=0.05, metadata={"least": 0, "below": 1})
    padding: str = field(default="valid", metadata={"choices": PADDINGS})
    batch_norm: bool = False

    def check(self) -> None:
        """Raise ``InputError`` for unknown modules, or unequal numbers of sizes of a module."""
        for name in self.modules:
            if name not in _BLOCKS:
                raise unknown("architecture.modules:", name, tuple(_BLOCKS))
        if not self.modules or len(set(self.modules)) < len(self.modules):
            raise InputError(
                f"architecture.modules: expected histone, dna or both, received {self.modules}"
            )
        for names in _BLOCKS.values():
            counts = {name: len(getattr(self, name)) for name in names}
            if len(set(counts.values())) != 1 or not counts[names[0]]:
                first, *others = names
                raise InputError(
                    f"expected as many architecture.{first} as {', '.join(others)}, received "
                    f"{', '.join(str(count) for count in counts.values())}"
                )


def inputs(options: Options) -> tuple[str, ...]:
    """Return the inputs of the modules that there are."""
    return tuple(name for name in INPUTS if name in options.modules)


def build(options: Options, inputs: dict[str, Any], lay: Any) -> Any:
    """Build the modules: histone marks (batch, bins, marks) and DNA (batch, length, 4)."""
    modules = {"histone": _histone, "dna": _dna}
    found = []
    for name, x in inputs.items():
        with lay.module(name):
            found.append(modules[name](options, x, lay))
    lay.head()
    x = lay.concatenate(found)
    for units in options.dense:
        x = lay.activation(lay.dense(x, units), "leaky_relu", slope=options.slope)
        x = lay.dropout(x, options.joint_dropout)
    return lay.outputs(x)


def _histone(options: Options, x: Any, lay: Any) -> Any:
    for filters, width, pool, dilation in zip(
        *(getattr(options, name) for name in _BLOCKS["histone"]), strict=True
    ):
        x = _convolution(options, x, lay, filters, width, dilation)
        x = lay.activation(x, "leaky_relu", slope=options.slope)
        x = lay.max_pool(x, pool) if pool > 1 else x
    return _features(options, x, lay, options.histone_dense)


def _dna(options: Options, x: Any, lay: Any) -> Any:
    if options.dna_around:
        x = lay.middle(x, 2 * options.dna_around)
    for filters, width, pool in zip(
        *(getattr(options, name) for name in _BLOCKS["dna"]), strict=True
    ):
        x = lay.activation(_convolution(options, x, lay, filters, width, 1), "relu")
        x = lay.max_pool(x, pool) if pool > 1 else x
    return _features(options, x, lay, options.dna_dense)


def _convolution(
    options: Options, x: Any, lay: Any, filters: int, width: int, dilation: int
) -> Any:
    how = {"dilation": dilation, "padding": options.padding, "bias": not options.batch_norm}
    x = lay.conv1d(x, filters, width, **how)
    return lay.batch_norm(x) if options.batch_norm else x


def _features(options: Options, x: Any, lay: Any, dense: tuple[int, ...]) -> Any:
    x = lay.dropout(lay.flatten(x), options.dropout)
    for units in dense:
        x = lay.activation(lay.dense(x, units), "leaky_relu", slope=options.slope)
    return x
