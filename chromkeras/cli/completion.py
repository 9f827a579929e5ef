"""Completion of values by the shell: what registries hold, without importing anything heavy."""

from collections.abc import Callable, Iterable
from pathlib import Path

from chromkeras.errors import InputError
from chromkeras.model_file.manifest import MANIFEST

Names = Callable[[], Iterable[str]]
Complete = Callable[[str], list[str]]


def one(names: Names) -> Complete:
    """Return a completion of an option that takes one name.

    Parameters
    ----------
    names
        Function that lists the valid names; called when the shell asks.

    Examples
    --------
    >>> one(lambda: ("train", "test", "valid"))("t")
    ['train', 'test']
    """

    def complete(incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete


def several(names: Names) -> Complete:
    """Return a completion of an option that takes names with commas between.

    Examples
    --------
    >>> several(lambda: ("costs", "filters", "layers"))("costs,l")
    ['costs,layers']
    """

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        given = before.split(",")
        return [before + comma + name for name in one(names)(last) if name not in given]

    return complete


def setting(incomplete: str) -> list[str]:
    """Complete a setting of the recipe: its key, and its value where there are choices.

    Examples
    --------
    >>> setting("training.optimizer=a")
    ['training.optimizer=adam']
    """
    from chromkeras.recipe.reading import recipe_choices, recipe_keys

    key, equals, _ = incomplete.partition("=")
    if not equals:
        return one(lambda: (f"{key}=" for key in recipe_keys()))(incomplete)
    if key not in recipe_keys():
        return []
    return one(lambda: (f"{key}={choice}" for choice in recipe_choices(key)))(incomplete)


def model(incomplete: str) -> list[str]:
    """Complete a model: files that end in .keras, ensembles, and the names of shipped models.

    Where nothing fits, the shell completes names of files.
    """
    from chromkeras.model_file.shipped import shipped_models

    folder = Path(f"{incomplete}_").parent  # of "runs/" it is runs
    files = [str(path) for path in sorted(folder.glob("*.keras"))]
    files += [str(path.parent) for path in sorted(folder.glob(f"*/{MANIFEST}"))]
    try:
        shipped = list(shipped_models())
    except InputError:  # an installation without them
        shipped = []
    return one(lambda: [*files, *shipped])(incomplete)
