"""Reading of recipes: a plan, a named size, a TOML file and options."""

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, asdict, fields, replace
from pathlib import Path
from typing import Any

from chromkeras.architectures.options import called, check_value
from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.names import printable, unknown
from chromkeras.recipe.choices import BASELINE, DEFAULT_ARCHITECTURE, PLANS
from chromkeras.recipe.recipe import SECTIONS, Recipe, architecture_options
from chromkeras.registry import ARCHITECTURES

LONGEST_SHOWN = 80
LONGEST_FILE = 2**20
DEEPEST = 16
LARGEST = 2**63


def recipe_keys(architecture: str = DEFAULT_ARCHITECTURE) -> tuple[str, ...]:
    """Return every key that a setting and a recipe file may have, as "section.name"."""
    return _keys(Recipe(architecture=architecture_options(architecture)))


def _keys(recipe: Recipe) -> tuple[str, ...]:
    return tuple(f"{s}.{f.name}" for s in SECTIONS for f in fields(getattr(recipe, s)))


def recipe_choices(key: str, architecture: str = DEFAULT_ARCHITECTURE) -> tuple[str, ...]:
    """Return the choices of a key such as "balance.weighting"; none for a free value."""
    return tuple(called(_field(key, architecture).metadata.get("choices", ())))


def recipe_type(key: str, architecture: str = DEFAULT_ARCHITECTURE) -> type:
    """Return the type of a key's values: bool, int, float, str or tuple; None may do besides."""
    return _kind(str(_field(key, architecture).type))


def checked_value(key: str, value: Any, architecture: str = DEFAULT_ARCHITECTURE) -> Any:
    """Return one value of a recipe as its type, however it goes with others.

    Parameters
    ----------
    key
        Key such as "training.epochs".
    value
        Value as TOML has it.
    architecture
        Name of the architecture, which says what keys of it there are.

    Raises
    ------
    InputError
        An unknown key (with the nearest valid names), a value of wrong type or out of its range.

    Examples
    --------
    >>> checked_value("training.learning_rate", 1)
    1.0
    """
    converted = _checked(Recipe(architecture=architecture_options(architecture)), key, value)
    check_value(key, converted, _field(key, architecture).metadata)
    return converted


def size_names(architecture: str = DEFAULT_ARCHITECTURE) -> tuple[str, ...]:
    """Return the named sizes of an architecture."""
    return tuple(ARCHITECTURES.get(architecture).SIZES)


def make_recipe(
    plan: str,
    *,
    size: str = "",
    file: str | os.PathLike[str] | None = None,
    settings: Iterable[str] = (),
    values: Mapping[str, Any] | None = None,
) -> Recipe:
    """Make a recipe of several sources; later ones win.

    Parameters
    ----------
    plan
        Name of the sharing plan: "hard", "single", "soft" or "basset".
    size
        Named size of the architecture, such as "small"; "" takes its defaults.
    file
        TOML file with the tables of ``recipe.SECTIONS``.
    settings
        Strings "section.key=value"; the value is read as TOML, or else as text.
    values
        Values of the same kind that need no reading, by "section.key". "architecture.name"
        here, in the settings or the file says which other keys of the architecture there are.

    Raises
    ------
    InputError
        An unknown plan, size or key (with the nearest valid names), or a value of wrong type.

    Examples
    --------
    >>> recipe = make_recipe("hard", settings=["training.epochs=3"])
    >>> recipe.training.epochs
    3
    """
    if plan not in PLANS:
        raise unknown("plan", plan, PLANS)
    given = [*([_read_file(file)] if file is not None else []), *map(_setting, settings)]
    given.append(dict(values or {}))
    merged = {key: value for source in given for key, value in source.items()}
    name = str(merged.get("architecture.name", DEFAULT_ARCHITECTURE))
    default = Recipe(architecture=architecture_options(name))
    for source in given:  # each of them, so that no later one hides a mistake
        for key, value in source.items():
            _checked(default, key, value)
    sizes = ARCHITECTURES.get(name).SIZES
    if size and size not in sizes:
        raise unknown("size", size, sizes)
    return recipe_from_values(plan, (sizes[size] if size else {}) | merged)


