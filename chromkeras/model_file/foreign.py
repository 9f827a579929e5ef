"""Keras models of anybody, without a run card: opened beside names for their outputs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chrominterpret.hdf5 import read_hdf5
from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.model_file.archive import open_archive
from chromkeras.model_file.card import (
    CONFIG,
    FOREIGN,
    LARGEST_CONFIG,
    WEIGHTS,
    RunCard,
    read_card,
)
from chromkeras.model_file.config import CARD
from chromkeras.model_file.facts import as_list, as_name, as_table
from chromkeras.model_file.shipped import model_path
from chromkeras.model_file.weights import count_weights
from chromkeras.names import check_unique, printable
from chromkeras.recipe.reading import read_toml

if TYPE_CHECKING:
    import keras

    from chromkeras.model_file.open_model import OpenModel

HDF5_ENDINGS = (".h5", ".hdf5")
# Of each problem the loss that a model of anybody was most likely trained by.
LOSSES = {"binary": "plain", "regression": "mse", "classes": "crossentropy"}
Head = str | int | None


@dataclass(frozen=True)
class Sidecar:
    """What MODEL.toml beside a model file says of it.

    Attributes
    ----------
    tasks
        Names of the outputs, in order; () where it does not say.
    head
        Name or position of the output, of several.
    """

    tasks: tuple[str, ...] = ()
    head: Head = None


def has_card(path: str | os.PathLike[str]) -> bool:
    """Return whether a model file has a run card, as all that chromkeras writes have.

    Raises
    ------
    InputError
        The file is missing, empty or damaged.
    """
    place = model_path(path)
    if place.is_dir():
        return True
    if place.suffix.lower() in HDF5_ENDINGS:
        with read_hdf5(require_file(place, "model")) as file:
            if "model_config" not in file.attrs:
                raise InputError(f"model {path} is not a .keras file, nor a Keras model in HDF5")
        return False
    with open_archive(place, "model", ".keras") as archive:
        if CONFIG not in archive.members:
            return True  # what is wrong with it is said where the card is read
        config = archive.read(CONFIG, most=LARGEST_CONFIG)
    return f'"{CARD}"'.encode() in config


def read_sidecar(path: str | os.PathLike[str]) -> Sidecar:
    """Return what the TOML file beside a model says, of the same name; nothing where none lies.

    Raises
    ------
    InputError
        It is no TOML, or has other keys than ``tasks`` and ``head`` or other values.
    """
    beside = Path(path).with_suffix(".toml")
    if not beside.is_file():
        return Sidecar()
    table = as_table(read_toml(beside, str(beside)), str(beside), allowed=("tasks", "head"))
    where = f"{beside}: tasks"
    tasks = tuple(as_name(name, where) for name in as_list(table.get("tasks", []), where))
    check_unique("task", tasks)
    head = table.get("head")
    if head is not None and (isinstance(head, bool) or not isinstance(head, str | int)):
        raise InputError(f"{beside}: head: expected a name or a whole number, received {head!r}")
    return Sidecar(tasks, head)


def task_names(path: str | os.PathLike[str], tasks: Sequence[str] = ()) -> tuple[str, ...]:
    """Return names for the outputs of a model: those given, or those of the file beside it.

    Raises
    ------
    InputError
        There are none.
    """
    names = tuple(tasks) or read_sidecar(path).tasks
    if not names:
        raise InputError(
            f"model {path} has no run card: expected `tasks`, a name for each of its outputs, or "
            f'{Path(path).with_suffix(".toml")} with tasks = ["…"]'
        )
    check_unique("`tasks` name", names)
    return names


def foreign_card(tasks: Sequence[str], problem: str, classes: Sequence[str] = ()) -> RunCard:
    """Return a card for a model that has none: its tasks, and the problem of the data at hand."""
    recipe = {"plan": FOREIGN, "training": {"loss": LOSSES[problem]}}
    return RunCard(tuple(tasks), recipe, problem=problem, classes=tuple(classes))


def any_tasks(path: str | os.PathLike[str], tasks: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the tasks of any model: of its run card, else as `task_names` does."""
    return read_card(path).tasks if has_card(path) else task_names(path, tasks)


def any_card(
    path: str | os.PathLike[str],
    problem: str,
    classes: Sequence[str] = (),
    tasks: Sequence[str] = (),
) -> RunCard:
    """Return the run card of any model, made up where it has none.

    Parameters
    ----------
    path
        File of the model.
    problem, classes
        What the labels of the data are, for a model without a card.
    tasks
        Names of the outputs of such a model; () takes those of MODEL.toml.
    """
    if has_card(path):
        return read_card(path)
    return foreign_card(task_names(path, tasks), problem, classes)


