"""Patterns of several models that are one and the same motif."""

from collections.abc import Sequence
from dataclasses import dataclass

from chrominterpret.motifs.merging import merge_motifs
from chrominterpret.motifs.modisco import Pattern
from chrominterpret.motifs.pwm import Motif, trim
from chromkeras.comparison.patterns.pattern_search import Searched

# Of two models' patterns on worm elements 9 to 12 % of pairs are that similar, 97 to 98 % of which
# TomTom finds alike too (q < 0.05); of a pattern and shuffled ones at most 1 %.
SIMILAR = 0.6


@dataclass(frozen=True, eq=False)
class FoundPattern:
    """A pattern of one model in one task.

    Attributes
    ----------
    model, task
        Their names.
    pattern
        What TF-MoDISco found.
    motif
        What it is matched by, under a name of its own.
    """

    model: str
    task: str
    pattern: Pattern
    motif: Motif


def found_pattern(model: str, task: str, pattern: Pattern) -> FoundPattern:
    """Return a pattern with the motif of its core, without flanks that say nothing."""
    core = pattern.motif()
    name = f"{model}: {task}: {core.name}"
    return FoundPattern(
        model, task, pattern, Motif(name, (trim(core) or core).ppm, nsites=core.nsites)
    )


def found_patterns(searched: Sequence[Searched]) -> list[FoundPattern]:
    """Return all patterns with their models and tasks."""
    return [
        found_pattern(each.model, each.task, pattern)
        for each in searched
        for pattern in each.patterns.patterns
    ]


@dataclass(frozen=True, eq=False)
class SharedPattern:
    """Patterns that are the same up to shift and strand.

    Attributes
    ----------
    name
        "P1", "P2", and so on.
    sign
        "pos" where they raise predictions, "neg" where they lower them.
    motif
        Their mean, named as the pattern.
    members
        At least one.
    """

    name: str
    sign: str
    motif: Motif
    members: tuple[FoundPattern, ...]

    def of(self, *, model: str | None = None, task: str | None = None) -> list[FoundPattern]:
        """Return the members of a model, of a task, or both."""
        return [
            each
            for each in self.members
            if model in (None, each.model) and task in (None, each.task)
        ]


def shared_patterns(
    found: Sequence[FoundPattern], *, threshold: float = SIMILAR
) -> list[SharedPattern]:
    """Put patterns together that are the same motif and of the same sign.

    Parameters
    ----------
    found
        Patterns of all models and tasks.
    threshold
        Least similarity to the strongest of them, as in
        `chrominterpret.motifs.merging.merge_motifs`.

    Returns
    -------
    list of SharedPattern
        Those that raise predictions first; each sign by falling strength.
    """
    shared: list[SharedPattern] = []
    for sign in ("pos", "neg"):
        known = {each.motif.name: each for each in found if each.pattern.sign == sign}
        for merged in merge_motifs([e.motif for e in known.values()], threshold=threshold):
            members = tuple(known[member.name] for member in merged.members)
            name = f"P{len(shared) + 1}"
            motif = Motif(name, merged.motif.ppm, nsites=merged.motif.nsites)
            shared.append(SharedPattern(name, sign, motif, members))
    return shared
