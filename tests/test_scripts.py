"""Scripts import what the packages have: one that does not start is found before it is needed."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
FILES = sorted(SCRIPTS.rglob("*.py"))
PACKAGES = ("chromkeras", "chrominterpret")


def imported(path: Path) -> list[tuple[str, str]]:
    """Return module and name of each import of ours or of a script beside."""
    beside = {other.stem for other in path.parent.glob("*.py")}
    return [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module
        and (node.module.split(".")[0] in PACKAGES or node.module in beside)
        for alias in node.names
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SCRIPTS)))
def test_what_a_script_imports_is_there(path):
    for module, name in imported(path):
        if module.split(".")[0] in PACKAGES:
            assert hasattr(import_module(module), name) or import_module(f"{module}.{name}")
        else:
            names = ast.parse((path.parent / f"{module}.py").read_text(encoding="utf-8")).body
            assert name in {n for node in names for n in defined(node)}, f"{module}.{name}"


def defined(node: ast.stmt) -> list[str]:
    """Return the names that a statement at the top of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    if isinstance(node, ast.ImportFrom | ast.Import):
        return [alias.asname or alias.name for alias in node.names]
    return []
