import pytest

import chromkeras.conflict
from chromkeras.registry import from_module, module_names


def test_names_are_sorted_modules_without_those_left_out():
    names = module_names(chromkeras.conflict, without={"registry"})
    assert list(names) == sorted(names)
    assert "pcgrad" in names
    assert "registry" not in names


def test_an_attribute_comes_from_its_module():
    from chromkeras.conflict import mgda

    found = from_module(chromkeras.conflict, "mgda", ("mgda",), "coefficients", "method")
    assert found is mgda.coefficients


def test_other_names_are_refused_also_where_a_module_has_them():
    with pytest.raises(ValueError, match="unknown method 'registry'; expected one of mgda"):
        from_module(chromkeras.conflict, "registry", ("mgda",), "coefficients", "method")
