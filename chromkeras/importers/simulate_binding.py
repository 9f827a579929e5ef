"""Simulated binding: a factor binds where its motif lies in open chromatin.

The rule
--------
Tasks are factors, each with a motif of its own. A row has DNA, a signal along it of two tracks, and
a vector of three annotations.

1. Of every factor's motif a row holds one site with probability ``site_rate``, at random places and
   strands of the middle ``span`` bp of random sequence, without overlap.
2. A row is open with probability ``open_rate``: around a random place of the span the first track,
   accessibility, has a peak of ``width`` bp over a noisy floor. The second, mappability, falls from
   1 to 0.3 somewhere and means nothing.
3. The three annotations are 0 or 1, drawn alike: promoter, CpG island, coding. The last two mean
   nothing.
4. A site in the peak (its middle within it) is bound in promoters with probability
   ``bound_in_promoters``, elsewhere with ``bound_elsewhere``. A row's label is 1 in a task where a
   site of the factor is bound. Nothing else is bound.

So the DNA alone does not tell a bound site from one in closed chromatin, nor does the signal alone
tell which factor binds. Places are kept as ``Truth``, bound sites as causal.
"""

from dataclasses import dataclass, replace

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.data.truth import Truth
from chromkeras.errors import InputError
from chromkeras.importers.draft import from_copies
from chromkeras.importers.motif_choice import (
    WORM_MOTIFS,
    choose_motifs,
    meme_text,
    one_task_simulation,
)
from chromkeras.importers.planting import (
    WORM_TRANSITIONS,
    composition,
    markov_sequences,
    place,
    write_instances,
)
from chromkeras.importers.simulate import causal_instances, check_classes, random_split
from chromkeras.importers.simulation import DEFAULT_SOURCE, Simulation

TRACKS = ("accessibility", "mappability")
ANNOTATIONS = ("promoter", "CpG island", "coding")
HEIGHT, FLOOR = 0.5, 0.1  # of the peak, and the mean of the floor
UNMAPPABLE, LOW = 100, 0.3  # bases of the stretch that maps badly, and the track there


@dataclass(frozen=True)
class BindingSimulation:
    """What to simulate; the rule is in ``chromkeras.importers.simulate_binding``.

    Attributes
    ----------
    factors, sequences, length
        Number of factors and rows, and bases in a row.
    source
        Where motifs come from: "jaspar:GROUP" or a motif file.
    motifs
        Name of each factor's motif; empty for those of the worm, or the most informative of
        another source.
    span
        Bases in the middle of a row that take sites and peak.
    site_rate, open_rate
        Probability that a row holds a factor's site, and that it is open.
    width
        Bases of the accessible stretch.
    bound_in_promoters, bound_elsewhere
        Probability that an accessible site is bound.
    gc
        Share of G and C in the random sequence; None for the worm's order-1 Markov chain.
    valid_fraction, test_fraction
        Shares of rows in these splits, at random; the rest is for training.
    seed
        Same seed, same data set.
    """

    factors: int = 2
    sequences: int = 5000
    length: int = 1002
    source: str = DEFAULT_SOURCE
    motifs: tuple[str, ...] = ()
    span: int = 400
    site_rate: float = 0.5
    open_rate: float = 0.8
    width: int = 150
    bound_in_promoters: float = 0.95
    bound_elsewhere: float = 0.5
    gc: float | None = None
    valid_fraction: float = 0.1
    test_fraction: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("factors", 1), ("sequences", 10), ("width", 1)):
            if getattr(self, name) < least:
                raise InputError(
                    f"expected {name} of at least {least}, received {getattr(self, name)}"
                )
        for name in ("site_rate", "open_rate", "bound_in_promoters", "bound_elsewhere"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"expected {name} from 0 to 1, received {getattr(self, name)}")
        if self.motifs and len(self.motifs) != self.factors:
            raise InputError(
                f"expected a motif for each of {self.factors} factors, received {len(self.motifs)}"
            )
        if not self.motifs and self.source == DEFAULT_SOURCE and self.factors > len(WORM_MOTIFS):
            raise InputError(
                f"expected at most {len(WORM_MOTIFS)} factors unless motifs are named, received "
                f"{self.factors}"
            )
        self.common()

    def common(self) -> Simulation:
        """Return the settings that a simulation of accessibility has as well, checked."""
        return one_task_simulation(self, sequences=self.sequences, motifs=self.factors)


DEFAULT = BindingSimulation()


