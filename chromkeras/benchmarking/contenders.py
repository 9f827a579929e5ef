"""What a benchmark sets side by side: models in a size, each under a sharing plan."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromkeras.baselines.options import Options, baseline_options
from chromkeras.baselines.train import check_dataset, train_baseline
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.losses.registry import of_loss, trained_loss
from chromkeras.model_file.beside import checkpoint_path
from chromkeras.model_file.card import RunCard, read_card
from chromkeras.names import check_unique, printable, unknown
from chromkeras.recipe.choices import BASELINE
from chromkeras.recipe.reading import make_recipe, recipe_from_dict, recipe_values, size_names
from chromkeras.recipe.recipe import Recipe
from chromkeras.registry import ARCHITECTURES, BASELINES
from chromkeras.sharing.plan import input_names
from chromkeras.sharing.task_groups import clusters

if TYPE_CHECKING:
    import keras

DEFAULTS = "defaults"  # the size that an architecture has by itself: its paper's
SMALL = "small"
SEEDS = 2**32


@dataclass(frozen=True)
class Contender(ABC):
    """A model in a size, under a sharing plan where it has one.

    Attributes
    ----------
    model
        Name in its registry.
    size
        Named size; "" where it has none.
    plan
        Name of the sharing plan; "" where it has none.
    """

    model: str
    size: str
    plan: str

    @property
    def title(self) -> str:
        """Model and size, as "basset (small)"."""
        return f"{self.model} ({self.size})" if self.size else self.model

    @property
    def name(self) -> str:
        """Model, size and plan, as "basset (small), hard"."""
        return ", ".join(filter(None, (self.title, self.plan)))

    def path(self, folder: Path, seed: int) -> Path:
        """Return the model file of a seed in a folder."""
        parts = filter(None, (self.model, self.size, self.plan))
        return folder / ".".join((*parts, str(seed), "keras"))

    @property
    @abstractmethod
    def module(self) -> Any:
        """Its module in the registry."""

    @abstractmethod
    def kind(self, network: "keras.Model") -> str:
        """Return what kind of model it is, for people."""

    @abstractmethod
    def seeds(self, count: int) -> tuple[int, ...]:
        """Return the seeds of so many trainings; one where nothing is drawn at random."""

    @abstractmethod
    def check(self, dataset: Dataset) -> None:
        """Raise ``InputError`` where the data set lacks what the model reads."""

    @abstractmethod
    def settings_of(self, card: RunCard) -> dict[str, Any]:
        """Return how a model file was trained, as ``settings`` does."""

    @abstractmethod
    def settings(self, dataset: Dataset, seed: int) -> dict[str, Any]:
        """Return how a seed is trained, by "section.key"."""

    @abstractmethod
    def work(self, dataset: Dataset) -> float:
        """Return the operations of a training, at most; 0 where they are not known.

        Raises
        ------
        InputError
            The model cannot be built for the data set.
        """

    @abstractmethod
    def train(self, dataset: Dataset, path: Path, seed: int) -> None:
        """Train a seed, from the start or from the state that a stop left."""

    @abstractmethod
    def link(self, problem: str) -> str:
        """Return the link of the loss."""

    def check_file(self, path: Path, dataset: Dataset, seed: int) -> None:
        """Raise ``InputError`` unless a model file was trained as this is, on this data set."""
        card = read_card(path)
        mend = "choose another folder, or remove the file"
        if not dataset.was_trained_on(card.fingerprint):
            raise InputError(f"{path} was trained on other data; give the same data, {mend}")
        was = self.settings_of(card)
        changed = [
            f"{key} {printable(str(was.get(key)), longest=60)}, not {value}"
            for key, value in self.settings(dataset, seed).items()
            if was.get(key) != value
        ]
        if changed:
            raise InputError(
                f"{path} was trained with {'; '.join(changed[:6])}; give the same options, {mend}"
            )


@dataclass(frozen=True)
class Network(Contender):
    """An architecture under a sharing plan.

    Attributes
    ----------
    recipe
        Recipe of the first seed.
    """

    recipe: Recipe

    @property
    def module(self) -> Any:
        """Its module in the registry."""
        return ARCHITECTURES.get(self.model)

    def kind(self, network: "keras.Model") -> str:
        """Return what kind of network it is, by its layers."""
        from chromkeras.benchmarking.description import kind

        return kind(network)

    def seeds(self, count: int) -> tuple[int, ...]:
        """Return seeds that follow the recipe's."""
        return tuple((self.recipe.training.seed + place) % SEEDS for place in range(count))

    def check(self, dataset: Dataset) -> None:
        """Raise ``InputError`` where the data set lacks an input."""
        wanted = input_names(self.recipe.architecture)
        if missing := [name for name in wanted if name not in dataset.inputs]:
            raise InputError(
                f"`models`: {self.model} reads {', '.join(wanted)}, and the data set has no "
                f"{' and no '.join(missing)}; it has {', '.join(dataset.inputs)}"
            )

    def seeded(self, seed: int) -> Recipe:
        """Return the recipe with a seed."""
        return self.recipe.with_values("training", seed=seed)

    def settings(self, dataset: Dataset, seed: int) -> dict[str, Any]:
        """Return the values of the recipe; groups that are clustered are left out."""
        loss = trained_loss(self.recipe.training.loss, dataset.problem)
        values = recipe_values(self.seeded(seed).with_values("training", loss=loss))
        if clusters(self.recipe.sharing.groups, len(dataset.tasks)) is not None:
            del values["sharing.groups"]  # in the file by task names
        return values

    def settings_of(self, card: RunCard) -> dict[str, Any]:
        """Return the values of the recipe that a model file was trained by."""
        return {} if card.is_baseline else recipe_values(recipe_from_dict(card.recipe))

    def work(self, dataset: Dataset) -> float:
        """Return the operations of as many epochs as the recipe has."""
        from chromkeras.cost.dry_run import untrained_model
        from chromkeras.cost.operations import model_cost

        model = untrained_model(
            self.recipe,
            dataset.tasks,
            dataset.shapes,
            problem=dataset.problem,
            classes=dataset.classes,
        )
        try:
            return float(model_cost(model).training) * self.recipe.training.epochs
        except InputError:  # a layer of another package, without a formula
            return 0.0

    def train(self, dataset: Dataset, path: Path, seed: int) -> None:
        """Train by the recipe; weights from before a divergence are no model's."""
        from chromkeras.training.divergence import DivergedError
        from chromkeras.training.train import train

        try:
            train(dataset, self.seeded(seed), path, resume=checkpoint_path(path).exists())
        except InputError as error:
            if not isinstance(error.__cause__, DivergedError):
                raise
            path.unlink(missing_ok=True)
            raise InputError(f"{error.__cause__}; lower training.learning_rate") from error

    def link(self, problem: str) -> str:
        """Return the link of the loss."""
        return str(of_loss(trained_loss(self.recipe.training.loss, problem), "LINK"))


