"""Packages that chromkeras needs or can use, as its own metadata lists them."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

NAME = "chromkeras"


@dataclass(frozen=True)
class Package:
    """A package that chromkeras asks for.

    Attributes
    ----------
    name
        Name of the distribution.
    wanted
        Versions that will do, such as ">=2"; "" for any.
    installed
        Version that is installed, None without one.
    extra
        Extra that asks for it, "" for what is always needed.
    """

    name: str
    wanted: str
    installed: str | None
    extra: str = ""

    @property
    def fits(self) -> bool:
        """Whether a version is installed that will do."""
        requirement = Requirement(self.name + self.wanted)
        return self.installed is not None and requirement.specifier.contains(
            self.installed, prereleases=True
        )

    @property
    def complaint(self) -> str:
        """What is wrong with it, for a person."""
        if self.installed is None:
            return f"{self.name} is missing"
        return f"{self.name} is {self.installed}, expected {self.wanted}"


def packages() -> list[Package]:
    """Return the packages that chromkeras asks for; none where it is not installed itself."""
    try:
        texts = requires(NAME) or []
    except PackageNotFoundError:
        return []
    return [package for text in texts for package in _read(Requirement(text))]


def installed_version(name: str) -> str | None:
    """Return the version of a distribution, None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _read(requirement: Requirement) -> Iterator[Package]:
    """Give a package for each extra that asks for it, or one that is always needed."""
    marker, installed = requirement.marker, installed_version(requirement.name)
    wanted = str(requirement.specifier)
    if marker is None or marker.evaluate({"extra": ""}):
        yield Package(requirement.name, wanted, installed)
        return
    for extra in _extras(str(marker)):
        if marker.evaluate({"extra": extra}):
            yield Package(requirement.name, wanted, installed, extra)


def _extras(marker: str) -> list[str]:
    """Return the names in quotes of a marker such as ``extra == "dev"``."""
    return marker.replace("'", '"').split('"')[1::2]
