"""What to simulate: one frozen description."""

from dataclasses import dataclass

from chromkeras.errors import InputError

DEFAULT_SOURCE = "jaspar:nematodes"


@dataclass(frozen=True)
class Simulation:
    """What to simulate; the rule is in ``chromkeras.importers.simulate``.

    Attributes
    ----------
    tasks, sequences, length
        Number of cell types and rows, and bases in a row.
    source
        Where motifs come from: "jaspar:GROUP" or a motif file.
    motifs
        Names of the motifs to use (identifier or factor), each task's own first; empty for three
        per two tasks, at most 16, from ``WORM_MOTIFS`` or the most informative of another source.
    motifs_per_task
        K, the size of each task's set.
    positive_rate
        r, the probability that an element is open in a task.
    copies
        Fewest and most instances of a motif that is present (in grammar "density", of one that is
        dense; in those with a spacing, of a task's pair).
    span
        Bases in the middle of each row that take the instances.
    label_noise
        Probability that the label of an element is wrong, in the first and in the last task, and
        in even steps between: peaks that were missed, and rows called open that are not.
    grammar
        What opens a row: a module of ``chromkeras.importers.grammars``.
    spacing
        Least and most bases between the two motifs of a pair, for grammars with a spacing.
    background_fraction
        Share of rows that are background.
    gc
        Share of G and C in the random sequence; None for the worm's order-1 Markov chain.
    valid_fraction, test_fraction
        Shares of rows in these splits, at random; the rest is for training.
    seed
        Same seed, same data set.
    """

    tasks: int = 4
    sequences: int = 5000
    length: int = 600
    source: str = DEFAULT_SOURCE
    motifs: tuple[str, ...] = ()
    motifs_per_task: int = 2
    positive_rate: float = 0.4
    copies: tuple[int, int] = (3, 5)
    span: int = 200
    background_fraction: float = 0.25
    gc: float | None = None
    valid_fraction: float = 0.1
    test_fraction: float = 0.1
    seed: int = 0
    grammar: str = "presence"
    spacing: tuple[int, int] | None = None
    label_noise: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        for name in ("tasks", "sequences", "length", "motifs_per_task", "span"):
            if getattr(self, name) < 1:
                raise InputError(f"expected {name} of at least 1, received {getattr(self, name)}")
        if self.span > self.length:
            raise InputError(
                f"expected a span of at most the length {self.length}, received {self.span}"
            )
        if self.seed < 0:
            raise InputError(f"expected a seed of at least 0, received {self.seed}")
        if not 0 < self.positive_rate < 1:
            raise InputError(
                f"expected a positive rate strictly between 0 and 1, received {self.positive_rate}"
            )
        if not 0 <= self.background_fraction < 1:
            raise InputError(
                "expected a background fraction from 0 to below 1, "
                f"received {self.background_fraction}"
            )
        if not 1 <= self.copies[0] <= self.copies[1]:
            raise InputError(
                "expected copies as fewest-most with 1 <= fewest <= most, "
                f"received {self.copies[0]}-{self.copies[1]}"
            )
        if self.spacing is not None and not 0 <= self.spacing[0] <= self.spacing[1]:
            raise InputError(
                "expected a spacing as least-most with 0 <= least <= most, "
                f"received {self.spacing[0]}-{self.spacing[1]}"
            )
        if not all(0 <= share < 0.5 for share in self.label_noise):
            raise InputError(
                "expected label noise of at least 0 and below 0.5, "
                f"received {self.label_noise[0]} and {self.label_noise[1]}"
            )
        held_out = (self.valid_fraction, self.test_fraction)
        if not (min(held_out) >= 0 and sum(held_out) < 1):
            raise InputError(
                "expected validation and test fractions of at least 0 with a sum below 1, "
                f"received {held_out[0]} and {held_out[1]}"
            )


def any_of_set(settings: Simulation) -> float:
    """Return π = 1 − (1 − r)^(1/K): any of K independent events of this probability has r."""
    return 1 - (1 - settings.positive_rate) ** (1 / settings.motifs_per_task)
