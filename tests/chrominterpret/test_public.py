"""Public names of the package, imported when first used."""

import pytest

import chrominterpret


@pytest.mark.parametrize("name", chrominterpret.__all__)
def test_each_name_is_there_and_documented(name):
    value = getattr(chrominterpret, name)
    assert value.__doc__
    assert name in dir(chrominterpret)


def test_every_method_has_its_function_here():
    from chrominterpret.methods.registry import METHODS

    names = {"shap_attribution" if name == "shap" else name for name in METHODS.names()}
    assert names <= set(chrominterpret.__all__)


def test_other_names_are_no_attributes():
    with pytest.raises(AttributeError, match="no attribute 'deep_lift'"):
        _ = chrominterpret.deep_lift
