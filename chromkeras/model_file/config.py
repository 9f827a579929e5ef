"""config.json of a model file: what Keras would build, checked before it does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chromkeras.errors import InputError
from chromkeras.model_file.allowed import ACTIVATIONS, DTYPES, check_builtin
from chromkeras.model_file.facts import (
    as_flag,
    as_int,
    as_list,
    as_name,
    as_shape,
    as_table,
    as_text,
    shown,
    wrong,
)
from chromkeras.model_file.graph import check_graph
from chromkeras.names import check_unique, printable, unknown

CARD = "RunCard"
MOST_LAYERS = 2_000
# Where Keras keeps the class of functional models.
FUNCTIONAL = ("keras.src.models.functional", "keras.models", "keras")
OBJECT = ("module", "class_name", "config")
REGISTERED = re.compile(r"[A-Za-z_][\w.]*>[A-Za-z_]\w*")
# A model has at least as many weights as one of these numbers of a layer says.
SIZES = ("units", "filters", "input_dim", "output_dim", "tasks")


@dataclass(frozen=True)
class CheckedConfig:
    """A configuration that Keras may be given.

    Attributes
    ----------
    config
        As it was read.
    card
        Configuration of its run card.
    registered
        Names, as "package>Name", of the registered classes that it is made of.
    """

    config: dict[str, Any]
    card: dict[str, Any]
    registered: tuple[str, ...]

    @property
    def layers(self) -> list[dict[str, Any]]:
        """Entries of the layers."""
        found: list[dict[str, Any]] = self.config["config"]["layers"]
        return found


def check_config(config: Any) -> CheckedConfig:
    """Check the configuration of a functional model with a run card.

    Parameters
    ----------
    config
        The value of config.json.

    Raises
    ------
    InputError
        It is not a functional model as Keras writes one, a class is not allowed, a layer reads
        from one that does not exist, or there is not exactly one run card.
    """
    top = as_table(
        config,
        "config.json",
        needed=OBJECT,
        allowed=("registered_name", "build_config", "compile_config"),
    )
    if top["class_name"] != "Functional" or top["module"] not in FUNCTIONAL:
        raise wrong("config.json: class_name", "'Functional' of Keras", top["class_name"])
    if top.get("registered_name") not in (None, "Functional"):
        raise wrong("config.json: registered_name", "'Functional'", top["registered_name"])
    model = as_table(
        top["config"],
        "config.json: config",
        needed=("name", "layers", "input_layers", "output_layers"),
        allowed=("trainable",),
    )
    as_name(model["name"], "config.json: name")
    as_flag(model.get("trainable", True), "config.json: trainable")
    entries = as_list(model["layers"], "config.json: layers", least=1, most=MOST_LAYERS)
    names = [_check_layer(entry, number) for number, entry in enumerate(entries, start=1)]
    check_unique("layer", names)
    check_graph(model)
    registered = dict.fromkeys(_registered(entries))
    return CheckedConfig(top, _card(entries), tuple(registered))


def check_sizes(checked: CheckedConfig, *, tasks: int, weights: int) -> None:
    """Raise ``InputError`` where a layer claims to be larger than all the file.

    Parameters
    ----------
    checked
        The configuration.
    tasks, weights
        Number of tasks, and of weights in the file.
    """
    for entry in checked.layers:
        for key in SIZES:
            size = entry["config"].get(key, 0)
            if not isinstance(size, int) or entry["class_name"] == CARD:
                continue
            most, what = (tasks, "tasks") if key == "tasks" else (weights, "weights")
            if size > most:
                raise InputError(
                    f"layer {printable(entry['name'], longest=60)}: {key} is {shown(size)}, but "
                    f"the file holds {most:,} {what}"
                )


def _check_layer(entry: Any, number: int) -> str:
    """Return the name of a layer whose entry is as Keras writes it."""
    where = f"config.json: layer {number}"
    table = as_table(
        entry,
        where,
        needed=(*OBJECT, "name", "inbound_nodes"),
        allowed=("registered_name", "build_config", "shared_object_id"),
    )
    name = as_name(table["name"], f"{where}: name")
    where = f"layer {printable(name, longest=60)}"
    config = as_table(table["config"], f"{where}: config", needed=("name",))
    if config["name"] != name:
        raise wrong(f"{where}: name in config", "the same name", config["name"])
    _check_class(table, where)
    plain = config if table["class_name"] != CARD else {"dtype": config.get("dtype")}
    _check_values(plain, where)
    _check_build(table.get("build_config"), where)
    if table["class_name"] == "InputLayer":
        as_shape(config.get("batch_shape"), f"{where}: batch_shape")
    return name


def _check_class(table: dict[str, Any], where: str) -> None:
    module, name = as_text(table["module"], where), as_text(table["class_name"], where)
    registered = table.get("registered_name")
    if "shared_object_id" in table:
        as_int(table["shared_object_id"], f"{where}: shared_object_id")
    if registered in (None, name):
        check_builtin(module, name, where)
    elif not REGISTERED.fullmatch(as_text(registered, where)):
        raise wrong(f"{where}: registered_name", "'package>Name'", registered)
    elif registered.partition(">")[2] != name:
        raise wrong(f"{where}: registered_name", f"one of {shown(name)}", registered)


def _check_values(value: Any, where: str, key: str = "") -> None:
    """Raise ``InputError`` where a layer's configuration holds an object of no allowed class."""
    if key == "quantization_config" and value is not None:
        raise wrong(f"{where}: {key}", "null", value)
    if isinstance(value, list):
        for inner in value:
            _check_values(inner, where)
    elif isinstance(value, dict) and "class_name" in value:
        extra = ("registered_name", "build_config", "shared_object_id")
        table = as_table(value, f"{where}: {shown(key)}", needed=OBJECT, allowed=extra)
        _check_class(table, where)
        _check_values(as_table(table["config"], f"{where}: config"), where)
        _check_build(table.get("build_config"), where)
        if table["class_name"] == "DTypePolicy":
            _check_choice("type", table["config"].get("name"), DTYPES, where)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_values(inner, where, name)
    elif isinstance(value, str):
        _check_word(key, value, where)


