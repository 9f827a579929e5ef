import subprocess
import sys
import types
from importlib.metadata import EntryPoint

import pytest

from chrominterpret.methods import smooth_grad
from chrominterpret.methods.registry import METHODS
from chrominterpret.registry import Registry


def test_names_are_sorted_modules_without_those_left_out():
    names = METHODS.names()
    assert list(names) == sorted(names)
    assert "smooth_grad" in names
    assert not {"registry", "base"} & set(names)


def test_names_are_listed_without_keras():
    code = (
        "import sys; from chrominterpret.methods.registry import METHODS;"
        "print(len(METHODS.names()), 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(METHODS.names())), "False"]


def test_a_member_is_its_module():
    assert METHODS.get("smooth_grad") is smooth_grad


def test_other_names_are_refused_also_where_a_module_has_them():
    with pytest.raises(ValueError, match="unknown attribution method 'base'"):
        METHODS.get("base")


def test_members_from_outside_are_registered_and_taken_away():
    registry = Registry("chrominterpret.methods", "method")
    member = types.SimpleNamespace(METHOD=None)
    registry.register("mine", member)
    assert registry.get("mine") is member
    assert "mine" in registry.names()
    registry.unregister("mine")
    with pytest.raises(ValueError, match="unknown method 'mine'"):
        registry.get("mine")


def test_members_of_other_packages_are_found_by_their_entry_point(monkeypatch):
    point = EntryPoint("theirs", "chrominterpret.methods.smooth_grad", "chrominterpret.methods")
    monkeypatch.setattr("chrominterpret.registry.entry_points", lambda group: [point])
    registry = Registry("chrominterpret.methods", "method")
    assert "theirs" in registry.names()
    assert registry.get("theirs") is smooth_grad


def test_the_summary_is_the_first_line_of_the_docstring_and_imports_nothing():
    code = (
        "import sys; from chrominterpret.registry import METHODS;"
        "print(METHODS.summary('smooth_grad'), 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = smooth_grad.__doc__.splitlines()[0].rstrip(".")
    assert done.stdout.strip() == f"{expected} False"
    assert METHODS.summary("smooth_grad") == expected
