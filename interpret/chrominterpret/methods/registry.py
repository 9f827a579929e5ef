"""Attribution methods by name, all called alike.

Every module of `chrominterpret.methods` but this one is a method of that name: its ``METHOD`` is a
subclass of `chrominterpret.methods.base.method.Method`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from chrominterpret import methods
from chrominterpret.attribution import Attribution
from chrominterpret.errors import InputError

METHODS: tuple[str, ...] = tuple(
    sorted(m.name for m in iter_modules(methods.__path__) if not m.ispkg and m.name != "registry")
)


def find_method(name: str) -> type[Any]:
    """Return the class of a method, which its options make an object that attributes.

    Raises
    ------
    InputError
        For an unknown name.

    Examples
    --------
    >>> find_method("smooth_grad")(n_samples=10).sigma
    0.15
    """
    if name not in METHODS:
        raise InputError(f"expected a method of {', '.join(METHODS)}, received {name!r}")
    found: type[Any] = import_module(f"{methods.__name__}.{name}").METHOD
    return found


def method_options(name: str) -> frozenset[str]:
    """Return the names of the options that a method takes, such as "references" or "seed".

    Raises
    ------
    InputError
        For an unknown name.

    Examples
    --------
    >>> "seed" in method_options("gradient")
    False
    """
    return frozenset(field.name for field in fields(find_method(name)))


def applicable(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a set of options that a method takes, to run several methods with one set.

    Raises
    ------
    InputError
        For an unknown name, or an option that no method takes.

    Examples
    --------
    >>> applicable("gradient", {"targets": [0], "seed": 3})
    {'targets': [0]}
    """
    _check_some_method_takes(options)
    own = method_options(name)
    return {option: value for option, value in options.items() if option in own}


def attribute(name: str, model: Any, x: Any, **options: Any) -> Attribution:
    """Attribute by any method.

    Parameters
    ----------
    name
        Name of the method, in `METHODS`.
    model, x
        As for `chrominterpret.methods.base.method.Method`.
    **options
        Options of the method; see `applicable` for running several methods with one set. None
        stands for the method's own default.

    Raises
    ------
    InputError
        For an unknown name, or an option that the method does not take; the message names the
        methods that take it.
    """
    _check_some_method_takes(options)
    foreign = sorted(set(options) - method_options(name))
    if foreign:
        raise InputError(
            f"expected options of {name} among {sorted(method_options(name))}, received "
            + "; ".join(f"{option!r} of {', '.join(_takers(option))}" for option in foreign)
        )
    given = {option: value for option, value in options.items() if value is not None}
    result: Attribution = find_method(name)(**given)(model, x)
    return result


def _check_some_method_takes(options: Iterable[str]) -> None:
    every = frozenset().union(*(method_options(name) for name in METHODS))
    unknown = sorted(set(options) - every)
    if unknown:
        raise InputError(f"expected options among {sorted(every)}, received {unknown}")


def _takers(option: str) -> list[str]:
    return [name for name in METHODS if option in method_options(name)]
