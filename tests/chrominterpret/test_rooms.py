"""Imports point down: what each room may import, no circles, and nothing of chromkeras."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import chrominterpret

ROOT = Path(chrominterpret.__file__).parent
GROUND = ("errors", "files", "sequences", "attribution")
ROOMS: dict[str, tuple[str, ...]] = {
    "errors": (),
    "names": ("errors",),
    "registry": ("errors", "names"),
    "processes": (),
    "files": ("errors", "processes"),
    "locks": ("errors", "processes"),
    "signals": (),
    "hdf5": ("errors", "signals"),
    "sequences": ("errors",),
    "fasta": ("errors", "sequences"),
    "attribution": ("errors", "files", "hdf5"),
    "engine": ("errors", "files", "sequences", "fasta"),
    "methods.base": ("errors", "sequences", "attribution", "engine"),
    "methods": ("errors", "registry", "sequences", "attribution", "engine", "methods.base"),
    "motifs": ("errors", "fdr", "files", "hdf5", "sequences"),
    "matching": (),
    "fdr": (),
    "filters": (*GROUND, "engine", "methods.base", "motifs", "fdr", "matching"),
    "layers": ("errors", "engine"),
    "tracks": (*GROUND, "motifs"),
    "page": (*GROUND, "motifs"),
    "progress": (),
    "json_file": ("files",),
    "report": (
        *GROUND,
        "fasta",
        "locks",
        "names",
        "registry",
        "progress",
        "json_file",
        "engine",
        "methods.base",
        "methods",
        "motifs",
        "filters",
        "tracks",
        "page",
    ),
}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def imports_of(module: str) -> set[str]:
    """Return the modules of the package that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chrominterpret"):
            base = (node.module or "").removeprefix("chrominterpret").lstrip(".")
            inner = {f"{base}.{alias.name}".lstrip(".") for alias in node.names}
            found |= (inner & MODULES.keys()) or {base}
    return found - {module}


def room_of(module: str) -> str:
    return max((r for r in ROOMS if module == r or module.startswith(f"{r}.")), key=len, default="")


@pytest.mark.parametrize("module", [m for m in MODULES if m])
def test_imports_point_down(module):
    room = room_of(module)
    assert room, "a new module needs a room"
    for imported in imports_of(module):
        assert room_of(imported) in (room, *ROOMS[room]), f"{module} imports {imported}"


def test_no_circles():
    left = {module: imports_of(module) for module in MODULES}
    while free := [m for m, needed in left.items() if not needed & left.keys()]:
        for module in free:
            del left[module]
    assert not left


def test_nothing_of_chromkeras():
    assert not [m for m, path in MODULES.items() if "chromkeras" in path.read_text("utf-8")]


def test_nothing_is_printed():
    calls = {
        (module, node.func.id)
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not [module for module, name in calls if name == "print"]
    assert not [m for m, path in MODULES.items() if "sys.std" in path.read_text("utf-8")]


def test_importing_the_package_is_light():
    code = (
        "import sys, chrominterpret, chrominterpret.sequences, chrominterpret.methods.registry;"
        "print(sorted({'keras', 'tensorflow', 'matplotlib', 'pandas', 'shap'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"
