"""Merging methods by name; a name is a module of this package with ``coefficients``."""

from collections.abc import Callable
from typing import Any

import chromkeras.conflict
from chromkeras.registry import from_module, module_names

NOT_METHODS = {"gram", "registry", "simplex"}


def method_names() -> tuple[str, ...]:
    """Return the names of all merging methods."""
    return module_names(chromkeras.conflict, without=NOT_METHODS)


def merging_method(name: str) -> Callable[..., Any]:
    """Return the ``coefficients`` of a method, or raise ``InputError`` for an unknown name."""
    found: Callable[..., Any] = from_module(
        chromkeras.conflict, name, method_names(), "coefficients", "merging method"
    )
    return found
