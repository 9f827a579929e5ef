"""The layers of a model file as a graph: each reads from layers that exist and stand before it."""

from collections.abc import Iterator
from typing import Any

from chromkeras.errors import InputError
from chromkeras.model_file.allowed import DTYPES
from chromkeras.model_file.facts import as_int, as_list, as_name, as_shape, as_table, wrong
from chromkeras.names import printable, unknown

MOST_NODES = 4_000
# How often Keras may have to go through the layers until each finds its inputs.
MOST_PASSES = 8
INPUT = "InputLayer"
TENSOR = "__keras_tensor__"

# What a node reads: the name of a layer, the number of its call, the number of the output.
Reference = tuple[str, int, int]


def check_graph(model: dict[str, Any]) -> None:
    """Check that every layer finds its inputs when Keras goes through them in their order.

    Parameters
    ----------
    model
        Configuration of a functional model; its layers have names.

    Raises
    ------
    InputError
        A layer or one of its calls does not exist, layers form a loop, or there are too many.
    """
    made = {entry["name"]: int(entry["class_name"] == INPUT) for entry in model["layers"]}
    waiting = {entry["name"]: _calls(entry, made) for entry in model["layers"]}
    total = sum(map(len, waiting.values()))
    if total > MOST_NODES:
        raise InputError(f"config.json: expected at most {MOST_NODES} nodes, received {total}")
    for _ in range(MOST_PASSES):
        for name, calls in waiting.items():
            while calls and all(made[source] > call for source, call, _ in calls[0]):
                del calls[0]
                made[name] += 1
    for name, calls in waiting.items():
        if calls:
            raise InputError(
                f"{_title(name)} reads from a node that does not exist, or the layers form a loop "
                "or stand in no order"
            )
    for key in ("input_layers", "output_layers"):
        for name, call, _ in _ends(model[key], f"config.json: {key}", made):
            if made[name] <= call:
                raise InputError(f"config.json: {key}: {_title(name)} has no node {call}")


def _title(name: str) -> str:
    return f"layer {printable(name, longest=60)}"


def _calls(entry: dict[str, Any], known: dict[str, int]) -> list[list[Reference]]:
    """Return what each call of a layer reads."""
    where = _title(entry["name"])
    nodes = as_list(entry["inbound_nodes"], f"{where}: inbound_nodes", most=MOST_NODES)
    if bool(nodes) == (entry["class_name"] == INPUT):
        expected = "no nodes of an input" if nodes else "at least one node"
        raise wrong(f"{where}: inbound_nodes", expected, nodes)
    return [_inputs(node, where, known) for node in nodes]


def _inputs(node: Any, where: str, known: dict[str, int]) -> list[Reference]:
    table = as_table(node, f"{where}: node", needed=("args", "kwargs"), allowed=())
    as_list(table["args"], f"{where}: args")
    as_table(table["kwargs"], f"{where}: kwargs")
    found = list(_tensors([table["args"], table["kwargs"]], where, known))
    if not found:
        raise InputError(f"{where}: expected inputs from other layers, received none")
    return found


def _tensors(value: Any, where: str, known: dict[str, int]) -> Iterator[Reference]:
    """Yield what a node reads; in its arguments may stand nothing else but plain values."""
    if isinstance(value, list):
        for inner in value:
            yield from _tensors(inner, where, known)
    elif isinstance(value, dict) and "class_name" in value:
        yield _reference(_tensor(value, where)["keras_history"], where, known)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _tensors(inner, where, known)


def _tensor(value: dict[str, Any], where: str) -> dict[str, Any]:
    if value["class_name"] != TENSOR:
        raise wrong(f"{where}: argument", "the output of a layer", value["class_name"])
    config = as_table(value, where, needed=("class_name", "config"), allowed=())["config"]
    tensor = as_table(config, where, needed=("shape", "dtype", "keras_history"), allowed=())
    as_shape(tensor["shape"], f"{where}: shape of an argument")
    if tensor["dtype"] not in (*DTYPES, "int32", "int64", "bool"):
        raise wrong(f"{where}: type of an argument", "float32 or the like", tensor["dtype"])
    return tensor


def _ends(value: Any, where: str, known: dict[str, int]) -> Iterator[Reference]:
    """Yield the inputs or outputs of a model: one, a list or a table of them."""
    if isinstance(value, dict):
        several = list(value.values())
    else:
        several = value if isinstance(value, list) and isinstance([*value, 0][0], list) else [value]
    for one in several:
        yield _reference(one, where, known)


def _reference(value: Any, where: str, known: dict[str, int]) -> Reference:
    name, call, output = as_list(value, where, least=3, most=3)
    if as_name(name, where) not in known:
        raise InputError(f"{where}: {unknown('layer', name, known)}")
    return name, as_int(call, where, most=MOST_NODES), as_int(output, where, most=MOST_NODES)
