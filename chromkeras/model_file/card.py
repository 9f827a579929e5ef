"""The run card: what a model file knows about itself, read without Keras."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from chromkeras.errors import InputError
from chromkeras.model_file.archive import Archive, check_names, open_archive
from chromkeras.model_file.config import CheckedConfig, check_config
from chromkeras.model_file.facts import (
    as_int,
    as_list,
    as_name,
    as_number,
    as_shape,
    as_table,
    as_text,
    read_json,
    shown,
    wrong,
)
from chromkeras.model_file.manifest import Manifest, read_manifest
from chromkeras.model_file.shipped import model_path
from chromkeras.names import check_unique, printable, unknown
from chromkeras.recipe.choices import AUTO, BASELINE

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
LARGEST_CONFIG = 8 * 2**20
LARGEST_METADATA = 2**16
MOST_TASKS = 10_000
# The plan of a model that chromkeras did not train.
FOREIGN = "none"
# What every Keras layer has in its configuration.
OF_THE_LAYER = ("name", "trainable", "dtype")
# Among the scores: the share of positives among the training rows, by task.
TRAINING_SHARE = "training_positive_fraction"
OF_EVERY_CARD = ("tasks", "recipe", "fingerprint", "scores")


@dataclass(frozen=True)
class RunCard:
    """What a model was trained on, how, and how well.

    Attributes
    ----------
    tasks
        T names, in the order of the outputs.
    recipe
        ``Recipe.to_dict()``.
    fingerprint
        Fingerprint of the training data.
    scores
        Validation scores and the like, plain JSON values.
    problem
        Name in ``chromkeras.problems``.
    classes
        Names of the classes, where the problem has any.
    layers
        Layer table, as ``LayerTable.to_config()`` returns it; empty in files of version "".
    inputs
        Shape of a row of each input, by name. Files of version "" do not say.
    version
        Version of chromkeras that trained the model; "" before files said so.
    """

    tasks: tuple[str, ...]
    recipe: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    scores: dict[str, Any] = field(default_factory=dict)
    problem: str = "binary"
    classes: tuple[str, ...] = ()
    layers: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    version: str = ""

    @property
    def networks(self) -> int:
        """Number of networks whose outputs are averaged."""
        return 1

    @property
    def plan(self) -> str:
        """Name of the sharing plan, or of the baseline."""
        return str(self.recipe["plan"])

    @property
    def is_baseline(self) -> bool:
        """Whether this is a baseline, a linear model that was not trained by epochs."""
        return BASELINE in self.recipe

    @property
    def is_foreign(self) -> bool:
        """Whether chromkeras did not train the model, whose file has no card: this was made up."""
        return self.plan == FOREIGN

    @property
    def loss(self) -> str:
        """Name of the loss as the recipe gives it."""
        return str(self.recipe.get("training", {}).get("loss", AUTO))

    @property
    def seed(self) -> int | None:
        """Seed of the training; None of what draws nothing."""
        return self.recipe.get("training", {}).get("seed")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "RunCard":
        """Return the card in the configuration of the layer that carries it.

        Parameters
        ----------
        config
            Plain values by field; what every Keras layer has may be among them.

        Raises
        ------
        InputError
            A field is missing, unknown or of the wrong type; a task stands twice.
        """
        values = {k: v for k, v in config.items() if k not in OF_THE_LAYER}
        missing = [key for key in OF_EVERY_CARD if key not in values]
        if missing:
            raise InputError(
                f"run card: expected {', '.join(OF_EVERY_CARD)}, received no {missing[0]}"
            )
        known = [f.name for f in fields(cls)]
        for key, value in values.items():
            if key not in known:
                raise unknown("run card field", key, known)
            values[key] = _CHECKS[key](value, f"run card: {key}")
        card = cls(**values)
        check_unique("task", card.tasks)
        check_unique("class", card.classes)
        groups = card.layers.get("groups", ())
        if groups and len(groups) != len(card.tasks):
            raise wrong("run card: groups", f"one for each of {len(card.tasks)} tasks", groups)
        return card

    def to_config(self) -> dict[str, Any]:
        """Return the arguments of the layer that carries the card, as plain JSON values."""
        return {
            **{f.name: getattr(self, f.name) for f in fields(self)},
            **{name: list(getattr(self, name)) for name in ("tasks", "classes")},
            "inputs": {name: list(shape) for name, shape in self.inputs.items()},
        }


@dataclass(frozen=True)
class EnsembleCard(RunCard):
    """What the members of an ensemble have in common.

    The fingerprint is that of the whole data set, the recipe the first member's.

    Attributes
    ----------
    members
        Files of the members.
    """

    members: tuple[Path, ...] = ()

    @property
    def networks(self) -> int:
        """Number of networks whose outputs are averaged."""
        return len(self.members)


def _names(value: Any, where: str) -> tuple[str, ...]:
    return tuple(as_name(name, where) for name in as_list(value, where, most=MOST_TASKS))


def _tasks(value: Any, where: str) -> tuple[str, ...]:
    as_list(value, where, least=1, most=MOST_TASKS)
    return _names(value, where)


def _recipe(value: Any, where: str) -> dict[str, Any]:
    """Return a recipe whose values are plain; which of them are legal the recipe itself knows."""
    table = as_table(value, where, needed=("plan",))
    as_name(table["plan"], f"{where}: plan")
    for name, section in table.items():
        if name != "plan":
            for key, inner in as_table(section, f"{where}: {shown(name)}").items():
                _check_setting(inner, f"{where}: {shown(f'{name}.{key}')}")
    return table


def _check_setting(value: Any, where: str) -> None:
    for inner in value if isinstance(value, list) else [value]:
        if isinstance(inner, str):
            as_text(inner, where)
        elif inner is not None and not isinstance(inner, bool):
            as_number(inner, where)


def _scores(value: Any, where: str) -> dict[str, Any]:
    for key, inner in as_table(value, where).items():
        for one in inner.values() if isinstance(inner, dict) else [inner]:
            _check_setting(one, f"{where}: {shown(key)}")
    return dict(value)


def _layers(value: Any, where: str) -> dict[str, Any]:
    table = as_table(value, where)
    if not table:  # files of version ""
        return table
    parts = ("entries", "groups", "backbone")
    as_table(table, where, needed=parts, allowed=parts)
    for entry in as_list(table["entries"], where):
        for key, inner in as_table(entry, where).items():
            _check_setting(inner, f"{where}: {shown(key)}")
    for group in as_list(table["groups"], where):
        as_int(group, where, most=MOST_TASKS)
    as_int(table["backbone"], where)
    return table


def _inputs(value: Any, where: str) -> dict[str, tuple[int, ...]]:
    found = {}
    for name, shape in as_table(value, where).items():
        axes = as_shape(shape, f"{where}: {shown(name)}")
        if None in axes:
            raise wrong(f"{where}: {shown(name)}", "whole numbers", shape)
        found[name] = tuple(axis for axis in axes if axis is not None)
    return found


_CHECKS = {
    "tasks": _tasks,
    "recipe": _recipe,
    "fingerprint": as_text,
    "scores": _scores,
    "problem": as_name,
    "classes": _names,
    "layers": _layers,
    "inputs": _inputs,
    "version": as_text,
}


@dataclass(frozen=True)
class CardFile:
    """What a model file says about itself: all but the weights.

    Attributes
    ----------
    card
        The run card.
    config
        What Keras would build.
    keras_version
        Version of Keras that wrote the file.
    """

    card: RunCard
    config: CheckedConfig
    keras_version: str


def read_card(path: str | os.PathLike[str]) -> RunCard:
    """Return the run card of a model file, which is checked but for its weights.

    Parameters
    ----------
    path
        A .keras file, the name of a shipped model, or the folder of an ensemble, whose card is an
        ``EnsembleCard``.

    Raises
    ------
    InputError
        The file is missing, empty, damaged, no .keras file, or a model without a run card; the
        members of an ensemble do not belong together.
    """
    place = model_path(path)
    if place.is_dir():
        manifest = read_manifest(place)
        return ensemble_card(manifest, [read_card(member) for member in manifest.members])
    with open_archive(place, "model", ".keras") as archive:
        return read_card_file(archive).card


def ensemble_card(manifest: Manifest, cards: Sequence[RunCard]) -> EnsembleCard:
    """Return the card of an ensemble, from those of its members.

    Its share of positives among the training rows is the one whose log-odds are the mean of the
    members', so that a shift of the mean output is the mean of the members' shifts.

    Raises
    ------
    InputError
        Members have other tasks, labels, inputs or another loss than the first.
    """
    first = cards[0]
    for path, card in zip(manifest.members, cards, strict=True):
        for name, of in _ALIKE.items():
            if of(card) != of(first):
                raise InputError(
                    f"expected members of an ensemble with equal {name}; {path} has others than "
                    f"{manifest.members[0]}"
                )
    shares = [card.scores.get(TRAINING_SHARE) for card in cards]
    known = all(isinstance(share, dict) for share in shares)
    scores = {TRAINING_SHARE: _mean_share(shares)} if known else {}
    return EnsembleCard(
        first.tasks,
        first.recipe,
        manifest.fingerprint,
        scores,
        first.problem,
        first.classes,
        inputs=first.inputs,
        version=first.version,
        members=manifest.members,
    )


_ALIKE = {
    "tasks": lambda card: card.tasks,
    "labels": lambda card: (card.problem, card.classes),
    "inputs": lambda card: card.inputs,
    "losses": lambda card: card.recipe.get("training", {}).get("loss"),
}


def _mean_share(shares: Sequence[Any]) -> dict[str, float]:
    """Return the share of each task whose log-odds are the mean; of strange shares the first."""
    found = {}
    for task, first in shares[0].items():
        each = [share.get(task) for share in shares]
        if not all(isinstance(p, float) and 0 < p < 1 for p in each):
            found[task] = first
            continue
        odds = sum(math.log(p) - math.log1p(-p) for p in each) / len(each)
        found[task] = 1 / (1 + math.exp(-odds))
    return found


def require_one_network(path: str | os.PathLike[str], card: RunCard) -> None:
    """Raise ``InputError`` for an ensemble, where a single network is needed."""
    if isinstance(card, EnsembleCard):
        raise InputError(
            f"model {path} is an ensemble of {card.networks} networks, expected one; choose one of "
            f"them, such as {card.members[0]}"
        )


def read_card_file(archive: Archive) -> CardFile:
    """Check an open model file but for its weights; for errors see `read_card`."""
    check_names(archive, (METADATA, CONFIG, WEIGHTS))
    metadata = archive.read(METADATA, most=LARGEST_METADATA)
    config = archive.read(CONFIG, most=LARGEST_CONFIG)
    try:
        about = as_table(read_json(metadata, METADATA), METADATA)
        version = as_text(about.get("keras_version", "unknown"), METADATA, longest=40)
        checked = check_config(read_json(config, CONFIG))
        return CardFile(RunCard.from_config(checked.card), checked, printable(version))
    except InputError as error:
        raise InputError(f"{archive.title}: {error}") from error
