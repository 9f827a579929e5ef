"""Heterotypic pairs: open only where both motifs of the task's pair are present.

A task's pair is a motif of its own and a partner, which tasks may share. Every row holds at least
one of the two: each is present with probability (1 + r) / 2, and both are with probability r.
Motifs present are planted in a uniform number of ``copies``, apart from each other at random.
"""

from typing import Any

import numpy as np

from chromkeras.importers.draft import Draft, fit_copies, from_copies
from chromkeras.importers.pairs import partners
from chromkeras.importers.simulation import Simulation

DEFAULTS: dict[str, Any] = {"copies": (2, 3)}
TAKES_SPACING = False


def draw(
    rng: np.random.Generator, settings: Simulation, widths: np.ndarray, member: np.ndarray
) -> Draft:
    """Draw rows; see the module's docstring and `registry.grammar`."""
    partner, rate = partners(settings, member), settings.positive_rate
    rows, tasks, motifs = settings.sequences, settings.tasks, len(widths)
    others = rng.random((rows, motifs - tasks)) < (1 + rate) / 2
    beside = others[:, partner - tasks]
    opened = beside & (rng.random((rows, tasks)) < 2 * rate / (1 + rate))
    present = np.hstack([opened | ~beside, others])
    fewest, most = settings.copies
    copies = np.where(present, rng.integers(fewest, most + 1, (rows, motifs)), 0)
    copies = fit_copies(copies, widths, settings.span)
    return from_copies(copies, opened, member, present)
