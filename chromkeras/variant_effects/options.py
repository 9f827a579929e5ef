"""What is asked of a scoring of variants."""

from dataclasses import dataclass

from chromkeras.errors import InputError


@dataclass(frozen=True)
class VariantOptions:
    """Options of `variants`.

    Attributes
    ----------
    tasks
        Tasks to score; none for all, or for the contrasts alone.
    contrasts
        Differences of tasks, such as "Intest-Neurons" or "Muscle-rest".
    shifts
        Bases by which the window is moved to the right of where the variant lies in its middle;
        outputs are averaged over them.
    both_strands
        Whether to average the outputs for a window and its reverse complement.
    calibrated
        Whether probabilities are for the share of positives in the training rows; the difference
        of log-odds does not depend on it.
    null
        Random substitutions of each trinucleotide in each kind of region that variants are compared
        with; 0 for no comparison. The smallest p is 1 / (null + 1).
    seed
        Seed of the random substitutions, and of the references of the explanations.
    members
        Whether the score of each member of an ensemble is written too.
    explain
        Number of variants to explain, those with the smallest p, or without a null the largest
        scores.
    motifs
        Known motifs for the explanations: "jaspar", "jaspar:GROUP" or a motif file.
    references
        Shuffles that each explained sequence is compared with.
    batch_size
        Windows in a forward pass; None takes as many as keep its memory small.

    Raises
    ------
    InputError
        A number is too small, or shifts are missing or given twice.
    """

    tasks: tuple[str, ...] = ()
    contrasts: tuple[str, ...] = ()
    shifts: tuple[int, ...] = (0,)
    both_strands: bool = True
    calibrated: bool = True
    null: int = 200
    seed: int = 0
    members: bool = False
    explain: int = 0
    motifs: str = "jaspar"
    references: int = 20
    batch_size: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("null", 0), ("seed", 0), ("explain", 0), ("references", 1)):
            if getattr(self, name) < least:
                raise InputError(
                    f"`{name}`: expected at least {least}, received {getattr(self, name)}"
                )
        if self.batch_size is not None and self.batch_size < 1:
            raise InputError(f"`batch_size`: expected at least 1, received {self.batch_size}")
        if not self.shifts or len(set(self.shifts)) < len(self.shifts):
            given = ", ".join(map(str, self.shifts)) or "none"
            raise InputError(f"`shifts`: expected different whole numbers, received {given}")
