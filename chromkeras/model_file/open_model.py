"""A trained model opened from its file: the network and what is known about it."""

import copy
import math
import os
import random
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np

from chromkeras.backend.errors import backend_errors
from chromkeras.errors import InputError
from chromkeras.losses.registry import of_loss, trained_loss
from chromkeras.model_file.allowed import check_registered
from chromkeras.model_file.card import RunCard, ensemble_card
from chromkeras.model_file.check import CheckedFile, check_model_file
from chromkeras.model_file.manifest import read_manifest
from chromkeras.model_file.mean_network import mean_network
from chromkeras.model_file.shipped import model_path
from chromkeras.names import printable
from chromkeras.problems.problem import Problem
from chromkeras.problems.registry import find_problem
from chromkeras.recipe.reading import recipe_from_dict
from chromkeras.recipe.recipe import Recipe
from chromkeras.registry import ARCHITECTURES
from chromkeras.sharing.layer_table import LayerTable
from chromkeras.sharing.model_layers import layer_table

# Numbers that any layer may put out for one sequence: 1 GB of them.
LARGEST_OUTPUT = 2**28
# Up to so many, the network is tried on one sequence.
LARGEST_TRIED = 2**22
# What Keras raises for a model that is put together well and makes no sense.
NONSENSE: tuple[type[Exception], ...] = (
    ArithmeticError, AttributeError, LookupError, NotImplementedError, OSError, RuntimeError,
    TypeError, UserWarning, ValueError, zipfile.BadZipFile, *backend_errors(),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class OpenModel:
    """A model of ours, ready to be used.

    Attributes
    ----------
    path
        Its file.
    network
        The Keras model, not compiled: from its inputs by name to outputs (batch, T), or
        (batch, T, C) for C classes.
    card
        Its run card.
    members
        Models of an ensemble, the mean of whose outputs the network puts out; none for a single
        model.
    """

    path: Path
    network: keras.Model
    card: RunCard
    members: tuple["OpenModel", ...] = ()

    @property
    def networks(self) -> tuple[keras.Model, ...]:
        """The networks whose outputs are averaged: those of the members, or the only one."""
        return tuple(member.network for member in self.members) or (self.network,)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Task names, in the order of the outputs."""
        return self.card.tasks

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe of the run; ``InputError`` of a baseline, which has none."""
        return recipe_from_dict(self.card.recipe)

    @property
    def problem(self) -> Problem:
        """What its labels are."""
        return find_problem(self.card.problem)

    @property
    def loss(self) -> str:
        """Name of the loss that it was trained by."""
        return trained_loss(self.card.loss, self.card.problem)

    @property
    def link(self) -> str:
        """What an output means: "identity", or "exp" where it is the logarithm of a prediction."""
        return str(of_loss(self.loss, "LINK"))

    @cached_property
    def layers(self) -> LayerTable:
        """Its layer table."""
        return layer_table(self.network)

    def places(self, tasks: Sequence[str]) -> list[int]:
        """Return the places of tasks among the outputs."""
        return [self.tasks.index(task) for task in tasks]


def open_model(path: str | os.PathLike[str]) -> OpenModel:
    """Open a model file, which may come from anybody, or a shipped model by name.

    The file is checked whole before Keras sees it (`check_model_file`), and its classes are held
    to a list (`chromkeras.model_file.allowed`). Then the network is built without weights, so that
    what it would take is known before it takes it; at last it is tried on a sequence of zeros.

    The folder of an ensemble, as ``crossval`` writes it, is opened as one model. Its outputs are
    the mean of its members' outputs: of logits for binary labels and classes, of what the loss
    trains for real values.

    Parameters
    ----------
    path
        A .keras file, the folder of an ensemble, or the name of a model that comes with the
        package, such as "worm_hard".

    Returns
    -------
    OpenModel
        The network, from inputs by name to outputs (batch, T) or (batch, T, C), and its run card.

    Raises
    ------
    InputError
        The file is missing, empty, damaged, no .keras file of ours, of another version, or claims
        to be larger than it is; the members of an ensemble do not belong together.

    Examples
    --------
    >>> import chromkeras
    >>> model = chromkeras.open_model("worm_hard")
    >>> model.network.output_shape
    (None, 16)
    >>> model.tasks[:3]
    ('Germline', 'Neurons', 'Muscle')
    """
    path = model_path(path)
    if path.is_dir():
        return _open_ensemble(path)
    found = check_model_file(path)
    with _named(path, found):
        if not found.card.is_baseline:
            recipe = recipe_from_dict(found.card.recipe)
            ARCHITECTURES.get(recipe.architecture.name)
        check_registered(found.config.registered)
        largest = _check_network(_without_weights(found.config.config), found)
        network = _loaded(path)
        if largest <= LARGEST_TRIED:
            _try(network)
    return OpenModel(Path(path), network, found.card)


def _open_ensemble(folder: Path) -> OpenModel:
    manifest = read_manifest(folder)
    members = tuple(open_model(member) for member in manifest.members)
    card = ensemble_card(manifest, [member.card for member in members])
    network = mean_network([member.network for member in members])
    return OpenModel(folder, network, card, members)


@contextmanager
def _named(path: str | os.PathLike[str], found: CheckedFile) -> Iterator[None]:
    """Turn errors about what the file holds into one that names the file."""
    try:
        yield
    except InputError as error:
        raise InputError(f"model {path}: {error}") from error
    except NONSENSE as error:
        raise InputError(
            f"model {path} is damaged or of another version (Keras {found.keras_version}): "
            f"{reason(error)}"
        ) from error


def reason(error: Exception) -> str:
    """Return what an error of Keras says, which takes many lines, in one."""
    plain = re.sub(r"\x1b\[\d*m", "", str(error)).replace("Exception encountered:", "\n")
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("<class", "config="))]
    return printable(" ".join(said[:2]) or type(error).__name__, longest=300)


