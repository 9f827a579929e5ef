"""Simulated expression: planted motifs and histone marks that raise or lower it by a known rule.

The rule
--------
Rows are pairs of a gene and a cell type. A gene has DNA around its start of transcription, the same
in every cell type; a pair has histone marks in bins around that start.

1. Of three motifs a gene holds 0 to 3 copies each, drawn alike, at random places and strands of the
   middle ``span`` bp of random sequence: the first raises expression, the second lowers it, the
   third means nothing. The part of the DNA is d = n₁ − n₂.
2. Every mark has a peak at the start, of a height drawn from 0 to 4 for each pair, over a noisy
   floor. The first mark, H3K4me3, raises expression; the second, H3K27me3, lowers it; the others
   mean nothing. The part of the marks is h = height₁ − height₂.
3. With both parts and normal noise e scaled to a variance of 1 over all rows, the expression is
   y = √a d + √b h + √c e, where a, the ``dna_share``, c, the ``noise_share``, and b = 1 − a − c are
   shares of its variance: what a model can explain by either input, and by both.

Places of the copies are kept as ``Truth``, for every pair of a gene.
"""

from dataclasses import dataclass, replace

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.factor import Factor
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.data.truth import Truth
from chromkeras.errors import InputError
from chromkeras.importers.draft import fit_copies, from_copies
from chromkeras.importers.motif_choice import choose_motifs, meme_text, one_task_simulation
from chromkeras.importers.planting import (
    WORM_TRANSITIONS,
    composition,
    markov_sequences,
    place,
    write_instances,
)
from chromkeras.importers.simulate import random_split
from chromkeras.importers.simulation import DEFAULT_SOURCE, Simulation

TASK = "expression"
MARKS = ("H3K4me3", "H3K27me3", "H3K4me1", "H3K9me3", "H3K36me3")
WIDTHS = (6, 12, 15, 20, 25)  # of the marks' peaks, in bins: one standard deviation of 100 bins
MOST_COPIES, HIGHEST, FLOOR = 3, 4.0, 0.3
MOTIFS = 3  # one that raises, one that lowers, one that does neither


