"""Architectures by name; a name is a module of this package with a function ``build``."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import chromkeras.architectures
from chromkeras.names import unknown

NOT_ARCHITECTURES = {"registry"}


def architecture_names() -> tuple[str, ...]:
    """Return the names of all architectures."""
    modules = pkgutil.iter_modules(chromkeras.architectures.__path__)
    return tuple(sorted({m.name for m in modules} - NOT_ARCHITECTURES))


def architecture(name: str) -> Callable[..., Any]:
    """Return the builder of an architecture, or raise ``ValueError`` for an unknown name."""
    if name not in architecture_names():
        raise unknown("architecture", name, architecture_names())
    builder: Callable[..., Any] = importlib.import_module(f"chromkeras.architectures.{name}").build
    return builder
