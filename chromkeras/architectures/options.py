"""Options that all architectures have, and checks of their values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from chromkeras.errors import InputError
from chromkeras.names import unknown

INITIALIZERS = ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "orthogonal")
PADDINGS = ("valid", "same")


@dataclass(frozen=True)
class Options:
    """Options of an architecture; subclasses add their own and set the default of ``name``.

    A field's metadata may hold ``choices`` (a tuple), ``least`` and ``below`` (numbers); they are
    checked, and shown by the command line.

    Attributes
    ----------
    name
        Name of the architecture.
    initializer
        Initializer of the kernels, one of ``INITIALIZERS``.
    motifs
        MEME file whose PWMs the first filters on DNA start from; "" draws them all.
    """

    name: str = ""
    initializer: str = field(default="glorot_uniform", metadata={"choices": INITIALIZERS})
    motifs: str = ""

    def __post_init__(self) -> None:
        check_fields("architecture", self)
        self.check()

    def check(self) -> None:
        """Raise ``InputError`` for values that do not go together."""


def check_fields(section: str, options: Any) -> None:
    """Check the values of a dataclass by the metadata of its fields.

    Parameters
    ----------
    section
        Name of the recipe's section, for messages.
    options
        Dataclass whose values are checked.

    Raises
    ------
    InputError
        A value is none of its choices, or out of its range.
    """
    for each in fields(options):
        check_value(f"{section}.{each.name}", getattr(options, each.name), each.metadata)


def check_value(key: str, value: Any, metadata: Mapping[str, Any]) -> None:
    """Check one value by the metadata of its field.

    Parameters
    ----------
    key
        Name of the field as "section.name", for messages.
    value
        Value of the field's type.
    metadata
        What the field says of its values.

    Raises
    ------
    InputError
        The value is none of the choices, or out of its range.
    """
    choices = metadata.get("choices")
    if choices is not None and value not in (known := tuple(called(choices))):
        raise unknown(key, str(value), known)
    if value is not None:
        _check_range(key, value, metadata)


def called(choices: Any) -> Any:
    """Return choices, which a field may give as a function."""
    return choices() if callable(choices) else choices


def _check_range(key: str, value: Any, limits: Any) -> None:
    least, most, below = (limits.get(name) for name in ("least", "most", "below"))
    for one in value if isinstance(value, tuple) else (value,):
        if least is not None and not least <= one < float("inf"):
            if most is not None or below is not None:
                end = f"{most}" if below is None else f"below {below}"
                raise InputError(f"{key}: expected {least} to {end}, received {one}")
            raise InputError(f"{key}: expected at least {least}, received {one}")
        above = limits.get("above")
        if above is not None and not above < one < float("inf"):
            raise InputError(f"{key}: expected above {above}, received {one}")
        if (most is not None and one > most) or (below is not None and one >= below):
            start = "" if least is None else f"{least} to "
            end = f"{most}" if below is None else f"below {below}"
            raise InputError(f"{key}: expected {start}{end}, received {one}")