@dataclass(frozen=True)
class Baseline(Contender):
    """A baseline: a linear model on fixed features, without sharing plan, size or seed.

    Attributes
    ----------
    options
        Its options.
    """

    options: Options

    @property
    def module(self) -> Any:
        """Its module in the registry."""
        return BASELINES.get(self.model)

    def kind(self, network: "keras.Model") -> str:
        """Return what the module's first line says, up to a colon."""
        text = BASELINES.summary(self.model).partition(":")[0]
        return text[:1].lower() + text[1:]

    def seeds(self, count: int) -> tuple[int, ...]:
        """Return one, as nothing is drawn at random."""
        return (0,)

    def check(self, dataset: Dataset) -> None:
        """Raise ``InputError`` for other labels or inputs than the baseline's."""
        check_dataset(dataset, self.options)

    def settings(self, dataset: Dataset, seed: int) -> dict[str, Any]:
        """Return the options."""
        return _plain_options(asdict(self.options))

    def settings_of(self, card: RunCard) -> dict[str, Any]:
        """Return the options that a model file was fitted with."""
        return _plain_options(card.recipe.get(BASELINE, {}))

    def work(self, dataset: Dataset) -> float:
        """Return 0: how long a fit takes is not known before."""
        return 0.0

    def train(self, dataset: Dataset, path: Path, seed: int) -> None:
        """Fit on the training split, C chosen on the validation split."""
        train_baseline(dataset, self.options, path)

    def link(self, problem: str) -> str:
        """Return the link of a linear model."""
        return "identity"


