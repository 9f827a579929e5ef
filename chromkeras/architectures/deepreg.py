"""DeepREG: expression of a gene in a condition from its promoter and its regulators' expression.

The forms of a report (B. Liu 2017), in the manner of GeneClass and MEDUSA (Kundaje et al. 2006,
PLoS Computational Biology 2:e2): one convolution that scans the promoter for motifs, and the
regulators beside what it finds, by concatenation or by the outer product of both; deeper networks
on the promoter; or a recurrent layer along it.
"""

from dataclasses import dataclass, field
from typing import Any

from chromkeras.architectures import options as common
from chromkeras.architectures.options import PADDINGS
from chromkeras.architectures.publication import Publication
from chromkeras.errors import InputError

INPUTS = ("dna", "regulators")
FEATURES = ("regulators",)
LENGTH = 1000
PUBLICATION = Publication(
    "Liu",
    2017,
    "DeepREG",
    "project report",
)
DEEP = {"basset": 3, "two_layers": 2}
SINGLE = ("outer_product", "concatenation")
RECURRENT = ("lstm", "gru")
FORMS = (*SINGLE, *DEEP, *RECURRENT)
_PAIRS: dict[str, Any] = {
    "data.shift": 0,
    "data.together": 32,
    "training.batch_size": 1024,
    "training.loss": "mse",
}
SIZES: dict[str, dict[str, Any]] = {
    # Chosen on the validation genes of the yeast stress data, for the outer product.
    "small": _PAIRS
    | {
        "architecture.filters": (64, 32, 32),
        "architecture.dense": (64,),
        "architecture.pool": 250,
        "architecture.dropout": 0.5,
        "training.l2": 1e-3,
        "training.epochs": 5,
    },
    "report": _PAIRS,
    "regularised": _PAIRS | {"training.l1": 1e-7, "training.l2": 1e-7},
}


@dataclass(frozen=True)
class Options(common.Options):
    """Form and sizes of DeepREG; the defaults are the report's single layer by outer product.

    Attributes
    ----------
    form
        "outer_product" or "concatenation" (a single convolution, its activations pooled, with the
        regulators), "two_layers" or "basset" (two or three convolutions, and dense layers on the
        regulators too), "lstm" or "gru" (along the promoter, over the pooled activations with the
        regulators at each position).
    filters, widths
        Filters, and filter width, of each convolution; a form with fewer takes the first of them.
    pool
        Positions of a max-pool window after the only convolution; 0 pools over all positions,
        before a recurrent layer over 100.
    pools
        Pool size after each convolution of "two_layers" and "basset".
    regulator_dense
        Units of each dense layer on the regulators in "two_layers" and "basset".
    dense
        Units of each dense layer on promoter and regulators together, of all forms but
        "outer_product" and the recurrent ones.
    units
        Units of the recurrent layer.
    dropout
        Dropout rate after each dense layer, and of what a single convolution found.
    padding
        Padding of the convolutions, "valid" or "same".
    """

    name: str = "deepreg"
    form: str = field(default="outer_product", metadata={"choices": FORMS})
    filters: tuple[int, ...] = field(default=(256, 200, 200), metadata={"least": 1})
    widths: tuple[int, ...] = field(default=(19, 11, 7), metadata={"least": 1})
    pool: int = field(default=0, metadata={"least": 0})
    pools: tuple[int, ...] = field(default=(4, 4, 4), metadata={"least": 1})
    regulator_dense: tuple[int, ...] = field(default=(100,), metadata={"least": 1})
    dense: tuple[int, ...] = field(default=(100,), metadata={"least": 1})
    units: int = field(default=64, metadata={"least": 1})
    dropout: float = field(default=0.0, metadata={"least": 0, "below": 1})
    padding: str = field(default="valid", metadata={"choices": PADDINGS})

    def check(self) -> None:
        """Raise ``InputError`` where the form has more convolutions than there are sizes."""
        needed = DEEP.get(self.form, 1)
        for name in ("filters", "widths", *(["pools"] if self.form in DEEP else [])):
            if len(getattr(self, name)) < needed:
                raise InputError(
                    f"architecture.{name}: expected {needed} of them for the form {self.form}, "
                    f"received {len(getattr(self, name))}"
                )


def build(options: Options, inputs: dict[str, Any], lay: Any) -> Any:
    """Build a form: promoter (batch, length, 4) and regulators (batch, R) to expression."""
    dna, regulators = inputs["dna"], inputs["regulators"]
    if options.form in DEEP:
        return _deep(options, dna, regulators, lay)
    x = lay.conv1d(dna, options.filters[0], options.widths[0], padding=options.padding, bias=True)
    x = lay.activation(x, "relu")
    if options.form in RECURRENT:
        x = lay.alongside(lay.max_pool(x, options.pool or 100), regulators)
        x = lay.recurrent(x, options.units, cell=options.form, bidirectional=False)
        return lay.outputs(x)
    x = lay.flatten(lay.max_pool(x, options.pool)) if options.pool else lay.global_max_pool(x)
    x = lay.dropout(x, options.dropout)
    if options.form == "outer_product":
        return lay.outputs(lay.interaction(x, regulators))
    return lay.outputs(_dense(options.dense, lay.concatenate([x, regulators]), options, lay))


def _deep(options: Options, x: Any, regulators: Any, lay: Any) -> Any:
    blocks = list(zip(options.filters, options.widths, options.pools, strict=False))
    for filters, width, pool in blocks[: DEEP[options.form]]:
        x = lay.batch_norm(lay.conv1d(x, filters, width, padding=options.padding))
        x = lay.max_pool(lay.activation(x, "relu"), pool)
    x = lay.flatten(x)
    y = _dense(options.regulator_dense, regulators, options, lay)
    return lay.outputs(_dense(options.dense, lay.concatenate([x, y]), options, lay))


def _dense(sizes: tuple[int, ...], x: Any, options: Options, lay: Any) -> Any:
    for units in sizes:
        x = lay.dropout(lay.activation(lay.dense(x, units), "relu"), options.dropout)
    return x
