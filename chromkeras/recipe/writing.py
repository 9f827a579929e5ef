"""Writing of recipes as TOML, which ``make_recipe`` reads again."""

import json
from collections.abc import Mapping
from typing import Any

from chromkeras.recipe.recipe import SECTIONS, Recipe


def recipe_toml(recipe: Recipe, *, note: str = "") -> str:
    """Return a recipe as TOML, with all its values but those that are None, and without its plan.

    Parameters
    ----------
    recipe
        Recipe to write.
    note
        Comment of one line or more for the top.

    Examples
    --------
    >>> print(recipe_toml(Recipe(), note="a note").splitlines()[:3])
    ['# a note', '', '[data]']
    """
    tables = recipe.to_dict()
    comment = "".join(f"# {line}\n" for line in note.splitlines())
    return "\n".join([*([comment] if comment else []), *(_table(s, tables[s]) for s in SECTIONS)])


def _table(section: str, values: Mapping[str, Any]) -> str:
    lines = [f"{key} = {_value(v)}" for key, v in values.items() if v is not None]
    return "\n".join([f"[{section}]", *lines, ""])


def _value(value: Any) -> str:
    """Return a value as TOML has it, which is as JSON but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
