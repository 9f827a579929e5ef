"""The part "patterns": which TF-MoDISco patterns which models use."""

from dataclasses import replace

from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.page.blocks import Notes, Section
from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.controls import explained_by_dna
from chromkeras.comparison.core.part import PartResult
from chromkeras.comparison.patterns.compared_patterns import compare_patterns
from chromkeras.comparison.patterns.pattern_figure import weight_dots
from chromkeras.comparison.patterns.pattern_search import pattern_tasks
from chromkeras.comparison.patterns.pattern_sections import MOST_DRAWN, patterns_section
from chromkeras.errors import InputError

ORDER = 65
OPTIONS = ("modisco", "modisco_tasks")


def check_part(comparison: Comparison) -> None:
    """Raise ``InputError`` where tasks are unknown, known motifs not readable, or none wanted."""
    options = comparison.options
    pattern_tasks(options.modisco_tasks, comparison.tasks)
    if options.modisco:
        load_motifs(options.motifs)
    elif "patterns" in options.parts:
        raise InputError("the part patterns: expected `modisco` above 0 as well, received 0")


def compare_part(comparison: Comparison) -> PartResult:
    """Compare what TF-MoDISco finds in the models, where it is asked for."""
    if not comparison.options.modisco:
        return PartResult()
    comparison, notes = explained_by_dna(comparison)
    if len(comparison.models) < 2:
        return PartResult([Section("Patterns of TF-MoDISco", [Notes(notes)])])
    result = pattern_result(comparison)
    if not notes:
        return result
    sections = [replace(s, blocks=[Notes(notes), *s.blocks]) for s in result.sections]
    return replace(result, sections=sections)


def pattern_result(comparison: Comparison) -> PartResult:
    """Search and match the patterns of models whose first convolution reads DNA."""
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
