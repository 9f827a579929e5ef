"""How two motifs lie on each other, for showing them one above the other."""

from dataclasses import dataclass

import numpy as np

from chrominterpret.errors import InputError
from chrominterpret.motifs.pwm import Motif, logo_heights, reverse_complement

LEAST_OVERLAP = 4


@dataclass(frozen=True, eq=False)
class AlignedMotifs:
    """Two motifs in register.

    Attributes
    ----------
    first, second
        The second turned to the strand that fits better.
    offset
        Column of the second at which the first begins; may be below 0.
    """

    first: Motif
    second: Motif
    offset: int


def align_motifs(first: Motif, second: Motif) -> AlignedMotifs:
    """Lay one motif on the other where Σ h·g over their overlap is largest, in letter heights."""
    best: tuple[float, AlignedMotifs] | None = None
    least = min(LEAST_OVERLAP, len(first), len(second))
    a = np.asarray(logo_heights(first.ppm))
    for turned in (second, reverse_complement(second)):
        b = np.asarray(logo_heights(turned.ppm))
        for offset in range(least - len(a), len(b) - least + 1):
            low, high = max(0, offset), min(len(b), offset + len(a))
            score = float((a[low - offset : high - offset] * b[low:high]).sum())
            if best is None or score > best[0]:
                best = score, AlignedMotifs(first, turned, offset)
    if best is None:
        raise InputError(
            f"expected motifs of at least one column, received {len(first)} and {len(second)}"
        )
    return best[1]
