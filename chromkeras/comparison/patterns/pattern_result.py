"""Which TF-MoDISco patterns which models use, for the part "attributions"."""

from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.part import PartResult
from chromkeras.comparison.patterns.compared_patterns import compare_patterns
from chromkeras.comparison.patterns.pattern_figure import weight_dots
from chromkeras.comparison.patterns.pattern_sections import MOST_DRAWN, patterns_section


def pattern_result(comparison: Comparison) -> PartResult:
    """Compare what TF-MoDISco finds in the models."""
    compared = compare_patterns(comparison)
    facts = {"patterns": compared.facts()}
    if not compared.uses:
        return PartResult([patterns_section(compared, None)], facts)
    figure = weight_dots(compared.uses[:MOST_DRAWN], compared.replicates, compared.known.labels)
    return PartResult(
        [patterns_section(compared, figure)],
        facts,
        {"patterns.tsv": compared.rows(), "pattern_pairs.tsv": compared.pairs},
        {"patterns.png": figure},
    )
