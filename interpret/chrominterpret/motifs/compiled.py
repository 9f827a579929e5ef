"""What numba has compiled of memelite and modisco-lite, and keeps on disk.

Both are compiled when they first run on a computer, which takes from half a minute to minutes.
Their private names, and those of numba's cache, are in this module alone.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)


def tomtom_kernels() -> list[Any]:
    """Return the function that memelite's TomTom spends its compilation on."""
    found = getattr(import_module("memelite.tomtom"), "_tomtom", None)
    return [] if found is None else [found]  # another version of memelite


def modisco_kernels() -> list[Any]:
    """Return the functions of modisco-lite that are compiled when it runs."""
    try:
        from modiscolite.precompile import _kernels
    except ImportError:  # another version, with other ways to compile
        return []
    return [kernel for group in _kernels() for kernel, _ in group]


def keep_compiled(kernels: Iterable[Any]) -> None:
    """Let numba keep on disk what it compiles of some functions."""
    for kernel in kernels:
        with suppress(AttributeError, RuntimeError):  # not compiled at all; no place to write
            kernel.enable_caching()


def is_compiled(kernels: Iterable[Any]) -> bool:
    """Return whether some of the functions have been compiled, in this process or before.

    What numba keeps for another version of it, of the functions or of the processor does not count.
    """
    return any(_has_run(kernel) or _is_kept(kernel) for kernel in kernels)


def cache_folder(kernels: Iterable[Any]) -> Path | None:
    """Return the folder that numba keeps compiled functions in; None where it keeps none."""
    paths = [kernel.stats.cache_path for kernel in kernels if hasattr(kernel, "stats")]
    return next((Path(path) for path in paths if path), None)


def announce(name: str, kernels: Iterable[Any], takes: str) -> None:
    """Log that functions are about to be compiled, where that is due.

    Parameters
    ----------
    name
        What they belong to.
    kernels
        Functions of numba; none where they are not known.
    takes
        How long it takes, such as "about a minute".
    """
    kernels = list(kernels)
    if kernels and not is_compiled(kernels):
        kept = "the first run on this computer" if cache_folder(kernels) else "every run"
        _log.info("%s is compiled now, which %s does: it takes %s", name, kept, takes)


def _has_run(kernel: Any) -> bool:
    return bool(getattr(kernel, "signatures", ()))


def _is_kept(kernel: Any) -> bool:
    try:
        index = kernel._cache._cache_file._load_index()
        here = kernel.targetctx.codegen().magic_tuple()
        return any(processor == here for _, processor, _ in index)
    except (AttributeError, OSError, TypeError, ValueError):  # no cache, or another numba's
        return False
