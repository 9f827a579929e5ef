import types

import pytest

from chromkeras.conflict import mgda
from chromkeras.registry import CONFLICT_METHODS, Registry


def test_names_are_sorted_modules_without_those_left_out():
    names = CONFLICT_METHODS.names()
    assert list(names) == sorted(names)
    assert "pcgrad" in names
    assert not {"registry", "gram", "simplex"} & set(names)


def test_a_member_is_its_module():
    assert CONFLICT_METHODS.get("mgda") is mgda


def test_other_names_are_refused_also_where_a_module_has_them():
    with pytest.raises(ValueError, match="unknown merging method 'gram'"):
        CONFLICT_METHODS.get("gram")


def test_members_from_outside_are_registered_and_taken_away():
    registry = Registry("chromkeras.conflict", "method")
    member = types.SimpleNamespace(coefficients=None)
    registry.register("mine", member)
    assert registry.get("mine") is member
    assert "mine" in registry.names()
    registry.unregister("mine")
    with pytest.raises(ValueError, match="unknown method 'mine'"):
        registry.get("mine")
