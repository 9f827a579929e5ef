"""The function of a method: ``deep_lift_shap(model, x, *, targets=None, …)`` of `DeepLiftShap`."""

import inspect
import re
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, cast

from chrominterpret.attribution import Attribution
from chrominterpret.methods.base.method import Method

Options = ParamSpec("Options")

_HEAD = "Parameters\n----------\n"
_SECTION = re.compile(r"^\w+\n-+\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\S.*)\n((?:(?:[ ]+\S.*)?(?:\n|\Z))+)", re.MULTILINE)


def as_function(
    method: Callable[Options, Method], *, name: str = ""
) -> Callable[Concatenate[Any, Any, Options], Attribution]:
    """Return a function that makes a method of its options and runs it.

    Its signature holds the options of the class, and its documentation those of the class and of
    its bases.

    Parameters
    ----------
    method
        Subclass of `Method`.
    name
        Name of the function in its module, where it is not the method's.
    """

    def function(model: Any, x: Any, *args: Options.args, **options: Options.kwargs) -> Attribution:
        return method(*args, **options)(model, x)

    cls = cast(type[Method], method)
    signature = inspect.signature(cls)
    given = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in ("model", "x")]
    function.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*given, *signature.parameters.values()], return_annotation=Attribution
    )
    function.__name__ = function.__qualname__ = name or cls.name
    function.__module__ = cls.__module__
    function.__doc__ = documentation(cls)
    return function


def documentation(cls: type[Method]) -> str | None:
    """Return a method's docstring with the parameters of its call and its bases added."""
    if cls.__doc__ is None:  # python -OO
        return None
    entries = _entries(Method.__call__)
    for base in reversed(cls.__mro__):
        if issubclass(base, Method):
            entries |= _entries(base)
    text = inspect.cleandoc(cls.__doc__)
    before, _, own = text.partition(_HEAD)
    after = _SECTION.search(own if own else before)
    rest = (own or before)[after.start() :] if after else ""
    if not own:
        before = before.removesuffix(rest)
    return f"{before.rstrip()}\n\n{_HEAD}" + "\n".join(entries.values()) + f"\n\n{rest}"


def _entries(documented: Any) -> dict[str, str]:
    """Return the entries of an object's parameters by their first line."""
    _, _, rest = inspect.cleandoc(documented.__doc__ or "").partition(_HEAD)
    block = _SECTION.split(rest)[0]
    return {name: f"{name}\n{text.rstrip()}" for name, text in _ENTRY.findall(block)}
