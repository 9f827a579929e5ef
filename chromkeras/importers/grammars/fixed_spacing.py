"""Fixed spacing: open where the two motifs of the task's pair are one distance apart.

Every row holds every task's pair, in ``copies`` blocks of first motif, gap and second motif, either
strand up. The gap is ``spacing`` bases where the row is open, which it is with probability r;
elsewhere it is drawn from distances at least 5 bp away from that, and at most 20 bp beyond.
"""

from typing import Any

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.draft import Draft
from chromkeras.importers.pairs import draw_spaced
from chromkeras.importers.simulation import Simulation

DEFAULTS: dict[str, Any] = {"copies": (1, 2), "span": 400, "spacing": (10, 10)}
TAKES_SPACING = True


def draw(
    rng: np.random.Generator, settings: Simulation, widths: np.ndarray, member: np.ndarray
) -> Draft:
    """Draw rows; see the module's docstring and `registry.grammar`.

    Raises
    ------
    InputError
        The spacing is missing or a range, or the instances do not fit.
    """
    spacing = settings.spacing
    if spacing is None or spacing[0] != spacing[1]:
        received = "none" if spacing is None else f"{spacing[0]}-{spacing[1]}"
        raise InputError(
            f"grammar 'fixed_spacing': expected one spacing such as 10, received {received}"
        )
    return draw_spaced(rng, settings, widths, member, spacing)
