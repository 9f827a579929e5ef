"""Facts by name as lines for a person."""

from collections.abc import Mapping
from typing import Any

from chromkeras.names import printable


def fact_lines(facts: Mapping[str, Any], indent: int = 0) -> str:
    """Return a line for each fact; those of a mapping follow its name, indented.

    Examples
    --------
    >>> print(fact_lines({"rows": 3, "splits": {"train": 2, "test": 1}}))
    rows    3
    splits
      train  2
      test   1
    """
    lines = []
    names = {key: printable(key) for key in facts}
    width = max(len(name) for name in names.values()) + 2
    for key, value in facts.items():
        if isinstance(value, Mapping) and value:
            lines += [f"{' ' * indent}{names[key]}", fact_lines(value, indent + 2)]
        else:
            lines.append(f"{' ' * indent}{names[key]:<{width}}{_short(value)}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(printable, value))
    return f"{value:.4g}" if isinstance(value, float) else printable(value)
