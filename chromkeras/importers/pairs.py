"""Pairs of motifs, one for each task, and pairs planted as one block at a distance."""

import numpy as np

from chromkeras.errors import InputError
from chromkeras.importers.draft import Draft, fit_copies
from chromkeras.importers.simulation import Simulation

APART = 5
"""Wrong distances are this many bases or more from the right ones: half a turn of the helix."""
BEYOND = 20
"""Wrong distances go this many bases beyond the right ones."""


def partners(settings: Simulation, member: np.ndarray) -> np.ndarray:
    """Return the motif that goes with each task's own, shape (T,), int64; task t's own is t.

    Parameters
    ----------
    member
        Shape (T, M), bool: the motifs of each task.

    Raises
    ------
    InputError
        The tasks' sets are no pairs, or there are too few motifs for one of each task's own.
    """
    tasks, motifs = member.shape
    if settings.motifs_per_task != 2:
        raise InputError(
            f"grammar {settings.grammar!r} plants pairs: expected 2 motifs per task, "
            f"received {settings.motifs_per_task}"
        )
    if motifs <= tasks:
        raise InputError(
            f"grammar {settings.grammar!r} plants pairs: expected more motifs than the {tasks} "
            f"tasks, received {motifs}; choose more motifs or fewer tasks"
        )
    return tasks + member[:, tasks:].argmax(axis=1)


def draw_spaced(
    rng: np.random.Generator,
    settings: Simulation,
    widths: np.ndarray,
    member: np.ndarray,
    spacing: tuple[int, int],
) -> Draft:
    """Draw rows with every task's pair, at right distances where open, at wrong ones elsewhere.

    Parameters
    ----------
    widths
        Shape (M,), int: the motifs' widths in bases.
    member
        Shape (T, M), bool: the motifs of each task.
    spacing
        Least and most bases between the two motifs of an open row.
    """
    partner = partners(settings, member)
    shape = (settings.sequences, settings.tasks)
    opened = rng.random(shape) < settings.positive_rate
    copies = rng.integers(settings.copies[0], settings.copies[1] + 1, shape)
    most = np.where(opened, spacing[1], spacing[1] + BEYOND)
    copies = fit_copies(copies, widths[: settings.tasks] + widths[partner] + most, settings.span)
    row, task = (np.repeat(i.ravel(), copies.ravel()) for i in np.indices(shape))
    right = opened[row, task]
    gap = np.where(
        right,
        rng.integers(spacing[0], spacing[1] + 1, len(row)),
        rng.choice(wrong_distances(spacing), len(row)),
    )
    causal = right[:, None] & (task[:, None] == np.arange(settings.tasks))
    return Draft(
        opened=opened,
        block_row=row,
        block=np.repeat(np.arange(len(row)), 2),
        offset=np.stack([np.zeros_like(gap), widths[task] + gap], axis=1).ravel(),
        motif=np.stack([task, partner[task]], axis=1).ravel(),
        causal=np.repeat(causal, 2, axis=0),
    )


def wrong_distances(spacing: tuple[int, int]) -> np.ndarray:
    """Return the distances that close a pair: well below the least or well above the most."""
    below = np.arange(max(spacing[0] - APART + 1, 0))
    above = np.arange(spacing[1] + APART, spacing[1] + BEYOND + 1)
    return np.concatenate([below, above])
