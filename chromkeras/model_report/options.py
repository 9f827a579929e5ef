"""Options of an interpretation, checked."""

from dataclasses import dataclass

from chrominterpret.filters.rules import RULES, Rule
from chrominterpret.registry import METHODS
from chromkeras.errors import InputError
from chromkeras.model_report.choices import DEFAULT_METHODS, REFERENCE_KINDS, ReferenceKind
from chromkeras.names import check_unique, unknown

MOST_REFERENCES = 1000
MOST_PAIRS = 250_000  # some 5,000 a second on one core


@dataclass(frozen=True)
class InterpretOptions:
    """What to interpret and how.

    Attributes
    ----------
    tasks
        Tasks to attribute; none means all, or none where there are contrasts.
    contrasts
        Differences between tasks to attribute, as ``contrasts.parse_contrast`` reads them.
    split
        Name of the split that sequences are taken from.
    level
        Level of a factor, as FACTOR=NAME, whose rows alone are taken; "" for all. Gradients of DNA
        are averaged over all rows of a gene too.
    sequences
        How many rows are attributed.
    scan
        How many sequences the filters scan, and rows that are attributed are chosen of.
    methods
        Attribution methods, names of ``chrominterpret.methods.registry``.
    references
        How many references a sequence has (shuffles or genomic sequences), for the methods that
        compare with them.
    reference_kind
        Kind of reference, in ``choices.REFERENCE_KINDS``.
    modisco
        Most elements of each task for TF-MoDISco; 0 leaves it out.
    truth
        Whether to score everything by what a simulator planted.
    motifs
        Database for TomTom, as ``chrominterpret.motifs.jaspar.load_motifs`` reads it.
    rule
        Rule by which filters become motifs, in ``chrominterpret.filters.rules.RULES``.
    pairs
        Most rows over which features, such as regulators, are scored.
    targets
        File of the known targets of regulators, as ``known_targets.read_targets`` reads it.
    seed
        Seed of every random choice.
    head
        Name or position of the output, where a model without a run card has several.
    """

    tasks: tuple[str, ...] = ()
    contrasts: tuple[str, ...] = ()
    split: str = "valid"
    level: str = ""
    sequences: int = 48
    scan: int = 1000
    methods: tuple[str, ...] = DEFAULT_METHODS
    references: int = 20
    reference_kind: ReferenceKind = "shuffle"
    modisco: int = 500
    truth: bool = False
    motifs: str = "jaspar"
    rule: Rule = "threshold"
    pairs: int = MOST_PAIRS
    targets: str | None = None
    seed: int = 0
    head: str | int | None = None

    def __post_init__(self) -> None:
        for name in ("sequences", "scan", "references", "pairs"):
            if getattr(self, name) < 1:
                raise InputError(f"`{name}`: expected at least 1, received {getattr(self, name)}")
        if self.modisco < 0:
            raise InputError(f"`modisco`: expected at least 0, received {self.modisco}")
        for method in self.methods:
            if method not in METHODS.names():
                raise unknown("method", method, METHODS.names())
        check_unique("`methods` name", self.methods)
        if self.references > MOST_REFERENCES:
            raise InputError(
                f"`references`: expected at most {MOST_REFERENCES}, received {self.references}"
            )
        check_unique("`tasks` name", self.tasks)
        if self.reference_kind not in REFERENCE_KINDS:
            raise unknown("reference kind", self.reference_kind, REFERENCE_KINDS)
        if self.truth and self.contrasts:
            raise InputError("`truth`: expected no `contrasts`, as tasks are scored; received some")
        if self.rule not in RULES:
            raise unknown("rule", self.rule, RULES)
