"""Registries by file name: what a package offers are its modules."""

import importlib
import pkgutil
from collections.abc import Collection
from types import ModuleType
from typing import Any

from chromkeras.names import unknown


def module_names(package: ModuleType, *, without: Collection[str]) -> tuple[str, ...]:
    """Return the names of a package's modules, sorted, but for some; none is imported."""
    modules = pkgutil.iter_modules(package.__path__)
    return tuple(sorted({module.name for module in modules} - set(without)))


def from_module(
    package: ModuleType, name: str, names: Collection[str], what: str, kind: str
) -> Any:
    """Return an attribute of one of a package's modules.

    Parameters
    ----------
    package, name
        The package, and the name of the module in it.
    names
        The names there are.
    what
        Name of the attribute.
    kind
        What such a module is called in messages.

    Raises
    ------
    InputError
        ``name`` is none of ``names``.
    """
    if name not in names:
        raise unknown(kind, name, names)
    return getattr(importlib.import_module(f"{package.__name__}.{name}"), what)
