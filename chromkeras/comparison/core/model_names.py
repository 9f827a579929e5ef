"""Short names that tell models apart, and which of them are seeds of one recipe."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from chromkeras.errors import InputError
from chromkeras.model_file.card import RunCard

_BETWEEN = " ._-/"  # what stands between a name and its seed


@dataclass(frozen=True)
class Replicates:
    """Models that differ in nothing but their seed, and count as one in a comparison.

    Attributes
    ----------
    name
        What stands for them: a model's own name, or what the names begin with.
    members
        Their indices.
    """

    name: str
    members: tuple[int, ...]

    @property
    def label(self) -> str:
        """The name, with the number of seeds where there are several."""
        seeds = len(self.members)
        return self.name if seeds == 1 else f"{self.name} ({seeds} seeds)"


def check_models(paths: Sequence[Path]) -> None:
    """Raise ``InputError`` for fewer models than a comparison needs."""
    if len(paths) < 2:
        raise InputError(
            f"compare: expected at least 2 models, received {len(paths)}; `chromkeras evaluate` "
            "measures one"
        )


def model_names(paths: Sequence[Path]) -> list[str]:
    """Return a name for each file: its own, its folder's where several are equal, or both.

    A file that is given twice has a number after its name.
    """
    absolute = [os.path.abspath(path) for path in paths]  # noqa: PTH100  # keeps links' names
    distinct = list(dict.fromkeys(absolute))
    names = dict(zip(distinct, _distinct_names([Path(path) for path in distinct]), strict=True))
    counts, seen, given = Counter(absolute), Counter[str](), []
    for path in absolute:
        seen[path] += 1
        given.append(names[path] + (f" ({seen[path]})" if counts[path] > 1 else ""))
    return given


def seed_replicates(cards: Sequence[RunCard], names: Sequence[str]) -> tuple[Replicates, ...]:
    """Group the models of equal recipe, tasks and data whose seeds all differ.

    Parameters
    ----------
    cards
        Run cards.
    names
        Unique, in the same order.

    Returns
    -------
    tuple of Replicates
        In the order of their first members. Where all models are seeds of one recipe, each is a
        replicate of its own, as there is nothing else to compare.
    """
    groups: dict[str, list[int]] = {}
    for i, card in enumerate(cards):
        groups.setdefault(_recipe_text(card), []).append(i)
    divided: list[tuple[int, ...]] = []
    for members in groups.values():
        seeds = {_seed(cards[i]) for i in members}
        together = len(seeds) == len(members) and len(groups) > 1
        divided += [tuple(members)] if together else [(i,) for i in members]
    divided.sort()
    replicates = [
        Replicates(_common_name({names[i]: str(_seed(cards[i])) for i in group}), group)
        for group in divided
    ]
    counts = Counter(group.name for group in replicates)
    return tuple(
        Replicates(", ".join(names[i] for i in group.members), group.members)
        if counts[group.name] > 1 or not group.name
        else group
        for group in replicates
    )


def _distinct_names(paths: Sequence[Path]) -> list[str]:
    """Return the shortest form of each path that no other has, from level to level."""
    held = Counter(path.parent for path in paths)
    both = [f"{path.parent.name}/{path.stem}" for path in paths]
    forms = [
        (path.stem, path.parent.name if held[path.parent] == 1 else name, name, str(path))
        for path, name in zip(paths, both, strict=True)
    ]
    names = [form[0] for form in forms]
    for level in (1, 2, 3):
        counts = Counter(names)
        pairs = zip(forms, names, strict=True)
        names = [form[level] if counts[name] > 1 else name for form, name in pairs]
    return names


def _recipe_text(card: RunCard) -> str:
    recipe = json.loads(json.dumps(card.recipe))
    recipe.get("training", {}).pop("seed", None)
    return json.dumps([recipe, list(card.tasks), card.fingerprint, card.networks], sort_keys=True)


def _seed(card: RunCard) -> Any:
    return card.recipe.get("training", {}).get("seed")


def _common_name(seeds: Mapping[str, str]) -> str:
    """Return what is left of the names without their seeds, or what all begin with."""
    names = list(seeds)
    if len(names) == 1:
        return names[0]
    bare = {name.removesuffix(seed).rstrip(_BETWEEN) for name, seed in seeds.items()}
    if len(bare) == 1:
        return bare.pop()
    letters = zip(*names, strict=False)
    same = takewhile(lambda place: len(set(place)) == 1, letters)
    return "".join(place[0] for place in same).rstrip(_BETWEEN)
