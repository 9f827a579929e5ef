"""Examples in docstrings say what the code does."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

import chrominterpret
import chromkeras


def modules_with_examples():
    """Yield the name of each module of both packages that has an example; none is imported."""
    for package in (chromkeras, chrominterpret):
        for folder in package.__path__:
            root = Path(folder)
            for path in sorted(root.rglob("*.py")):
                if ">>> " in path.read_text(encoding="utf-8"):
                    parts = path.relative_to(root.parent).with_suffix("").parts
                    yield ".".join(part for part in parts if part != "__init__")


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples_of(name):
    module = importlib.import_module(name)
    tests = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    assert tests
    runner = doctest.DocTestRunner(verbose=False)
    report = []
    for test in tests:
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_the_python_of_the_readme_runs():
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
