"""Recipes put together from a plan, a named size, a TOML file and options."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.names import unknown
from chromkeras.recipe.checks import PLANS
from chromkeras.recipe.recipe import SECTIONS, Recipe

SIZES: dict[str, dict[str, Any]] = {
    "small": {
        "architecture.filters": (64, 64, 64),
        "architecture.dense": (64, 64),
        "architecture.first_activation": "exponential",
        "architecture.summary": True,
        "training.learning_rate": 5e-3,
    },
    "poster": {},
    "published": {"architecture.pools": (3, 4, 4)},
}


def recipe_keys() -> tuple[str, ...]:
    """Return every key that ``--set`` and a recipe file accept, as "section.name"."""
    default = Recipe()
    return tuple(f"{s}.{f.name}" for s in SECTIONS for f in fields(getattr(default, s)))


def make_recipe(
    plan: str,
    *,
    size: str = "poster",
    file: str | os.PathLike[str] | None = None,
    settings: Iterable[str] = (),
    values: Mapping[str, Any] | None = None,
) -> Recipe:
    """Put a recipe together; later sources win.

    Parameters
    ----------
    plan
        "hard", "single", "soft" or "basset".
    size
        A named size of the column: "small", "poster" or "published".
    file
        TOML with the tables of ``recipe.SECTIONS``.
    settings
        Strings "section.key=value"; the value is read as TOML, or else as text.
    values
        The same as ready values, by "section.key".

    Raises
    ------
    InputError
        An unknown plan, size or key (with the nearest valid names), or a value of wrong type.
    """
    if size not in SIZES:
        raise unknown("size", size, SIZES)
    if plan not in PLANS:
        raise unknown("plan", plan, PLANS)
    merged: dict[str, Any] = dict(SIZES[size])
    merged |= _read_file(file) if file is not None else {}
    merged |= read_settings(settings)
    merged |= values or {}
    return recipe_from_values(plan, merged)


def read_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Return the values of strings "section.key=value", by "section.key"."""
    return {key: _checked(key, value) for key, value in map(_split_setting, settings)}


def recipe_from_values(plan: str, values: Mapping[str, Any]) -> Recipe:
    """Return the default recipe of ``plan`` with ``values`` by "section.key" put in."""
    recipe = Recipe(plan=plan)
    by_section: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for key, value in values.items():
        converted = _checked(key, value)
        section, name = key.split(".")
        by_section[section][name] = converted
    sections = {s: replace(getattr(recipe, s), **by_section[s]) for s in SECTIONS}
    return replace(recipe, **sections)


def recipe_from_dict(config: Mapping[str, Any]) -> Recipe:
    """Return the recipe that ``Recipe.to_dict`` described."""
    flat = {f"{s}.{name}": value for s in SECTIONS for name, value in config.get(s, {}).items()}
    return recipe_from_values(config["plan"], flat)


def _read_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    found = require_file(path, "recipe")
    try:
        tables = tomllib.loads(found.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"recipe {found} is not valid TOML: {error}") from error
    values: dict[str, Any] = {}
    for section, table in tables.items():
        if section not in SECTIONS:
            raise unknown(f"table in recipe {found}:", section, SECTIONS)
        if not isinstance(table, dict):
            raise InputError(f"recipe {found}: expected a table [{section}], received {table!r}")
        values |= {f"{section}.{key}": value for key, value in table.items()}
    try:
        return {key: _checked(key, value) for key, value in values.items()}
    except ValueError as error:
        raise InputError(f"recipe {found}: {error}") from error


def _split_setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"expected --set key=value, received {text!r}")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def _checked(key: str, value: Any) -> Any:
    """Return the value of a known key as its type, so that no later source hides a mistake."""
    if key not in recipe_keys():
        raise unknown("recipe key", key, recipe_keys())
    section, name = key.split(".")
    return _convert(key, value, getattr(Recipe(), section), name)


def _convert(key: str, value: Any, section: Any, name: str) -> Any:
    """Return ``value`` as the type of the field, or say which type was expected."""
    declared = str(next(f.type for f in fields(section) if f.name == name))
    if value is None and "None" in declared:
        return None
    if "tuple" in declared:
        if isinstance(value, list | tuple) and all(type(v) is int for v in value):
            return tuple(value)
        raise InputError(f"{key}: expected a list of whole numbers, received {value!r}")
    kind = next(k for k in (bool, int, float, str) if k.__name__ in declared)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        raise InputError(f"{key}: expected {names[kind]}, received {value!r}")
    return value
