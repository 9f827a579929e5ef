"""Merging methods by name; a name is a module of this package with ``coefficients``."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import chromkeras.gradients
from chromkeras.names import unknown

NOT_METHODS = {"gram", "registry", "simplex"}


def method_names() -> tuple[str, ...]:
    """Return the names of all merging methods."""
    modules = pkgutil.iter_modules(chromkeras.gradients.__path__)
    return tuple(sorted({m.name for m in modules} - NOT_METHODS))


def merging_method(name: str) -> Callable[..., Any]:
    """Return the ``coefficients`` of a method, or raise ``ValueError`` for an unknown name."""
    if name not in method_names():
        raise unknown("merging method", name, method_names())
    found: Callable[..., Any] = importlib.import_module(f"chromkeras.gradients.{name}").coefficients
    return found
