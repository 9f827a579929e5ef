"""Attribution methods by name, all called alike."""

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from chrominterpret.errors import InputError
from chrominterpret.methods.attribution import Attribution

# file and function of each method, imported when first asked for
METHODS: dict[str, tuple[str, str]] = {
    "gradient": ("gradient", "gradient"),
    "gradient_x_input": ("gradient", "gradient_x_input"),
    "smooth_grad": ("smooth_grad", "smooth_grad"),
    "integrated_gradients": ("integrated_gradients", "integrated_gradients"),
    "expected_gradients": ("expected_gradients", "expected_gradients"),
    "deep_lift_shap": ("deep_lift", "deep_lift_shap"),
    "in_silico_mutagenesis": ("mutagenesis", "in_silico_mutagenesis"),
    "shap": ("shap_engine", "shap_attribution"),
}

# What a caller may pass for every method: `attribute` leaves out those that a method has no use
# for, as it has not for references where it compares with none.
COMMON = frozenset(
    {
        "targets",
        "task_names",
        "wrt",
        "head",
        "output",
        "references",
        "n_references",
        "seed",
        "gradient_correction",
        "batch_size",
        "memory",
        "progress",
    }
)


def find_method(name: str) -> Callable[..., Attribution]:
    """Return the function of a method: ``function(model, x, *, targets, …)``.

    Raises
    ------
    InputError
        For an unknown name.
    """
    if name not in METHODS:
        raise InputError(f"expected a method of {', '.join(METHODS)}, received {name!r}")
    module, function = METHODS[name]
    found: Callable[..., Attribution] = getattr(
        import_module(f"chrominterpret.methods.{module}"), function
    )
    return found


def method_options(name: str) -> frozenset[str]:
    """Return the names of the options that a method takes, such as "references" or "seed".

    Raises
    ------
    InputError
        For an unknown name.
    """
    parameters = inspect.signature(find_method(name)).parameters.values()
    return frozenset(p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY)


def attribute(name: str, model: Any, x: Any, **options: Any) -> Attribution:
    """Attribute by any method.

    Parameters
    ----------
    name
        One of `METHODS`.
    model, x
        As for `chrominterpret.methods.gradient.gradient`.
    **options
        Options of the method, and any of `COMMON`, which are left out where the method does not
        take them. None stands for the method's own default.

    Raises
    ------
    InputError
        For an unknown name, or an option that is neither the method's nor common.
    """
    known = method_options(name)
    unknown = set(options) - known - COMMON
    if unknown:
        raise InputError(
            f"expected options of {name} among {sorted(known)}, received {sorted(unknown)}"
        )
    given = {k: v for k, v in options.items() if k in known and v is not None}
    return find_method(name)(model, x, **given)
