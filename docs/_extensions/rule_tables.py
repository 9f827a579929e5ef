"""``rule-tables``: what DeepLIFT does with Keras's layers and operations, from its registry."""

from collections.abc import Iterable, Iterator
from inspect import isclass, isfunction
from typing import Any

import keras
from generated import Generated, escaped, heading, literal, table

from chrominterpret.engine.compositions import COMPOSITIONS
from chrominterpret.engine.rule_table import LAYERS, MEANING, OPERATIONS, RULE_OF_LAYER

BY_NAME = {
    name.replace("_", "").lower(): name
    for name in dir(keras.ops)
    if isfunction(getattr(keras.ops, name))
}


class RuleTables(Generated):
    """Tables of the exact rules, and the names of all that have none."""

    def lines(self) -> Iterator[str]:
        """Yield the tables."""
        yield from heading("Exact: layers", "-")
        classes = {rule: [_public_name(cls) for cls in group] for rule, group in LAYERS.items()}
        yield from _table("Layers", classes)
        yield from heading("Exact: operations", "-")
        names = {rule: text.split() for rule, text in OPERATIONS.items()}
        names["opened"] = [name for name in COMPOSITIONS if name not in RULE_NAMES]
        yield from _table("Operations", {rule: _public(some) for rule, some in names.items()})
        yield from heading("No rule of their own", "-")
        yield (
            "Layers, which are opened where they are written in ``keras.ops``, and refused or "
            f"integrated where they are not: {_listed(_other_layers())}."
        )
        yield ""
        yield (
            "All other operations are refused or integrated, such as ``keras.ops.sort`` and "
            "``keras.ops.cumprod``; those that give integers or truth values pass no change on."
        )


RULE_NAMES = {cls.__name__ for cls in RULE_OF_LAYER}


def _table(kind: str, members: dict[str, list[str]]) -> Iterator[str]:
    yield from table(
        (kind, "What such a one is, and what it passes on", "Rule"),
        (
            (_listed(sorted(names)), escaped(f"It {MEANING[rule]}."), literal(rule))
            for rule, names in members.items()
            if names
        ),
    )


def _public(classes: Iterable[str]) -> list[str]:
    """Return the functions that make operations of some classes, or the names of these."""
    return sorted({BY_NAME.get(name.lower(), name) for name in classes})


def _public_name(cls: type) -> str:
    names = [name for name in dir(keras.layers) if getattr(keras.layers, name) is cls]
    return cls.__name__ if cls.__name__ in names else names[0]


def _other_layers() -> list[str]:
    every = {item for item in vars(keras.layers).values() if isclass(item)}
    layers = {cls for cls in every if issubclass(cls, keras.Layer)}
    bases = {keras.layers.Layer, keras.layers.Wrapper, keras.layers.InputLayer}
    return sorted(_public_name(cls) for cls in layers - RULE_OF_LAYER.keys() - bases)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(literal, names))


def setup(app: Any) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("rule-tables", RuleTables)
    return {"parallel_read_safe": True}
