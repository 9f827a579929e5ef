"""What the fields of a class of settings are, by default and in words."""

import inspect
from dataclasses import MISSING
from typing import Any

import docstring_parser


def attribute_texts(described: type) -> dict[str, str]:
    """Return what the docstrings of a class and its bases say of each attribute."""
    texts: dict[str, str] = {}
    for each in reversed(described.__mro__):
        for attribute in docstring_parser.parse(inspect.getdoc(each) or "").params:
            for name in attribute.arg_name.split(", "):
                texts[name] = " ".join((attribute.description or "").split())
    return texts


def default_text(field: Any) -> str:
    """Return the default of a dataclass's field as a recipe file would have it."""
    value = field.default if field.default is not MISSING else field.default_factory()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    if value is None:
        return "(the plan's)"
    return str(value).lower() if isinstance(value, bool) else str(value) or '""'


def choices(field: Any) -> tuple[str, ...]:
    """Return the choices of a field, which may be given by a function; none for a free value."""
    found = field.metadata.get("choices", ())
    return tuple(found() if callable(found) else found)
