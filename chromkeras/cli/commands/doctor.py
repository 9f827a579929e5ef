"""``chromkeras doctor``."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chromkeras.cli.facts import fact_lines
from chromkeras.cli.outcome import Outcome

if TYPE_CHECKING:
    from chromkeras.installation.doctor import Diagnosis

BROKEN = 2


def command() -> Outcome:
    """Say what is installed, what is missing, and what mends it.

    Versions, backends, devices, caches and packages are looked at; nothing is changed. The exit
    code is 2 where something that is needed is broken or missing.
    """
    from chromkeras.installation.doctor import doctor

    found = doctor()
    text = "\n".join([fact_lines(_shown(found)), "", *_verdict(found)])
    return Outcome(found, text, BROKEN if found.problems else 0)


def _shown(found: "Diagnosis") -> dict[str, Any]:
    return {
        **found.versions,
        "backends": {name: _version(name, found) for name, number in found.backends.items()},
        "machine": {
            "cores": found.machine.get("cores"),
            "free memory": _gigabytes(found.machine.get("free memory")),
            "free disk": _gigabytes(found.folder.get("free")),
        },
        "kept on disk": {name: _cache(cache) for name, cache in found.caches.items()},
        "JASPAR": found.jaspar,
        "shipped models": found.shipped,
        "extras": {name: _extra(extra) for name, extra in found.extras.items()},
    }


def _version(name: str, found: "Diagnosis") -> str:
    version = found.backends[name] or "missing"
    if name != found.active.get("backend"):
        return version
    return f"{version}, active on {', '.join(found.active['devices'])}"


def _gigabytes(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 1e9:.1f} GB"


def _cache(cache: dict[str, Any]) -> str:
    states = {True: ", compiled", False: ", not yet compiled: the first run does it", None: ""}
    size = f"{cache['size'] / 1e6:.1f} MB" if cache["size"] > 1e5 else f"{cache['size']} bytes"
    locked = "" if cache["writable"] else ", cannot be written to"
    return f"{cache['path']}: {size}{locked}{states[cache.get('compiled')]}"


def _extra(extra: dict[str, Any]) -> str:
    if not extra["missing"]:
        return "all installed"
    return f"{', '.join(extra['missing'])}: {extra['install']}"


def _verdict(found: "Diagnosis") -> Iterator[str]:
    yield from (f"note: {note}" for note in found.notes)
    yield from (f"broken: {problem}" for problem in found.problems)
    if not found.problems:
        yield "everything is in place"
