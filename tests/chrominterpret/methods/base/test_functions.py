"""The function of every method: its signature, documentation and place."""

import inspect
import pickle
from importlib import import_module

import pytest

from chrominterpret.methods.registry import METHODS, find_method, method_options


def function_of(name):
    module = import_module(f"chrominterpret.methods.{name}")
    (found,) = (v for v in vars(module).values() if hasattr(v, "__signature__"))
    return found


@pytest.mark.parametrize("name", METHODS.names())
def test_the_signature_is_that_of_the_options(name):
    parameters = inspect.signature(function_of(name)).parameters
    assert list(parameters)[:2] == ["model", "x"]
    options = {n: p for n, p in parameters.items() if n not in ("model", "x")}
    assert options.keys() == method_options(name)
    assert {p.kind for p in options.values()} == {inspect.Parameter.KEYWORD_ONLY}
    own = inspect.signature(find_method(name)).parameters
    assert {n: p.default for n, p in options.items()} == {n: p.default for n, p in own.items()}


@pytest.mark.parametrize("name", METHODS.names())
def test_each_parameter_is_documented_once(name):
    text = inspect.getdoc(function_of(name))
    _, _, rest = text.partition("\nParameters\n----------\n")
    block = rest.partition("\n\nReturns\n-------\n")[0].splitlines()
    entries = [line for line in block if line.strip() and not line.startswith(" ")]
    assert sorted(entries) == sorted({"model", "x"} | method_options(name))
    assert text.count("Parameters\n----------") == 1
    assert "\nRaises\n------\n" in text


@pytest.mark.parametrize("name", METHODS.names())
def test_it_is_found_where_it_says(name):
    function = function_of(name)
    assert pickle.loads(pickle.dumps(function)) is function
