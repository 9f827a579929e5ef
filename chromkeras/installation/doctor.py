"""A look at an installation: what it has, what is broken, and what mends it."""

import platform
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chromkeras.cost.machine import free_memory, usable_processors
from chromkeras.installation.caches import caches, look_at, writable
from chromkeras.installation.packages import NAME, Package, installed_version, packages
from chromkeras.installation.probe import BESIDE, read_probe, start_probe

BACKENDS = ("tensorflow", "jax", "torch")
LITTLE = 2**30


@dataclass
class Diagnosis:
    """What an installation has.

    Attributes
    ----------
    versions
        Versions of Python and chromkeras, and the system.
    backends
        Versions of Keras and of every backend, None where it is missing.
    active
        "backend" that Keras uses, its "devices", and a "warning" of devices that it leaves unused;
        where it does not work, the "error".
    machine
        Number of cores that may be used, and bytes of free memory, None where unknown.
    folder
        Current folder: path, bytes free on its disk, and whether it can be written to.
    caches
        What is kept from one run to the next: path, size in bytes, and whether it can be written
        to; of what is compiled when it first runs also whether it has been.
    jaspar
        Releases of JASPAR's motifs that are installed, newest first.
    shipped
        Models that come with the package.
    extras
        Packages that are missing for each extra, and the command that installs them.
    problems
        What is broken or missing, with what mends it; empty where everything is in place.
    notes
        What works, but could be better.
    """

    versions: dict[str, str] = field(default_factory=dict)
    backends: dict[str, str | None] = field(default_factory=dict)
    active: dict[str, Any] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    folder: dict[str, Any] = field(default_factory=dict)
    caches: dict[str, dict[str, Any]] = field(default_factory=dict)
    jaspar: list[str] = field(default_factory=list)
    shipped: list[str] = field(default_factory=list)
    extras: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def doctor() -> Diagnosis:
    """Look at the installation: versions, backends, devices, caches and what is missing.

    Nothing is changed, and what is broken is reported and does not raise. It takes a few seconds,
    as Keras is imported in a process of its own.

    Returns
    -------
    Diagnosis
        ``problems`` is empty where everything is in place.
    """
    probe = start_probe()
    found = Diagnosis()
    for look in (_versions, _packages, _machine, _folder, _caches, _motifs, _shipped, _beside):
        try:
            look(found)
        except Exception as error:  # whatever is broken there, the rest is looked at
            what, kind = look.__name__.strip("_"), type(error).__name__
            found.problems.append(
                f"{what}: {error} ({kind}); pip install --force-reinstall '{NAME}'"
            )
    _backend(found, read_probe(probe))
    return found


def _versions(found: Diagnosis) -> None:
    found.versions = {
        NAME: installed_version(NAME) or "not installed as a package",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    found.backends = {name: installed_version(name) for name in ("keras", *BACKENDS)}


def _packages(found: Diagnosis) -> None:
    wanted = packages()
    if not wanted:
        found.notes.append(f"{NAME} is not installed as a package, so what it needs is not checked")
    broken = [package for package in wanted if not package.extra and not package.fits]
    if broken:
        listed = ", ".join(package.complaint for package in broken)
        found.problems.append(f"{listed}: {_install(*(p.name + p.wanted for p in broken))}")
    for extra in sorted({package.extra for package in wanted} - {""}):
        found.extras[extra] = _extra(extra, [p for p in wanted if p.extra == extra])


def _extra(extra: str, wanted: Iterable[Package]) -> dict[str, Any]:
    missing = [package.complaint for package in wanted if not package.fits]
    return {"missing": missing, "install": _install(f"{NAME}[{extra}]") if missing else ""}


def _install(*names: str) -> str:
    return "pip install " + " ".join(f"'{name}'" for name in names)


def _machine(found: Diagnosis) -> None:
    cores = usable_processors()
    found.machine = {"cores": cores, "free memory": free_memory()}


def _folder(found: Diagnosis) -> None:
    here = Path.cwd()
    found.folder = {
        "path": here, "free": shutil.disk_usage(here).free, "writable": writable(here)
    }  # fmt: skip
    if not found.folder["writable"]:
        found.notes.append(f"the current folder {here} cannot be written to: write elsewhere")
    if found.folder["free"] < LITTLE:
        found.notes.append("less than 1 GB is free on the disk of the current folder")


def _caches(found: Diagnosis) -> None:
    for name, cache in caches().items():
        found.caches[name] = vars(cache)
        if not cache.writable:
            found.notes.append(f"{cache.path} cannot be written to: the {name} cannot be kept")


def _motifs(found: Diagnosis) -> None:
    from chrominterpret.motifs import compiled
    from chrominterpret.motifs.jaspar import releases

    found.jaspar = releases()
    compiled.keep_compiled(compiled.modisco_kernels())
    kernels: dict[str, Callable[[], list[Any]]] = {
        "TomTom": compiled.tomtom_kernels, "TF-MoDISco": compiled.modisco_kernels
    }  # fmt: skip
    for name, functions in kernels.items():
        if folder := compiled.cache_folder(functions()):
            found.caches[name] = vars(look_at(folder)) | {
                "compiled": compiled.is_compiled(functions())
            }
        elif functions():
            found.notes.append(
                f"{name} is compiled anew in every run, as there is no place to keep it: set "
                "NUMBA_CACHE_DIR to a folder that can be written to"
            )


def _shipped(found: Diagnosis) -> None:
    from chromkeras.model_file.shipped import model_path, shipped_models

    for name in shipped_models():
        model_path(name)
        found.shipped.append(name)


def _beside(found: Diagnosis) -> None:
    """Import what Keras imports where it is installed, and what the probe leaves out."""
    for module, distribution in BESIDE.items():
        try:
            if find_spec(module):
                import_module(module)
        except Exception as error:  # of any kind where its own libraries are broken
            found.problems.append(
                f"{distribution} cannot be imported: {error}; pip install --force-reinstall "
                f"'{distribution}'"
            )


def _backend(found: Diagnosis, active: dict[str, Any]) -> None:
    found.active = active
    if "error" in active:
        found.problems.append(
            f"Keras's backend does not work: {active['error']}; install it again, or choose "
            "another by KERAS_BACKEND"
        )
    elif active["warning"]:
        found.notes.append(active["warning"])
