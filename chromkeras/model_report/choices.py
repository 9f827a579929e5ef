"""Choices of an interpretation; light to import, as help texts list them."""

from typing import Literal

DEFAULT_METHODS = ("deep_lift_shap", "gradient_x_input")
ReferenceKind = Literal["shuffle", "background", "uniform", "zeros", "genomic"]
REFERENCE_KINDS: dict[ReferenceKind, str] = {
    "shuffle": "dinucleotide shuffles of each sequence",
    "background": "the mean base frequencies of the attributed sequences",
    "uniform": "a quarter of each base",
    "zeros": "no base at all",
    "genomic": "training rows that are closed in every task, the same for every sequence",
}
