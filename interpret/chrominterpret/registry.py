"""Registries by file name: what a room offers are its modules, and what others register."""

import ast
import importlib
import pkgutil
from collections.abc import Collection
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from chrominterpret.names import unknown


class Registry:
    """The members of a room: one module each, by the module's name.

    Members from outside the package are added by `register`, or by an entry point of another
    distribution in the group that is named like the room, such as ``chrominterpret.methods``.

    Parameters
    ----------
    package
        Dotted name of the room, such as "chrominterpret.methods".
    kind
        What a member is called in messages.
    without
        Modules of the room that are no members.
    module
        Module in the folder of each member, for rooms of one folder a member.

    Examples
    --------
    >>> from chrominterpret.methods.registry import METHODS
    >>> "smooth_grad" in METHODS.names()
    True
    """

    def __init__(
        self, package: str, kind: str, *, without: Collection[str] = (), module: str = ""
    ) -> None:
        self.package, self.kind, self._without = package, kind, {"registry", *without}
        self._inside = f".{module}" if module else ""
        self._registered: dict[str, Any] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of all members, sorted; none is imported."""
        return tuple(sorted({*self._modules, *self._entry_points, *self._registered}))

    def get(self, name: str) -> Any:
        """Return a member: its module, or what was registered under its name.

        Raises
        ------
        InputError
            There is no member of this name.
        """
        if name in self._registered:
            return self._registered[name]
        if name in self._modules:
            return importlib.import_module(f"{self.package}.{name}{self._inside}")
        if name in self._entry_points:
            return self._entry_points[name].load()
        raise unknown(self.kind, name, self.names())

    def summary(self, name: str) -> str:
        """Return the first line of a member's docstring without the full stop, for help texts.

        A module of the room is read, not imported, as importing may take long.
        """
        if name in self._modules and name not in self._registered:
            source = Path(importlib.import_module(self.package).__path__[0], name)
            file = source / f"{self._inside[1:]}.py" if self._inside else source.with_suffix(".py")
            text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
        else:
            text = self.get(name).__doc__
        return (text or "").partition("\n")[0].rstrip(".")

    def register(self, name: str, member: Any) -> None:
        """Add a member from outside the package; it has what the modules of the room have."""
        self._registered[name] = member

    def unregister(self, name: str) -> None:
        """Take a registered member away again."""
        self._registered.pop(name, None)

    @cached_property
    def _modules(self) -> frozenset[str]:
        room = importlib.import_module(self.package)
        found = {module.name for module in pkgutil.iter_modules(room.__path__)}
        return frozenset(found - self._without)

    @cached_property
    def _entry_points(self) -> dict[str, Any]:
        return {point.name: point for point in entry_points(group=self.package)}


METHODS = Registry("chrominterpret.methods", "attribution method", without={"base"})
