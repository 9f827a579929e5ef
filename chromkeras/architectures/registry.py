"""Architectures by name; a name is a module of this package with a function ``build``."""

from collections.abc import Callable
from typing import Any

import chromkeras.architectures
from chromkeras.registry import from_module, module_names

NOT_ARCHITECTURES = {"registry"}


def architecture_names() -> tuple[str, ...]:
    """Return the names of all architectures."""
    return module_names(chromkeras.architectures, without=NOT_ARCHITECTURES)


def architecture(name: str) -> Callable[..., Any]:
    """Return the builder of an architecture, or raise ``InputError`` for an unknown name."""
    builder: Callable[..., Any] = from_module(
        chromkeras.architectures, name, architecture_names(), "build", "architecture"
    )
    return builder