@dataclass(frozen=True)
class ExpressionSimulation:
    """What to simulate; the rule is in ``chromkeras.importers.simulate_expression``.

    Attributes
    ----------
    genes, cells, length
        Number of genes and cell types, and bases of DNA of a gene.
    bins
        Bins of histone marks.
    source
        Where motifs come from: "jaspar:GROUP" or a motif file.
    motifs
        Names of three motifs: one that raises expression, one that lowers it, one that means
        nothing; empty for three of the worm, or the most informative of another source.
    span
        Bases in the middle of the DNA that take the motifs.
    dna_share, noise_share
        Shares of the variance of expression that are due to the DNA, and to neither input.
    gc
        Share of G and C in the random sequence; None for the worm's order-1 Markov chain.
    valid_fraction, test_fraction
        Shares of genes in these splits, at random; the rest is for training.
    seed
        Same seed, same data set.
    """

    genes: int = 2000
    cells: int = 2
    length: int = 1000
    bins: int = 100
    source: str = DEFAULT_SOURCE
    motifs: tuple[str, ...] = ()
    span: int = 400
    dna_share: float = 0.4
    noise_share: float = 0.2
    gc: float | None = None
    valid_fraction: float = 0.1
    test_fraction: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("genes", 10), ("cells", 1), ("bins", 10)):
            if getattr(self, name) < least:
                raise InputError(
                    f"expected {name} of at least {least}, received {getattr(self, name)}"
                )
        for name in ("dna_share", "noise_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"expected {name} from 0 to 1, received {getattr(self, name)}")
        if self.dna_share + self.noise_share > 1:
            raise InputError(
                "expected dna_share and noise_share with a sum of at most 1, received "
                f"{self.dna_share} and {self.noise_share}"
            )
        if self.motifs and len(self.motifs) != MOTIFS:
            raise InputError(
                "expected three motifs: one that raises expression, one that lowers it, one that "
                f"means nothing; received {len(self.motifs)}"
            )
        self.common()

    def common(self) -> Simulation:
        """Return the settings that a simulation of accessibility has as well, checked."""
        return one_task_simulation(self, sequences=self.genes, motifs=MOTIFS)


DEFAULT = ExpressionSimulation()


def simulate_expression(settings: ExpressionSimulation = DEFAULT) -> Dataset:
    """Simulate expression that depends on DNA and histone marks by a known rule.

    Parameters
    ----------
    settings
        What to simulate; the rule is in this module's description.

    Returns
    -------
    Dataset
        Inputs "dna", one row a gene, and "histone" (bins, 5), one row a pair; task "expression",
        scaled to a variance of about 1; factors "gene" and "cell"; ``truth`` and ``motifs``.

    Raises
    ------
    InputError
        The motifs are unknown, too long or more than fit.

    Examples
    --------
    >>> data = simulate_expression(ExpressionSimulation(genes=20, length=200, span=150))
    >>> data.shapes, len(data)
    ({'dna': (200, 4), 'histone': (100, 5)}, 40)
    """
    rng = np.random.default_rng(settings.seed)
    gene = np.repeat(np.arange(settings.genes), settings.cells)
    cell = np.tile(np.arange(settings.cells), settings.genes)
    codes, copies, truth, motifs = _genes(rng, settings)
    height = rng.uniform(0, HIGHEST, (len(gene), len(MARKS)))
    parts = (
        (settings.dna_share, (copies[:, 0] - copies[:, 1])[gene]),
        (1 - settings.dna_share - settings.noise_share, height[:, 0] - height[:, 1]),
        (settings.noise_share, rng.normal(size=len(gene))),
    )
    expression = sum(np.sqrt(max(share, 0.0)) * _scaled(part) for share, part in parts)
    return Dataset(
        inputs={
            "dna": replace(PackedSequences.from_codes(codes), stranded=True),
            "histone": DenseTable(_marks(rng, settings, height), channels=MARKS),
        },
        index={"dna": gene},
        labels=np.asarray(expression, np.float32)[:, None],
        tasks=(TASK,),
        problem="regression",
        split=random_split(rng, settings.common())[gene],
        factors={
            "gene": Factor(tuple(f"gene_{i + 1}" for i in range(settings.genes)), gene),
            "cell": Factor(tuple(f"cell_{i + 1}" for i in range(settings.cells)), cell),
        },
        truth=_of_pairs(truth, settings.cells),
        motifs=motifs,
    )


def describe_expression(settings: ExpressionSimulation) -> list[str]:
    """Return lines that say which motifs and marks mean what."""
    motifs = [motif.label for motif in choose_motifs(settings.common())]
    marks = 1 - settings.dna_share - settings.noise_share
    return [
        f"raise expression: {motifs[0]}, {MARKS[0]}",
        f"lower expression: {motifs[1]}, {MARKS[1]}",
        f"mean nothing: {motifs[2]}, {', '.join(MARKS[2:])}",
        f"variance of expression: DNA {settings.dna_share:.0%}, histone {marks:.0%}, "
        f"noise {settings.noise_share:.0%}",
    ]


def _genes(
    rng: np.random.Generator, settings: ExpressionSimulation
) -> tuple[np.ndarray, np.ndarray, Truth, str]:
    """Return codes (genes, length), copies (genes, 3), the places of the copies, the motifs."""
    motifs = choose_motifs(settings.common())[:MOTIFS]
    widths = np.array([len(motif) for motif in motifs])
    wanted = rng.integers(0, MOST_COPIES + 1, (settings.genes, MOTIFS))
    copies = fit_copies(wanted, widths, settings.span, fewest=0)
    everywhere = np.ones((settings.genes, 1), bool)
    means = np.tile(np.arange(MOTIFS) < MOTIFS - 1, (settings.genes, 1))
    draft = from_copies(copies, everywhere, np.ones((1, MOTIFS), bool), means)
    transitions = WORM_TRANSITIONS if settings.gc is None else composition(settings.gc)
    codes = markov_sequences(rng, settings.genes, settings.length, transitions)
    middle = ((settings.length - settings.span) // 2, settings.span)
    sites = place(rng, draft, widths, middle, [motif.name for motif in motifs])
    nowhere = np.zeros(settings.genes, bool)
    write_instances(rng, codes, sites, [motif.ppm for motif in motifs], nowhere)
    return codes, copies, sites, meme_text(motifs)


def _marks(
    rng: np.random.Generator, settings: ExpressionSimulation, height: np.ndarray
) -> np.ndarray:
    """Return the marks (rows, bins, 5), float32, from the heights of their peaks (rows, 5)."""
    away = (np.arange(settings.bins) + 0.5 - settings.bins / 2) * (100 / settings.bins)
    peaks = np.exp(-0.5 * (away[:, None] / np.array(WIDTHS)) ** 2)
    floor = rng.gamma(2.0, FLOOR / 2, (len(height), settings.bins, len(MARKS)))
    return np.asarray(height[:, None] * peaks + floor, np.float32)


def _scaled(values: np.ndarray) -> np.ndarray:
    spread = float(values.std())
    return (values - values.mean()) / (spread or 1.0)


def _of_pairs(truth: Truth, cells: int) -> Truth:
    """Return the places in every row of a gene, from those in the genes."""
    every = truth.select(np.repeat(np.arange(len(truth.row)), cells))
    row = every.row * cells + np.tile(np.arange(cells), len(truth.row))
    every = replace(every, row=row)
    return every.select(np.lexsort((every.start, every.row)))