def _check_word(key: str, value: str, where: str) -> None:
    """Raise ``InputError`` for a text that Keras would take as the name of something unknown."""
    as_text(value, f"{where}: {shown(key)}")
    if key.endswith("activation"):
        _check_choice("activation", value, ACTIVATIONS, where)
    elif key == "dtype":
        _check_choice("type", value, DTYPES, where)
    elif ">" in value:
        raise wrong(f"{where}: {shown(key)}", "no name of a registered object", value)


def _check_choice(what: str, value: Any, choices: tuple[str, ...], where: str) -> None:
    if as_text(value, f"{where}: {what}") not in choices:
        raise InputError(f"{where}: {unknown(what, value, choices)}")


def _check_build(value: Any, where: str) -> None:
    """Raise ``InputError`` unless what a layer is built with are shapes."""
    if value is None:
        return
    table = as_table(value, f"{where}: build_config", allowed=("input_shape", "shapes_dict"))
    shapes = table.get("shapes_dict", {})
    for shape in (table.get("input_shape"), *as_table(shapes, where).values()):
        _check_shapes(shape, f"{where}: build_config")


def _check_shapes(value: Any, where: str) -> None:
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(inner, list) and any(isinstance(v, list | dict) for v in inner):
        for one in inner:
            _check_shapes(one, where)
    elif inner is not None:
        as_shape(inner, where)


def _registered(value: Any) -> Iterator[str]:
    """Yield the names of the registered classes in checked entries."""
    if isinstance(value, list):
        for inner in value:
            yield from _registered(inner)
    elif isinstance(value, dict):
        name = value.get("registered_name")
        if "class_name" in value and isinstance(name, str) and ">" in name:
            yield name
        if value.get("class_name") != CARD:
            for inner in value.values():
                yield from _registered(inner)


def _card(entries: list[dict[str, Any]]) -> dict[str, Any]:
    cards = [entry["config"] for entry in entries if entry["class_name"] == CARD]
    if not cards:
        raise InputError(
            "it is a Keras model without a chromkeras run card; expected a file that `train` wrote"
        )
    if len(cards) > 1:
        raise InputError(f"expected one run card, received {len(cards)}")
    found: dict[str, Any] = cards[0]
    return found