def simulate_binding(settings: BindingSimulation = DEFAULT) -> Dataset:
    """Simulate binding that needs a motif and open chromatin, by a known rule.

    Parameters
    ----------
    settings
        What to simulate; the rule is in this module's description.

    Returns
    -------
    Dataset
        Inputs "dna", "signal" (length, 2) along the DNA and "annotation" (3,); a task for each
        factor, named after its motif; ``truth`` and ``motifs``.

    Raises
    ------
    InputError
        The motifs are unknown, too long or too few, their sites do not fit in the span, or a task
        came out with one class only in the training split.

    Examples
    --------
    >>> data = simulate_binding(BindingSimulation(sequences=200, length=300, span=200))
    >>> data.shapes
    {'dna': (300, 4), 'signal': (300, 2), 'annotation': (3,)}
    """
    rng = np.random.default_rng(settings.seed)
    codes, sites, motifs = _sites(rng, settings)
    centre = _peaks(rng, settings)
    annotation = rng.random((settings.sequences, len(ANNOTATIONS))) < 0.5
    bound = _bound(rng, settings, sites, centre, annotation[:, 0])
    causal = bound[:, None] & (sites.motif[:, None] == np.arange(settings.factors))
    labels = np.zeros((settings.sequences, settings.factors), np.int8)
    labels[sites.row[bound], sites.motif[bound]] = 1
    names, text = motifs
    dataset = Dataset(
        inputs={
            "dna": PackedSequences.from_codes(codes),
            "signal": DenseTable(_signal(rng, settings, centre), along_dna=True, channels=TRACKS),
            "annotation": DenseTable(annotation.astype(np.int8), channels=ANNOTATIONS),
        },
        labels=labels,
        tasks=names,
        problem="binary",
        split=random_split(rng, settings.common()),
        truth=replace(sites, causal=causal),
        motifs=text,
    )
    check_classes(dataset)
    return dataset


def describe_binding(settings: BindingSimulation, dataset: Dataset) -> list[str]:
    """Return lines that say what binding needs, and how many sites are bound."""
    labels = [motif.label for motif in choose_motifs(settings.common())[: settings.factors]]
    bound: np.ndarray = causal_instances(dataset).max(axis=1)
    return [
        f"binding needs: {', '.join(labels)}; each in {TRACKS[0]}",
        f"an accessible site is bound: {settings.bound_in_promoters:.0%} in a {ANNOTATIONS[0]}, "
        f"{settings.bound_elsewhere:.0%} elsewhere",
        f"mean nothing: {TRACKS[1]}, {', '.join(ANNOTATIONS[1:])}",
        f"planted: {len(bound):,} sites, {bound.sum():,} of them bound",
    ]


def _sites(
    rng: np.random.Generator, settings: BindingSimulation
) -> tuple[np.ndarray, Truth, tuple[tuple[str, ...], str]]:
    """Return codes (N, length), the sites, and names and text of the motifs."""
    motifs = choose_motifs(settings.common())[: settings.factors]
    if len(motifs) < settings.factors:
        raise InputError(f"expected {settings.factors} motifs, received {len(motifs)}")
    widths = np.array([len(motif) for motif in motifs])
    copies = rng.random((settings.sequences, settings.factors)) < settings.site_rate
    everywhere = np.ones((settings.sequences, 1), bool)
    draft = from_copies(
        copies.astype(int), everywhere, np.ones((1, len(motifs)), bool), np.ones_like(copies)
    )
    transitions = WORM_TRANSITIONS if settings.gc is None else composition(settings.gc)
    codes = markov_sequences(rng, settings.sequences, settings.length, transitions)
    sites = place(rng, draft, widths, (_first(settings), settings.span), [m.name for m in motifs])
    nowhere = np.zeros(settings.sequences, bool)
    write_instances(rng, codes, sites, [motif.ppm for motif in motifs], nowhere)
    names = tuple(motif.alt_name or motif.name for motif in motifs)
    return codes, sites, (names, meme_text(motifs))


def _first(settings: BindingSimulation) -> int:
    return (settings.length - settings.span) // 2


def _peaks(rng: np.random.Generator, settings: BindingSimulation) -> np.ndarray:
    """Return the middle of each row's accessible stretch, shape (N,); NaN where it is closed."""
    centre = _first(settings) + rng.random(settings.sequences) * settings.span
    return np.where(rng.random(settings.sequences) < settings.open_rate, centre, np.nan)


def _bound(
    rng: np.random.Generator,
    settings: BindingSimulation,
    sites: Truth,
    centre: np.ndarray,
    promoter: np.ndarray,
) -> np.ndarray:
    """Return which sites are bound, shape (M,), bool."""
    away = np.abs((sites.start + sites.end) / 2 - centre[sites.row])
    rate = np.where(promoter, settings.bound_in_promoters, settings.bound_elsewhere)
    bound: np.ndarray = (away <= settings.width / 2) & (rng.random(len(away)) < rate[sites.row])
    return bound


def _signal(
    rng: np.random.Generator, settings: BindingSimulation, centre: np.ndarray
) -> np.ndarray:
    """Return both tracks, shape (N, length, 2), float32."""
    base = np.arange(settings.length)
    shape = (settings.sequences, settings.length)
    with np.errstate(invalid="ignore"):
        peak = np.abs(base - centre[:, None]) <= settings.width / 2
    floor = rng.gamma(2.0, FLOOR / 2, shape)
    worst = rng.integers(0, settings.length, settings.sequences)[:, None]
    badly = np.abs(base - worst) <= UNMAPPABLE / 2
    tracks = (HEIGHT * peak * rng.uniform(0.5, 1.5, (len(centre), 1)) + floor,
              np.where(badly, LOW, 1.0))  # fmt: skip
    return np.stack(tracks, axis=-1).astype(np.float32)
