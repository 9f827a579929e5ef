"""Homotypic density: open where any motif of the task's set is there in many copies.

Every row holds every motif: many times, independently, with probability π = 1 − (1 − r)^(1/K),
which is a uniform number of ``copies``; else few times, from once to half of the fewest of many.
"""

from typing import Any

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.draft import Draft, fit_copies, from_copies
from chromkeras.importers.simulation import Simulation, any_of_set

DEFAULTS: dict[str, Any] = {"span": 300}
TAKES_SPACING = False


def draw(
    rng: np.random.Generator, settings: Simulation, widths: np.ndarray, member: np.ndarray
) -> Draft:
    """Draw rows; see the module's docstring and `registry.grammar`.

    Raises
    ------
    InputError
        Many copies could be one, or the instances do not fit.
    """
    shape = (settings.sequences, len(widths))
    fewest, most = settings.copies
    if fewest < 2:
        raise InputError(
            f"grammar 'density' tells many copies from one: expected copies of at least 2, "
            f"received {fewest}-{most}"
        )
    many = rng.random(shape) < any_of_set(settings)
    few = rng.integers(1, fewest // 2 + 1, shape)
    copies = np.where(many, rng.integers(fewest, most + 1, shape), few)
    least = np.where(many, fewest, 1)
    copies = fit_copies(copies, widths, settings.span, fewest=least)
    return from_copies(copies, many @ member.T, member, many)
