"""Problems by name; a name is a module of this package with ``PROBLEM``."""

from chromkeras.problems.problem import Problem
from chromkeras.registry import PROBLEMS


def find_problem(name: str) -> Problem:
    """Return a problem by name, or raise ``InputError`` for an unknown one.

    Examples
    --------
    >>> find_problem("regression").score_title
    'Pearson r'
    """
    found: Problem = PROBLEMS.get(name).PROBLEM
    return found
