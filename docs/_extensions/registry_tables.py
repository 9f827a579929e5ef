"""``registry-table`` and ``recipe-reference``: members of a registry, keys of a recipe."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any, ClassVar

from docutils.parsers.rst import directives
from generated import Generated, escaped, heading, literal, table
from settings import attribute_texts, choices, default_text

from chromkeras.recipe.choices import BASELINE
from chromkeras.recipe.recipe import SECTIONS, Recipe
from chromkeras.registry import ARCHITECTURES, BASELINES


def found(path: str) -> Any:
    """Return what a dotted path names."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


class RegistryTable(Generated):
    """A row for each member of a registry: its name, attributes that it has, what it is."""

    required_arguments = 1
    option_spec: ClassVar = {"columns": directives.unchanged, "functions": directives.unchanged}

    def lines(self) -> Iterator[str]:
        """Yield the table."""
        registry = found(self.arguments[0])
        columns = self.options.get("columns", "").split()
        package = self.options.get("functions", "")
        yield from table(
            ("Name", *(column.lower().capitalize() for column in columns), "What it is"),
            (
                (
                    f":func:`{name} <{package}.{function}>`"
                    if (function := public_function(package, name))
                    else literal(name),
                    *(literal(_shown(registry.get(name), column)) for column in columns),
                    escaped(registry.summary(name)) + ".",
                )
                for name in registry.names()
            ),
        )


def public_function(package: str, name: str) -> str:
    """Return the public function of a member: of its own name, or ending in its kind."""
    public = import_module(package).__all__ if package else ()
    return next((each for each in (name, f"{name}_attribution") if each in public), "")


def _shown(member: Any, attribute: str) -> str:
    value = getattr(member, attribute, "")
    return ", ".join(value) if isinstance(value, Mapping | tuple) else str(value)


class RecipeReference(Generated):
    """A table of the keys of each section of a recipe, of the architecture one for each."""

    def lines(self) -> Iterator[str]:
        """Yield a section with a table for each class of settings."""
        default = Recipe()
        for section in SECTIONS:
            if section != "architecture":
                yield from _keys(section, section, type(getattr(default, section)))
                continue
            for name in ARCHITECTURES.names():
                yield from _keys(f"{section}: {name}", section, ARCHITECTURES.get(name).Options)
        for name in BASELINES.names():  # which have a table of their own, and no other
            yield from _keys(f"{BASELINE}: {name}", BASELINE, BASELINES.get(name).Options)


def _keys(title: str, section: str, options: type) -> Iterator[str]:
    texts = attribute_texts(options)
    yield from heading(title, "-")
    yield (inspect.getdoc(options) or "").partition("\n")[0]
    yield from table(
        ("Key", "Default", "What it is"),
        (
            (
                literal(f"{section}.{field.name}"),
                literal(default_text(field)),
                escaped(texts.get(field.name, "")) + _listed(choices(field)),
            )
            for field in fields(options)
        ),
    )


def _listed(names: tuple[str, ...]) -> str:
    return " Choices: " + ", ".join(map(literal, names)) + "." if names else ""


def setup(app: Any) -> dict[str, Any]:
    """Add the directives."""
    app.add_directive("registry-table", RegistryTable)
    app.add_directive("recipe-reference", RecipeReference)
    return {"parallel_read_safe": True}
