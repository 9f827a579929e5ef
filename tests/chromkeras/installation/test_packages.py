import tomllib
from pathlib import Path

import pytest

from chromkeras.installation.packages import Package, installed_version, packages

ROOT = Path(__file__).resolve().parents[3]


def test_every_package_is_needed_or_in_an_extra():
    found = packages()
    needed = {package.name for package in found if not package.extra}
    assert {"keras", "numpy", "typer"} <= needed
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {package.extra for package in found} == {"", *project["optional-dependencies"]}
    assert all(package.fits for package in found if not package.extra)


@pytest.mark.parametrize(
    ("installed", "complaint"),
    [(None, "toy is missing"), ("1.9", "toy is 1.9, expected >=2"), ("2.1", "")],
)
def test_versions_are_held_to_what_is_wanted(installed, complaint):
    package = Package("toy", ">=2", installed)
    assert package.fits == (not complaint)
    if complaint:
        assert package.complaint == complaint


def test_what_is_absent_has_no_version(monkeypatch):
    assert installed_version("chromkeras-absent") is None
    monkeypatch.setattr("chromkeras.installation.packages.NAME", "chromkeras-absent")
    assert packages() == []
