"""Motif presence: open where any motif of the task's set is present.

In every row each motif is present, independently, with probability π = 1 − (1 − r)^(1/K), in a
uniform number of ``copies``; so an element is open with probability r.
"""

from typing import Any

import numpy as np

from chromkeras.importers.draft import Draft, fit_copies, from_copies
from chromkeras.importers.simulation import Simulation, any_of_set

DEFAULTS: dict[str, Any] = {}
TAKES_SPACING = False


def draw(
    rng: np.random.Generator, settings: Simulation, widths: np.ndarray, member: np.ndarray
) -> Draft:
    """Draw rows; see the module's docstring and `registry.grammar`."""
    shape = (settings.sequences, len(widths))
    fewest, most = settings.copies
    copies = np.where(
        rng.random(shape) < any_of_set(settings), rng.integers(fewest, most + 1, shape), 0
    )
    copies = fit_copies(copies, widths, settings.span)
    present = copies > 0
    return from_copies(copies, present @ member.T, member, present)