def _without_weights(config: dict[str, Any]) -> keras.Model:
    """Return the network of a configuration with variables that have shapes and no values.

    Keras keeps a list of such variables to give them values later, and the names it has given, for
    each thread; in a thread of its own the list ends with the thread. Python's generator, from
    which layers draw seeds, is put back.
    """

    def build() -> keras.Model:
        with keras.StatelessScope(initialize_variables=False):
            return keras.saving.deserialize_keras_object(
                copy.deepcopy(config) | {"compile_config": None}
            )

    state = random.getstate()
    try:
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(build).result()
    finally:
        random.setstate(state)


def _loaded(path: str | os.PathLike[str]) -> keras.Model:
    with warnings.catch_warnings():
        # Keras would go on with fresh weights, and say so in a warning.
        warnings.filterwarnings("error", "Skipping nested container", UserWarning)
        return keras.saving.load_model(path, compile=False)


def _check_network(network: keras.Model, found: CheckedFile) -> int:
    """Return how many numbers a layer puts out for one sequence at most.

    Raises
    ------
    InputError
        The network is larger than the file, or not for its tasks.
    """
    tasks = len(found.card.tasks)
    shapes = [tuple(weight.shape) for weight in network.weights]
    weights = sum(map(math.prod, shapes))
    if weights > found.weights or 0 in {axis for shape in shapes for axis in shape}:
        raise InputError(
            f"its layers declare {weights:,} weights, but the file holds {found.weights:,}"
        )
    largest = max(math.prod(axis or 1 for axis in x.shape) for x in _tensors(network))
    if largest > LARGEST_OUTPUT:
        raise InputError(
            f"expected layers that put out at most {LARGEST_OUTPUT:,} numbers for a sequence, "
            f"received {largest:,}"
        )
    if network.output_shape[1:2] != (tasks,):
        raise InputError(
            f"expected an output for each of {tasks} tasks, received shape {network.output_shape}"
        )
    return largest


def _tensors(network: keras.Model) -> Iterator[Any]:
    """Yield inputs, and outputs of all layers that are called once, which is nearly all."""
    yield from network.inputs
    yield from network.outputs
    for layer in network.layers:
        try:
            output = layer.output
        except (AttributeError, ValueError):
            continue
        yield from keras.tree.flatten(output)


def _try(network: keras.Model) -> None:
    """Call a network on one sequence of zeros, which leaves no trace in it."""
    zeros = keras.tree.map_structure(
        lambda x: np.zeros([axis or 1 for axis in x.shape], x.dtype), network.input
    )
    with keras.StatelessScope():
        network(zeros, training=False)
