"""Targets of attributions: a task, or the difference between tasks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.names import check_unique, unknown
from chromkeras.problems.registry import find_problem

REST = "rest"
"""Stands in a contrast for all tasks that it does not name."""
_MINUS = re.compile("[-\N{MINUS SIGN}]")


@dataclass(frozen=True)
class Target:
    """The mean logit of some tasks, less that of others.

    Attributes
    ----------
    name
        For people: the task, or such as "Intest - Neurons".
    raised
        Tasks that count positively. An element of the target is open in one of them.
    lowered
        Tasks that count negatively; none for a task alone.
    """

    name: str
    raised: tuple[str, ...]
    lowered: tuple[str, ...] = ()

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each task's logit; tasks that do not count are left out."""
        raised = {task: 1 / len(self.raised) for task in self.raised}
        return raised | {task: -1 / len(self.lowered) for task in self.lowered}

    def excess(self, logits: np.ndarray, tasks: Sequence[str]) -> np.ndarray:
        """Return how far the target stands out, shape (n,), from logits of shape (n, T).

        A contrast's value; a task's logit less the mean of all; the only task's logit.
        """
        weights = [self.weights.get(task, 0.0) for task in tasks]
        value: np.ndarray = logits @ np.array(weights)
        return value if self.lowered or len(tasks) == 1 else value - logits.mean(axis=1)

    def is_open(self, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
        """Return which rows, shape (n,), stand out in a task that counts positively."""
        places = [dataset.tasks.index(task) for task in self.raised]
        opened = find_problem(dataset.problem).positive_rows(dataset, rows)
        return np.asarray(opened[:, places].any(axis=1))


def choose_targets(
    tasks: Sequence[str], contrasts: Sequence[str], known: tuple[str, ...]
) -> tuple[Target, ...]:
    """Return what to attribute: the tasks, then the contrasts; every task where none is named.

    Parameters
    ----------
    tasks
        Names.
    contrasts
        As `parse_contrast` reads them.
    known
        Names of the model's tasks.

    Raises
    ------
    InputError
        A task is unknown, a contrast has no reading or several, or a target stands twice.
    """
    for task in tasks:
        if task not in known:
            raise unknown("task", task, known)
    alone = tasks if tasks or contrasts else known
    targets = [Target(task, (task,)) for task in alone]
    targets += [parse_contrast(text, known) for text in contrasts]
    check_unique("task or contrast", [target.name for target in targets])
    return tuple(targets)


def parse_contrast(text: str, known: tuple[str, ...]) -> Target:
    """Read a contrast such as "Intest-Neurons", "Muscle - Hypod+Intest" or "Muscle-rest".

    Each side is a task, or tasks with ``+`` between, whose mean counts; ``rest``, on the right,
    stands for all tasks that the left does not name. Names may hold ``-`` and ``+``: of the ways to
    divide the text the one counts whose sides are known; spaces around the minus decide between
    several.

    Raises
    ------
    InputError
        There is no such way or more than one, or a task stands twice.
    """
    minus = [m.start() for m in _MINUS.finditer(text)]
    # Each task stands once, so a text with more signs than all names together has no reading.
    if len(minus) > 2 * sum(len(_MINUS.findall(name)) for name in known) + 1:
        raise _unread(text, minus, known)
    readings = [r for at in minus if (r := _read(text[:at], text[at + 1 :], known))]
    if len(readings) > 1:
        spaced = [at for at in minus if text[max(at - 1, 0) : at + 2 : 2] == "  "]
        by_space = [r for at in spaced if (r := _read(text[:at], text[at + 1 :], known))]
        readings = by_space or readings
    if not readings:
        raise _unread(text, minus, known)
    if len(readings) > 1:
        sides = (("+".join(r.raised), "+".join(r.lowered)) for r in readings)
        meant = " or ".join(f"{raised!r} less {lowered!r}" for raised, lowered in sides)
        raise InputError(f"contrast {text!r} may mean {meant}; put spaces around the minus")
    named = [*readings[0].raised, *readings[0].lowered]
    for task in named:
        if named.count(task) > 1:
            raise InputError(f"contrast {text!r} names {task!r} twice; expected each task once")
    return readings[0]


def _read(left: str, right: str, known: tuple[str, ...]) -> Target | None:
    """Return what two sides mean, or None where a task is unknown."""
    raised, lowered = _side(left, known), _side(right, known)
    name = "+".join(lowered)
    if right.strip() == REST and not lowered:
        lowered, name = tuple(task for task in known if task not in raised), REST
    return Target(f"{'+'.join(raised)} - {name}", raised, lowered) if raised and lowered else None


def _side(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tasks that a side names, the longest name first where one holds a ``+``.

    From the right on, it is found for each part between two ``+`` which part follows the first name
    of the text that begins there; the work is in proportion to the number of parts.
    """
    parts, names = text.split("+"), set(known)
    most = 1 + max(name.count("+") for name in known)
    follows: dict[int, tuple[str, int]] = {}
    for i in reversed(range(len(parts))):
        for after in range(min(i + most, len(parts)), i, -1):
            name = "+".join(parts[i:after]).strip()
            if name in names and (after == len(parts) or after in follows):
                follows[i] = name, after
                break
    found, i = [], 0
    while i in follows:
        name, i = follows[i]
        found.append(name)
    return tuple(found)


def _unread(text: str, minus: list[int], known: tuple[str, ...]) -> InputError:
    """Return the error for a contrast without a reading: the unknown task, where it is clear."""
    if len(minus) == 1:
        sides = (text[: minus[0]], text[minus[0] + 1 :])
        wrong = [side for side in sides if not _side(side, known) and side.strip() != REST]
        for name in (part.strip() for side in wrong for part in side.split("+")):
            if name and name not in known:
                error = unknown("task", name, known)
                return InputError(f"contrast {text!r}: {error}")
    return InputError(
        f"contrast {text!r}: expected TASK-TASK, TASK+TASK-TASK or TASK-{REST}, with tasks of "
        f"{', '.join(known)}"
    )