def read_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Return the values of strings "section.key=value", by "section.key"."""
    return {key: value for text in settings for key, value in _setting(text).items()}


def recipe_from_values(plan: str, values: Mapping[str, Any]) -> Recipe:
    """Return the default recipe of ``plan`` with ``values`` by "section.key" put in."""
    name = str(values.get("architecture.name", DEFAULT_ARCHITECTURE))
    recipe = Recipe(plan=plan, architecture=architecture_options(name))
    by_section: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for key, value in values.items():
        converted = _checked(recipe, key, value)
        section, field = key.split(".")
        by_section[section][field] = converted
    sections = {s: replace(getattr(recipe, s), **by_section[s]) for s in SECTIONS}
    return replace(recipe, **sections)


def recipe_from_dict(config: Mapping[str, Any]) -> Recipe:
    """Return the recipe that ``Recipe.to_dict`` described.

    Raises
    ------
    InputError
        It describes a baseline, which has no recipe of a network, or is not legal.
    """
    if BASELINE in config:
        raise InputError(
            f"expected a network, received the baseline {config['plan']}, a linear model that no "
            "sharing plan, transfer or epoch applies to"
        )
    flat = {f"{s}.{name}": value for s in SECTIONS for name, value in config.get(s, {}).items()}
    return recipe_from_values(config["plan"], flat)


def recipe_values(recipe: Recipe) -> dict[str, Any]:
    """Return all values of a recipe by "section.key"."""
    return {f"{s}.{k}": v for s in SECTIONS for k, v in asdict(getattr(recipe, s)).items()}


def _field(key: str, architecture: str) -> Field[Any]:
    """Return the field of a known key."""
    section, name = key.split(".")
    options = getattr(Recipe(architecture=architecture_options(architecture)), section)
    return next(f for f in fields(options) if f.name == name)


def read_tables(path: str | os.PathLike[str], sections: Sequence[str]) -> dict[str, Any]:
    """Return the values of a TOML file, by "section.key".

    Raises
    ------
    InputError
        There is no such file, it is no TOML, or holds something else than tables of these names.
    """
    found = require_file(path, "recipe")
    tables = read_toml(found, f"recipe {found}")
    values: dict[str, Any] = {}
    for section, table in tables.items():
        if section not in sections:
            raise unknown(f"table in recipe {found}:", section, sections)
        if not isinstance(table, dict):
            raise InputError(f"recipe {found}: expected a table [{section}], received {table!r}")
        values |= {f"{section}.{key}": value for key, value in table.items()}
    return values


def read_toml(path: Path, title: str) -> dict[str, Any]:
    """Return what a TOML file holds.

    Parameters
    ----------
    path
        The file, in UTF-8.
    title
        What it is in messages.

    Raises
    ------
    InputError
        It is no TOML, longer than ``LONGEST_FILE``, nested more than ``DEEPEST`` deep, or a whole
        number has more than 64 bits.
    """
    if (size := path.stat().st_size) > LONGEST_FILE:
        raise InputError(f"{title}: expected at most {LONGEST_FILE:,} bytes, received {size:,}")
    try:
        return _toml(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{title} is not valid TOML: {error}") from error
    except InputError as error:
        raise InputError(f"{title}: {error}") from error


def _toml(text: str) -> dict[str, Any]:
    """Return what a TOML text holds; ``InputError`` where it is TOML, but too deep or too long."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise InputError(f"expected values nested at most {DEEPEST} deep, received more") from None
    except ValueError:  # of Python's, for thousands of digits
        raise InputError("expected whole numbers of at most 64 bits, received more") from None
    waiting: list[tuple[Any, int]] = [(found, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST:
            raise InputError(f"expected values nested at most {DEEPEST} deep, received more")
        if isinstance(value, int) and abs(value) > LARGEST:
            raise InputError("expected whole numbers of at most 64 bits, received more")
        inner = value.values() if isinstance(value, dict) else value
        if isinstance(value, dict | list):
            waiting += [(one, depth + 1) for one in inner]
    return found


def _read_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    values = read_tables(path, SECTIONS)
    name = str(values.get("architecture.name", DEFAULT_ARCHITECTURE))
    try:
        default = Recipe(architecture=architecture_options(name))
        return {key: _checked(default, key, value) for key, value in values.items()}
    except InputError as error:
        raise InputError(f"recipe {path}: {error}") from error


def _setting(text: str) -> dict[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        shown = printable(text, longest=LONGEST_SHOWN)
        raise InputError(f"expected a setting section.key=value, received {shown!r}")
    try:
        return {key.strip(): _toml(f"value = {value}")["value"]}
    except tomllib.TOMLDecodeError:
        return {key.strip(): value.strip()}
    except InputError as error:
        raise InputError(f"{printable(key.strip(), longest=LONGEST_SHOWN)}: {error}") from None


def _checked(recipe: Recipe, key: str, value: Any) -> Any:
    """Return the value of a known key as its type."""
    known = _keys(recipe)
    if key not in known:
        raise unknown("recipe key", key, known)
    section, name = key.split(".")
    return convert(key, value, getattr(recipe, section), name)


def convert(key: str, value: Any, section: Any, name: str) -> Any:
    """Return a value as the type of a field of a dataclass, or say which type was expected.

    Parameters
    ----------
    key
        Name of the field, for messages.
    value
        Value as TOML has it.
    section, name
        Dataclass, and the field's name in it.

    Raises
    ------
    InputError
        The value is of another type.
    """
    declared = str(next(f.type for f in fields(section) if f.name == name))
    if value is None and "None" in declared:
        return None
    kind = _kind(declared)
    if kind is tuple:
        inner, what = next(pair for pair in _LISTS.items() if pair[0].__name__ in declared)
        allowed = (int, float) if inner is float else (inner,)
        if isinstance(value, list | tuple) and all(type(v) in allowed for v in value):
            return tuple(inner(v) for v in value)
        raise InputError(f"{key}: expected a list of {what}, received {_shown(value)}")
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        raise InputError(f"{key}: expected {names[kind]}, received {_shown(value)}")
    return value


_LISTS = {str: "texts", float: "numbers", int: "whole numbers"}


def _kind(declared: str) -> type:
    """Return the type that a field is declared to have, without None."""
    return next(k for k in (tuple, bool, int, float, str) if k.__name__ in declared)


def _shown(value: Any) -> str:
    """Return a value, which may come from a file of strangers, in a few safe characters."""
    return printable(repr(value), longest=LONGEST_SHOWN)
