"""Bounded spacing: open where the two motifs of the task's pair are within a range of distances.

As ``fixed_spacing``, but the gap of an open row is uniform from the least to the most of
``spacing``; elsewhere it is at least 5 bp outside that range, and at most 20 bp beyond.
"""

from typing import Any

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.draft import Draft
from chromkeras.importers.pairs import draw_spaced
from chromkeras.importers.simulation import Simulation

DEFAULTS: dict[str, Any] = {"copies": (1, 2), "span": 400, "spacing": (5, 15)}
TAKES_SPACING = True


def draw(
    rng: np.random.Generator, settings: Simulation, widths: np.ndarray, member: np.ndarray
) -> Draft:
    """Draw rows; see the module's docstring and `registry.grammar`.

    Raises
    ------
    InputError
        The spacing is missing or one distance, or the instances do not fit.
    """
    spacing = settings.spacing
    if spacing is None or spacing[0] == spacing[1]:
        received = "none" if spacing is None else str(spacing[0])
        raise InputError(
            f"grammar 'bounded_spacing': expected a range such as 5-15, received {received}"
        )
    return draw_spaced(rng, settings, widths, member, spacing)
