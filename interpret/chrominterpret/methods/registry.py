"""Attribution methods by name, all called alike.

Every module of `chrominterpret.methods` but this one is a method of that name: its ``METHOD`` is a
subclass of `chrominterpret.methods.base.method.Method`. ``METHODS.names()`` lists them and imports
none. Other packages add theirs, an object with such a ``METHOD``, by ``METHODS.register`` or an
entry point in the group ``chrominterpret.methods``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from chrominterpret.attribution import Attribution
from chrominterpret.errors import InputError
from chrominterpret.registry import METHODS


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
    found: type[Any] = METHODS.get(name).METHOD
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
        Name of the method, one of ``METHODS.names()``.
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
    every = frozenset().union(*(method_options(name) for name in METHODS.names()))
    unknown = sorted(set(options) - every)
    if unknown:
        raise InputError(f"expected options among {sorted(every)}, received {unknown}")


def _takers(option: str) -> list[str]:
    return [name for name in METHODS.names() if option in method_options(name)]
