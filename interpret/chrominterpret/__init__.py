"""Attributions and motifs of Keras 3 models with one-hot input.

The names below are imported when first used: ``from chrominterpret import deep_lift_shap``.
"""

from importlib import import_module
from typing import Any

_MODULES = {
    "errors": ("InputError",),
    "attribution": ("Attribution",),
    "sequences": ("decode", "dinucleotide_shuffle", "encode", "one_hot", "reverse_complement"),
    "fasta": ("read_fasta",),
    "engine.rules": ("register_rule",),
    "methods.registry": ("METHODS", "applicable", "attribute", "find_method", "method_options"),
    "methods.deep_lift_shap": ("check_supported", "deep_lift_shap"),
    "methods.expected_gradients": ("expected_gradients",),
    "methods.gradient": ("gradient",),
    "methods.gradient_x_input": ("gradient_x_input",),
    "methods.in_silico_mutagenesis": ("in_silico_mutagenesis",),
    "methods.integrated_gradients": ("integrated_gradients",),
    "methods.shap": ("shap_attribution",),
    "methods.smooth_grad": ("smooth_grad",),
    "motifs.hits": ("genome_hits", "scanned_sites", "seqlet_sites", "write_bed"),
    "motifs.jaspar": ("jaspar_motifs", "load_motifs", "taxonomic_groups"),
    "motifs.logos": ("logo", "logo_grid", "logo_pairs"),
    "motifs.merging": ("merge_motifs",),
    "motifs.modisco": ("modisco", "read_patterns"),
    "motifs.motif_files": ("read_motifs", "write_jaspar", "write_meme"),
    "motifs.pwm": (
        "Motif",
        "consensus",
        "find_sites",
        "information_content",
        "motif_from_sites",
        "pssm",
        "scan",
        "small_sample_correction",
        "trim",
    ),
    "motifs.score_distribution": ("score_distribution", "score_threshold"),
    "motifs.tomtom": ("tomtom",),
    "filters.comparison": ("FilterComparison", "compare_filters"),
    "filters.cooccurrence": ("cooccurrence",),
    "filters.filter_motifs": ("filter_motifs",),
    "filters.influence": ("filter_influence",),
    "filters.profiles": ("filter_profiles",),
    "layers.similarity": ("layer_similarity",),
    "tracks.bigwig": ("write_bigwig",),
    "tracks.tracks": ("contribution_tracks",),
    "page.render": ("write_page",),
    "report.explain": ("explain",),
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
