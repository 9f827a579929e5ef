"""The public names of a package, where they lie, and the text of their pages."""

import inspect
import typing
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any


def public_objects(package: str) -> dict[str, Any]:
    """Return what a package offers, by name, in the order of its ``__all__``."""
    module = import_module(package)
    return {name: getattr(module, name) for name in module.__all__}


def groups(package: str) -> dict[str, list[str]]:
    """Return the public names by the module of the package, one level down, that has them."""
    found = defaultdict(list)
    for name, thing in public_objects(package).items():
        place = thing.__name__ if isinstance(thing, ModuleType) else _module(package, name, thing)
        found[place.split(".")[1]].append(name)
    return dict(sorted(found.items()))


def _module(package: str, name: str, thing: Any) -> str:
    """Return the module of the package that a public name lies in."""
    own = getattr(thing, "__module__", "")
    if own.startswith(f"{package}."):
        return own
    place = import_module(package)._PLACES[name]
    return f"{package}.{place if isinstance(place, str) else place[0]}"


def types_of(package: str) -> dict[str, type]:
    """Return the classes that public functions take and return, by full name."""
    public = public_objects(package)
    known, found = set(map(id, public.values())), {}
    waiting = [thing for thing in public.values() if inspect.isroutine(thing)]
    while waiting:
        for kind in _classes(_hints(waiting.pop())):
            full = f"{kind.__module__}.{kind.__qualname__}"
            if id(kind) not in known and kind.__module__.startswith(f"{package}."):
                known.add(id(kind))
                found[full] = kind
                waiting += _dataclass_fields(kind)
    return dict(sorted(found.items()))


def _dataclass_fields(kind: type) -> list[type]:
    """Return a class of settings or results again, so that the types of its fields follow."""
    return [kind] if hasattr(kind, "__dataclass_fields__") else []


def _hints(thing: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(thing)
    except NameError:  # a type that is imported for type checkers only
        return {}


def _classes(hints: dict[str, Any]) -> Iterator[type]:
    waiting = list(hints.values())
    while waiting:
        hint = waiting.pop()
        waiting += typing.get_args(hint)
        if inspect.isclass(hint):
            yield hint


def page(full: str, thing: Any, *, title: str, same: str = "") -> str:
    """Return the text of a name's page.

    Parameters
    ----------
    full, thing
        Dotted name, and what it names.
    title
        Title of the page.
    same
        Name of the page that documents the thing already, where it has two public names.
    """
    kind = _kind(thing)
    if same:
        lines = [
            f".. py:{kind}:: {full}",
            "   :no-index:",
            "",
            f"   Another name of :obj:`{same}`.",
        ]
    else:
        lines = [f".. auto{kind}:: {full}"]
        lines += ["   :members:"] * (kind in ("class", "exception", "module"))
    return "\n".join([title, "=" * len(title), "", *lines]).lstrip() + "\n"


def _kind(thing: Any) -> str:
    if isinstance(thing, ModuleType):
        return "module"
    if inspect.isclass(thing):
        return "exception" if issubclass(thing, Exception) else "class"
    return "function" if callable(thing) else "data"


def first_line(module: ModuleType) -> str:
    """Return the first line of a module's docstring."""
    return inspect.getdoc(module).partition("\n")[0]
