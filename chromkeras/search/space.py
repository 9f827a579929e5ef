"""Search space: which values of a recipe a search tries, read from TOML."""

import itertools
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.names import printable, unknown
from chromkeras.recipe.choices import DEFAULT_ARCHITECTURE
from chromkeras.recipe.reading import checked_value, read_toml, recipe_keys, recipe_type
from chromkeras.recipe.recipe import SECTIONS

SHIPPED = Path(__file__).parent / "spaces"
LONGEST_SHOWN = 80
MOST_POINTS = 1_000_000
ROUNDING = 1e-8  # of the steps of a range, which floating point may miss by so much
# Keys that no search tries, and what does it instead.
REFUSED = {
    "architecture.name": "every architecture has keys of its own; make one search for each",
    "training.seed": "the best of several seeds is chance; give `replicates`",
}


@dataclass(frozen=True)
class Choices:
    """Values to choose from.

    Attributes
    ----------
    values
        Values of one key, each of the key's type; of keys that go together, a tuple of theirs.
    """

    values: tuple[Any, ...]

    @property
    def labels(self) -> tuple[Any, ...]:
        """What a study keeps of the values: lists as text, anything else as it is."""
        return tuple(_label(value) for value in self.values)

    def value(self, label: Any) -> Any:
        """Return the value of a label."""
        return self.values[self.labels.index(label)]


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both among them.

    Attributes
    ----------
    low, high
        Ends, both whole numbers or both not.
    log
        Whether they are drawn evenly by their logarithm.
    step
        Distance of neighbours; None takes every number, or every whole number.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def whole(self) -> bool:
        """Whether its values are whole numbers."""
        return isinstance(self.low, int)

    @property
    def steps(self) -> int:
        """Number of steps from low to high; 0 where it has none."""
        step = self.step or (1 if self.whole and not self.log else 0)
        return round((self.high - self.low) / step) if step else 0


@dataclass(frozen=True)
class SearchSpace:
    """The values to try.

    Attributes
    ----------
    domains
        `Choices` or `Range` by name: a recipe key such as "training.learning_rate", or several of
        a section that go together, such as "architecture.filters, widths".
    """

    domains: Mapping[str, Choices | Range]

    @property
    def keys(self) -> tuple[str, ...]:
        """Recipe keys that are searched."""
        return tuple(key for name in self.domains for key in keys_of(name))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON has them."""
        return {
            key: {name: _plain(value) for name, value in asdict(domain).items()}
            for key, domain in self.domains.items()
        }

    def values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return recipe values by key for the labels of a trial, which are by name."""
        values: dict[str, Any] = {}
        for name, label in params.items():
            domain, keys = self.domains[name], keys_of(name)
            value = domain.value(label) if isinstance(domain, Choices) else label
            values |= zip(keys, value if len(keys) > 1 else (value,), strict=True)
        return values

    def grid(self) -> list[dict[str, Any]]:
        """Return the labels of every combination; the last key varies fastest.

        Raises
        ------
        InputError
            A range has no step, or there are more than a million combinations.
        """
        sides = {key: _points(key, domain) for key, domain in self.domains.items()}
        if (count := math.prod(map(len, sides.values()))) > MOST_POINTS:
            raise InputError(
                f"the grid has {count:,} points, expected {MOST_POINTS:,} at most; give fewer "
                "choices, or another `sampler`"
            )
        return [
            dict(zip(sides, point, strict=True)) for point in itertools.product(*sides.values())
        ]


def keys_of(name: str) -> tuple[str, ...]:
    """Return the recipe keys of a domain.

    Examples
    --------
    >>> keys_of("architecture.filters, widths")
    ('architecture.filters', 'architecture.widths')
    """
    section, _, names = name.partition(".")
    return tuple(f"{section}.{each.strip()}" for each in names.split(","))


