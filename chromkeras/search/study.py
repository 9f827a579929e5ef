"""The study of a search: made once, and gone on with by the very same search only."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromkeras.errors import InputError
from chromkeras.names import printable
from chromkeras.recipe.reading import recipe_from_dict, recipe_values
from chromkeras.recipe.recipe import Recipe
from chromkeras.search.samplers import make_pruner
from chromkeras.search.space import SearchSpace
from chromkeras.search.storage import opened, turn
from chromkeras.tables import plain

if TYPE_CHECKING:
    from optuna.study import Study

NAME, ATTRIBUTE = "chromkeras", "search"
LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Search:
    """What a search tries, and on what; it is the same for every process that shares its study.

    Attributes
    ----------
    fingerprint
        Fingerprint of the data set.
    recipe
        Recipe that the trials start from.
    space
        Values to try.
    sampler, pruner
        Names of the sampler and the pruner.
    replicates
        Number of trainings of each trial.
    seed
        Seed of the sampler.
    """

    fingerprint: str
    recipe: Recipe
    space: SearchSpace
    sampler: str
    pruner: str
    replicates: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Return plain values, with the recipe's by key and without those that are searched."""
        return {
            "data": self.fingerprint,
            "plan": self.recipe.plan,
            "sampler": self.sampler,
            "pruner": self.pruner,
            "replicates": self.replicates,
            "seed": self.seed,
            **_prefixed("recipe", self._fixed(recipe_values(self.recipe))),
            **_prefixed("space", self.space.to_dict()),
        }

    def _fixed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in values.items() if key not in self.space.keys}


@contextmanager
def open_study(path: Path, search: Search) -> Iterator["Study"]:
    """Open the study of a search in a storage, made where there is none.

    Raises
    ------
    InputError
        The file is none of a study, or its study is that of another search.
    """
    with _quiet_optuna(), turn(path), opened(path) as storage:
        import optuna

        study = optuna.create_study(
            study_name=NAME, storage=storage, direction="maximize", load_if_exists=True
        )
        asked = plain(search)
        if (stored := study.user_attrs.get(ATTRIBUTE)) is None:
            study.set_user_attr(ATTRIBUTE, asked)
        else:
            _check_same(path, stored, asked, search)
    with _quiet_optuna(), opened(path) as storage:
        study = optuna.load_study(
            study_name=NAME, storage=storage, pruner=make_pruner(search.pruner)
        )
        yield study


def _check_same(path: Path, stored: Any, asked: dict[str, Any], search: Search) -> None:
    """Raise ``InputError`` where what a study holds is another search."""
    if not isinstance(stored, dict):
        raise InputError(f"`storage` {path} is damaged: expected a search, found {_shown(stored)}")
    defaults = recipe_values(recipe_from_dict({"plan": search.recipe.plan, **_named(search)}))
    # A study of an earlier version has the defaults of keys that came later.
    was = plain(_prefixed("recipe", search._fixed(defaults))) | stored
    for key in [*asked, *(key for key in was if key not in asked)]:
        if key not in was or key not in asked or was[key] != asked[key]:
            before, now = (_shown(values.get(key, "nothing")) for values in (was, asked))
            raise InputError(
                f"`storage` {path} holds another search: {printable(key)} was {before}, is now "
                f"{now}; give the same, or another `storage`"
            )


def _named(search: Search) -> dict[str, Any]:
    return {"architecture": {"name": search.recipe.architecture.name}}


def _prefixed(what: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{what} {key}": value for key, value in values.items()}


def _shown(value: Any) -> str:
    return printable(value, longest=LONGEST_SHOWN)


@contextmanager
def _quiet_optuna() -> Iterator[None]:
    """Leave Optuna's log out, as what it says is said by us."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
