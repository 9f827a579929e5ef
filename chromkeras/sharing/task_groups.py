"""Groups of tasks: how ``sharing.groups`` is written and read."""

import re
from collections.abc import Sequence

from chromkeras.errors import InputError
from chromkeras.names import unknown

_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*|([^",;]*))([,;]|\Z)')
_CLUSTERS = re.compile(r"\s*(labels|gradients)\s*:(.*)", re.DOTALL)
_SPECIAL = re.compile(r'[",;]|^\s|\s$|^(labels|gradients)\s*:')


def task_groups(text: str, tasks: Sequence[str]) -> tuple[int, ...]:
    """Return the group of every task, counted from 0 in the order of the text.

    Parameters
    ----------
    text
        Names with "," between the tasks of a group and ";" between groups, such as "a,b;c,d". A
        name that holds one of these or a double quote stands in double quotes, with the quotes
        inside it doubled. Tasks that are not named form the last group.
    tasks
        Names of all T tasks.

    Returns
    -------
    tuple of int
        Shape (T,).

    Raises
    ------
    InputError
        A task is unknown or named twice, a name is missing, a quote does not end, or the text
        asks for clusters, which only the data can give (``training.groups.resolve_groups``).
    """
    if clusters(text, len(tasks)) is not None:
        raise InputError(
            f"sharing.groups: expected task names such as 'a,b;c,d', received {text!r}, which "
            "must be resolved with the data first"
        )
    group_of: dict[str, int] = {}
    named = _parse(text)
    for group, names in enumerate(named):
        for name in names:
            if name not in tasks:
                raise unknown("task in sharing.groups:", name, tasks)
            if name in group_of:
                raise InputError(
                    f"sharing.groups: expected each task once, received {name!r} twice"
                )
            group_of[name] = group
    return tuple(group_of.get(task, len(named)) for task in tasks)


def clusters(text: str, tasks: int) -> tuple[str, int] | None:
    """Return what "labels:N" or "gradients:N" asks for, None for a text of names.

    Raises
    ------
    InputError
        N is no whole number from 1 to the number of tasks.
    """
    match = _CLUSTERS.fullmatch(text)
    if match is None:
        return None
    count = match[2].strip()
    if not count.isdecimal() or not 1 <= int(count) <= tasks:
        raise InputError(
            f"sharing.groups: expected {match[1]}:N with N from 1 to {tasks}, the number of "
            f"tasks, received {text!r}"
        )
    return match[1], int(count)


def groups_text(groups: Sequence[int], tasks: Sequence[str]) -> str:
    """Return the text that ``task_groups`` reads as these groups, every task named.

    Groups are written, and so numbered, in the order of their first tasks.
    """
    members: dict[int, list[str]] = {}
    for group, task in zip(groups, tasks, strict=True):
        members.setdefault(group, []).append(_quoted(task))
    return ";".join(",".join(names) for names in members.values())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if _SPECIAL.search(name) else name


def _parse(text: str) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    at, end = 0, ","
    while end:
        match = _NAME.match(text, at)
        if match is None:
            raise InputError(
                "sharing.groups: expected names such as a,b;c,d, in double quotes where they hold "
                f'"," or ";" or quotes, received {text!r}'
            )
        quoted, plain, end = match.groups()
        name = plain.strip() if quoted is None else quoted.replace('""', '"')
        if not name:
            raise InputError(f"sharing.groups: expected a task name in every place of {text!r}")
        groups[-1].append(name)
        at = match.end()
        if end == ";":
            groups.append([])
    return groups