def space_names() -> tuple[str, ...]:
    """Return the names of the search spaces that the package ships."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def read_space(
    space: str | os.PathLike[str] | Mapping[str, Any], architecture: str = DEFAULT_ARCHITECTURE
) -> SearchSpace:
    """Read a search space and check its keys and values.

    Parameters
    ----------
    space
        Name of a shipped space, a TOML file, or what such a file holds: tables by section of the
        recipe, with ``{choices = [...]}`` or ``{low = ..., high = ...}`` for each key, the latter
        perhaps with ``step = ...`` or ``log = true``. Keys that go together, such as "filters,
        widths", have choices that each hold a value of every key.
    architecture
        Name of the architecture, which says what keys of it there are.

    Raises
    ------
    InputError
        The space is unknown, empty or no TOML, a key is none of the recipe, or a value will not do.

    Examples
    --------
    >>> space = read_space({"training": {"batch_size": {"choices": [64, 128]}}})
    >>> space.grid()
    [{'training.batch_size': 64}, {'training.batch_size': 128}]
    """
    if isinstance(space, Mapping):
        return _read_tables(space, architecture)
    name = os.fspath(space)
    shipped = name in space_names()
    if not shipped and not Path(name).suffix and not Path(name).exists():
        error = unknown("search space", name, space_names())
        raise InputError(f"{error} (or give a file in TOML)")
    found = SHIPPED / f"{name}.toml" if shipped else require_file(name, "search space")
    title = f"search space {printable(name)}"
    tables = read_toml(found, title)
    try:
        return _read_tables(tables, architecture)
    except InputError as error:
        raise InputError(f"{title}: {error}") from error


def _read_tables(tables: Mapping[str, Any], architecture: str) -> SearchSpace:
    domains: dict[str, Choices | Range] = {}
    seen: list[str] = []
    for section, table in tables.items():
        if section not in SECTIONS:
            raise unknown("table", section, SECTIONS)
        if not isinstance(table, Mapping):
            raise InputError(f"expected a table [{section}], received {_shown(table)}")
        for name, domain in table.items():
            keys = keys_of(f"{section}.{name}")
            for key in keys:
                _check_key(key, seen, architecture)
                seen.append(key)
            whole = ", ".join([keys[0], *(key.partition(".")[2] for key in keys[1:])])
            domains[whole] = _domain(whole, domain, architecture)
    if not domains:
        raise InputError(
            "expected at least one key with values to try, such as "
            "training.batch_size = {choices = [64, 128]}, received none"
        )
    return SearchSpace(domains)


def _check_key(key: str, seen: Sequence[str], architecture: str) -> None:
    known = recipe_keys(architecture)
    if key not in known:
        raise unknown("recipe key", key, known)
    if key in REFUSED:
        raise InputError(f"{key} is not searched: {REFUSED[key]}")
    if key in seen:
        raise InputError(f"{key} stands twice; expected each recipe key once")


def _domain(key: str, domain: Any, architecture: str) -> Choices | Range:
    if not isinstance(domain, Mapping):
        raise InputError(
            f"{key}: expected {{choices = [...]}} or {{low = ..., high = ...}}, received "
            f"{_shown(domain)}; a value that is not searched belongs in the recipe"
        )
    parts = ("choices",) if "choices" in domain else ("low", "high", "log", "step")
    for part in domain:
        if part not in parts:
            raise unknown(f"word in {key}:", str(part), parts)
    if "choices" in domain:
        return _choices(key, domain["choices"], architecture)
    for part in ("low", "high"):
        if part not in domain:
            raise InputError(f"{key}: expected choices, or low and high; {part} is missing")
    return _range(key, domain, architecture)


def _choices(key: str, values: Any, architecture: str) -> Choices:
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        raise InputError(
            f"{key}: expected choices = [one value or more], received {_shown(values)}"
        )
    found = Choices(tuple(_choice(key, value, architecture) for value in values))
    for place, label in enumerate(found.labels):
        if label in found.labels[:place]:
            raise InputError(f"{key}: expected different choices, received {_shown(label)} twice")
    return found


def _choice(name: str, value: Any, architecture: str) -> Any:
    """Return a value of a key as its type, or a tuple of those of keys that go together."""
    keys = keys_of(name)
    if len(keys) == 1:
        return checked_value(name, value, architecture)
    if not isinstance(value, list | tuple) or len(value) != len(keys):
        raise InputError(
            f"{name}: expected choices of {len(keys)} values each, one for every key, received "
            f"{_shown(value)}"
        )
    return tuple(checked_value(k, v, architecture) for k, v in zip(keys, value, strict=True))


def _range(key: str, domain: Mapping[str, Any], architecture: str) -> Range:
    kind = tuple if len(keys_of(key)) > 1 else recipe_type(key, architecture)
    if kind not in (int, float):
        raise InputError(f"{key}: expected choices, as its values are no numbers; received a range")
    low, high = (checked_value(key, domain[part], architecture) for part in ("low", "high"))
    if not low < high:
        raise InputError(f"{key}: expected low below high, received {low} and {high}")
    log, step = domain.get("log", False), domain.get("step")
    if type(log) is not bool:
        raise InputError(f"{key}: expected log = true or false, received {_shown(log)}")
    if log and low <= 0:
        raise InputError(f"{key}: expected low above 0 with log = true, received {low}")
    if step is None:
        return Range(low, high, log)
    if log:
        raise InputError(f"{key}: expected log = true or a step, received both")
    return Range(low, high, step=_step(key, step, low, high, kind))


def _step(key: str, step: Any, low: float, high: float, kind: type) -> float:
    if type(step) not in (int, kind) or not 0 < step <= high - low:
        what = "a whole number" if kind is int else "a number"
        raise InputError(
            f"{key}: expected a step that is {what} above 0 and at most high - low, "
            f"received {_shown(step)}"
        )
    count = (high - low) / step
    if abs(count - round(count)) > ROUNDING:
        raise InputError(
            f"{key}: expected high to be low and a whole number of steps, received low {low}, "
            f"high {high}, step {step}"
        )
    return kind(step)


def _points(key: str, domain: Choices | Range) -> tuple[Any, ...]:
    """Return the labels of one side of the grid."""
    if isinstance(domain, Choices):
        return domain.labels
    if not domain.steps:
        raise InputError(
            f"{key}: expected choices or a step for the sampler grid, received a range"
        )
    if domain.steps >= MOST_POINTS:
        raise InputError(f"{key}: expected fewer than {MOST_POINTS:,} steps for the sampler grid")
    width = (domain.high - domain.low) / domain.steps
    if domain.whole:
        return tuple(int(domain.low) + round(width) * i for i in range(domain.steps + 1))
    return tuple(round(domain.low + width * i, 12) for i in range(domain.steps + 1))


def _label(value: Any) -> Any:
    return str(_plain(value)) if isinstance(value, tuple) else value


def _plain(value: Any) -> Any:
    return [_plain(inner) for inner in value] if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    """Return a value, which may come from a file of strangers, in a few safe characters."""
    return printable(repr(value), longest=LONGEST_SHOWN)
