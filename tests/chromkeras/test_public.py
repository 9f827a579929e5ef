"""The public names: each can be had, is documented, and is typed for those who check types."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import chrominterpret
import chromkeras
from chromkeras.registry import IMPORT_FORMATS

SOURCE = Path(chromkeras.__file__)
SCRIPT = """
import chromkeras
import chrominterpret

dataset = chromkeras.datasets.worm()
recipe = chromkeras.make_recipe("hard", settings=["training.epochs=1"])
model = chromkeras.open_model("worm_hard")
probabilities = chromkeras.predict(model, dataset, split="test")
names: tuple[str, ...] = model.tasks
explained = chrominterpret.deep_lift_shap(model.network, chrominterpret.one_hot(["ACGT" * 150]))
print(probabilities.shape, names, explained.attributions.shape)
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("name", chromkeras.__all__)
def test_every_public_name_is_documented(name):
    assert name in dir(chromkeras)
    found = getattr(chromkeras, name)
    text = inspect.getdoc(found)
    assert text
    if inspect.isfunction(found):
        described = text.partition("Parameters\n")[2]
        assert all(parameter in described for parameter in inspect.signature(found).parameters)


def test_every_import_format_is_public():
    formats = [name.removeprefix("prepare_") for name in chromkeras.__all__ if "prepare_" in name]
    assert formats == list(IMPORT_FORMATS.names())


def test_types_are_imported_for_every_name():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    names = {alias.asname or alias.name for node in block.body for alias in node.names}
    assert names == set(chromkeras.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'prepare_nothing'"):
        _ = chromkeras.prepare_nothing


def test_importing_is_light():
    code = "import sys, chromkeras; print('keras' in sys.modules, 'numpy' in sys.modules)"
    assert run(code) == ["False", "False"]


@pytest.mark.slow
def test_importing_takes_no_time():
    code = "import time; t = time.time(); import chromkeras; print(time.time() - t)"
    assert min(float(run(code)[0]) for _ in range(5)) < 0.15


@pytest.mark.slow
def test_a_users_script_passes_strict_typing(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", [chromkeras, chrominterpret], ids=lambda p: p.__name__)
def test_no_function_has_the_name_of_a_room(package):
    """Where a module of the package is imported, it takes the place of what has its name."""
    rooms = {module.name for module in pkgutil.iter_modules(package.__path__)}
    functions = {n for n in package.__all__ if not inspect.ismodule(getattr(package, n))}
    assert not rooms & functions