def open_any(path: str | os.PathLike[str], card: RunCard, *, head: Head = None) -> "OpenModel":
    """Open any model by the card that `any_card` gave; for errors see `open_foreign`."""
    from chromkeras.model_file.open_model import open_model

    if not card.is_foreign:
        return open_model(path)
    return open_foreign(path, card, head=read_sidecar(path).head if head is None else head)


def load_foreign(path: str | os.PathLike[str]) -> "keras.Model":
    """Load any Keras model, not compiled.

    Classes of one's own have to be registered with Keras before; code in the file is not run, and
    weights that lie in other files are refused.

    Raises
    ------
    InputError
        Keras cannot load it, or its weights are no plain numbers in the file.
    """
    import keras

    from chromkeras.model_file.open_model import NONSENSE, reason

    place = require_file(model_path(path), "model")
    _check_weights(place)
    try:
        return keras.saving.load_model(place, compile=False)
    except NONSENSE as error:
        raise InputError(f"model {path}: Keras cannot load it: {reason(error)}") from error


def _check_weights(place: Path) -> None:
    if place.suffix.lower() in HDF5_ENDINGS:
        with read_hdf5(place):
            return
    with open_archive(place, "model", ".keras") as archive:
        if WEIGHTS in archive.members:
            count_weights(archive, WEIGHTS)


def open_foreign(path: str | os.PathLike[str], card: RunCard, *, head: Head = None) -> "OpenModel":
    """Open any Keras model as one of ours: its outputs are logits where its problem has some.

    A sigmoid or softmax that ends the model is taken off, and logits give the same probabilities;
    without one, outputs are taken to be logits.

    Parameters
    ----------
    path
        File of the model, of which an output is (batch,), (batch, T), or (batch, T, C) for C
        classes.
    card
        As `foreign_card` makes it.
    head
        Name or position of the output, where there are several.

    Raises
    ------
    InputError
        Keras cannot load it, or the output is another.
    """
    from chromkeras.model_file.open_model import OpenModel

    network = _one_output(load_foreign(path), head)
    if card.problem != "regression":
        network = _as_logits(network, card.problem)
    return OpenModel(Path(path), _shaped(network, card, path), card)


def as_head(given: Head) -> Head:
    """Return the name or position of an output; digits, as a command line gives them, are one."""
    return int(given) if isinstance(given, str) and given.isdecimal() else given


def _one_output(network: Any, head: Head) -> "keras.Model":
    import keras

    from chrominterpret.engine.graph import functional, output_index

    graph = functional(network)
    index = output_index(network, as_head(head))
    return keras.Model(graph.inputs, graph.outputs[index], name=network.name)


def _as_logits(network: "keras.Model", problem: str) -> "keras.Model":
    """Return a network without the sigmoid or softmax that ends it; it shares its weights.

    A softmax over binary tasks, or a sigmoid of each class, is turned into logits of the same
    probabilities.
    """
    import keras
    from keras import ops

    from chrominterpret.engine.rules import logit_step

    step = logit_step(network, 0)
    if step is None:
        return network
    own = keras.activations.sigmoid if problem == "binary" else keras.activations.softmax
    is_own = getattr(step.operation, "activation", None) is own
    if is_own and _times_called(network, step.operation) == 1:
        step.operation.activation = keras.activations.linear
        return network
    smallest = keras.config.epsilon()
    p = ops.clip(network.output, smallest, 1 - smallest if problem == "binary" else 1)
    logits = ops.log(p) - (ops.log1p(-p) if problem == "binary" else 0)
    return keras.Model(network.inputs, logits, name=network.name)


def _times_called(network: "keras.Model", operation: Any) -> int:
    """Return how often a network calls a layer; what one calls twice is not to be changed."""
    from chrominterpret.engine.graph import run_graph

    called = []

    def note(step: Any, args: Any, kwargs: Any) -> list[int]:
        called.append(step.operation)
        return list(range(step.n_outputs))

    run_graph(network, range(len(network.inputs)), note)
    return sum(each is operation for each in called)


def _shaped(network: "keras.Model", card: RunCard, path: str | os.PathLike[str]) -> "keras.Model":
    """Return a network of outputs (batch, T) or (batch, T, C), whatever axes of 1 it has."""
    import keras

    expected = (len(card.tasks), *([len(card.classes)] if card.classes else []))
    shape = tuple(network.output_shape[1:])
    if shape == expected:
        return network
    if [n for n in shape if n != 1] == [n for n in expected if n != 1]:
        shaped = keras.layers.Reshape(expected, name="by_task")(network.output)
        return keras.Model(network.inputs, shaped, name=network.name)
    of = ", ".join(printable(task, longest=40) for task in card.tasks[:6])
    raise InputError(
        f"model {path}: expected an output of shape (batch, {', '.join(map(str, expected))}) for "
        f"the tasks {of}, received (batch, {', '.join(map(str, shape))})"
    )
