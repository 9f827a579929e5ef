"""Grammars by name; a name is a module of this package."""

from collections.abc import Callable
from typing import Any

from chromkeras.errors import InputError
from chromkeras.importers.draft import Draft
from chromkeras.importers.simulation import Simulation
from chromkeras.registry import GRAMMARS


def grammar_names() -> tuple[str, ...]:
    """Return the names of all grammars."""
    return GRAMMARS.names()


def grammar(name: str) -> Callable[..., Draft]:
    """Return the ``draw`` of a grammar, or raise ``InputError`` for an unknown name.

    ``draw(rng, settings, widths, member)`` takes the motifs' widths, shape (M,), and sets, shape
    (T, M) bool, and says what is planted in every row and where an element is open.
    """
    found: Callable[..., Draft] = _of(name, "draw")
    return found


def with_defaults(name: str, **given: Any) -> Simulation:
    """Return settings of a grammar: those given that are not None, and its own defaults.

    Raises
    ------
    InputError
        The grammar is unknown, has no spacing though one is given, or a value is out of range.
    """
    defaults = _of(name, "DEFAULTS")
    chosen = {key: value for key, value in given.items() if value is not None}
    if "span" not in chosen:
        fields = Simulation.__dataclass_fields__
        length = chosen.get("length", fields["length"].default)
        chosen["span"] = min(defaults.get("span", fields["span"].default), max(length, 1))
    return Simulation(grammar=name, **(defaults | chosen))


def check_spacing(settings: Simulation) -> None:
    """Raise ``InputError`` when a spacing is given to a grammar that has none."""
    if settings.spacing is not None and not _of(settings.grammar, "TAKES_SPACING"):
        takers = ", ".join(name for name in grammar_names() if _of(name, "TAKES_SPACING"))
        raise InputError(
            f"grammar {settings.grammar!r} has no spacing; leave it out or choose one of {takers}"
        )


def _of(name: str, what: str) -> Any:
    return getattr(GRAMMARS.get(name), what)