def _plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options by "baseline.key", lists as a file has them."""
    return {
        f"{BASELINE}.{key}": list(value) if isinstance(value, tuple) else value
        for key, value in options.items()
    }


def make_contenders(
    models: Sequence[str],
    *,
    plans: Sequence[str] = ("hard",),
    size: str = SMALL,
    settings: Iterable[str] = (),
) -> tuple[Contender, ...]:
    """Return models, architectures under each of some plans and baselines as they are.

    Parameters
    ----------
    models
        Names of architectures, each perhaps with a size of its own after a colon, and of baselines.
    plans
        Names of sharing plans.
    size
        Named size of the models without their own; "defaults" is the architecture's own.
    settings
        Settings "section.key=value" of all recipes, or "MODEL:section.key=value" of one model's;
        those of the section baseline are for baselines.

    Raises
    ------
    InputError
        There are none, or one is unknown or stands twice; a size or a setting is unknown.

    Examples
    --------
    >>> settings = ["training.epochs=3", "dilated:training.learning_rate=0.001"]
    >>> found = make_contenders(["basset", "dilated:published"], settings=settings)
    >>> [one.name for one in found]
    ['basset (small), hard', 'dilated (published), hard']
    >>> [one.recipe.training.learning_rate for one in found]
    [0.005, 0.001]
    """
    for what, names in (("models", models), ("plans", plans)):
        if not names or not all(names):
            raise InputError(f"`{what}`: expected at least one name, received none")
    names = [name.partition(":")[0] for name in models]
    each = [_setting(text, names) for text in settings]
    found: list[Contender] = []
    for text, model in zip(models, names, strict=True):
        own = [
            setting
            for of, setting in each
            if of == model or (not of and _is_baseline(setting) == (model in BASELINES.names()))
        ]
        if model in BASELINES.names():
            found.append(Baseline(text, "", "", baseline_options(text, own)))
            continue
        found += [_network(text, plan, size, own) for plan in plans]
    check_unique("contender", tuple(one.name for one in found))
    return tuple(found)


def fitting_models(dataset: Dataset) -> tuple[str, ...]:
    """Return the baselines that can be fitted to a data set, and what finds its inputs there."""
    baselines = [name for name in BASELINES.names() if _can_be_fitted(name, dataset)]
    networks = [
        name
        for name in ARCHITECTURES.names()
        if set(input_names(ARCHITECTURES.get(name).Options(name=name))) <= set(dataset.inputs)
    ]
    return (*baselines, *networks)


def _can_be_fitted(name: str, dataset: Dataset) -> bool:
    try:
        check_dataset(dataset, baseline_options(name))
    except InputError:
        return False
    return True


def _is_baseline(setting: str) -> bool:
    return setting.partition(".")[0].strip() == BASELINE


def _setting(text: str, models: Sequence[str]) -> tuple[str, str]:
    """Return the model that a setting is for, "" for all, and the setting."""
    model, colon, setting = text.partition(":")
    if not colon or "=" in model:
        return "", text
    if model not in models:
        raise unknown("model of a setting", model, models)
    return model, setting


def _network(text: str, plan: str, size: str, settings: Sequence[str]) -> Network:
    model, _, own = text.partition(":")
    if model not in ARCHITECTURES.names():
        raise unknown("model", model, (*BASELINES.names(), *ARCHITECTURES.names()))
    chosen = own or size
    defaults = chosen == DEFAULTS and DEFAULTS not in size_names(model)
    recipe = make_recipe(
        plan,
        size="" if defaults else chosen,
        settings=settings,
        values={"architecture.name": model},
    )
    return Network(model, chosen, plan, recipe)
