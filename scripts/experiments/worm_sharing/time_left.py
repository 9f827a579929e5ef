"""How long the runs that are still to be made will take."""

from collections.abc import Mapping, Sequence
from statistics import fmean


def seconds_left(spent: Mapping[str, Sequence[float]], plans: Sequence[str]) -> float | None:
    """Return the seconds that runs of these plans will take; None before the first is made.

    Parameters
    ----------
    spent
        Seconds of each run made by this call, by its plan.
    plans
        Of the runs still to be made. One of a plan that has not been seen counts as the mean of all
        that have.
    """
    every = [seconds for some in spent.values() for seconds in some]
    if not every:
        return None
    return sum(fmean(spent.get(plan) or every) for plan in plans)
