"""Fixtures for many models, each of which is run once."""

from types import SimpleNamespace

import keras
import pytest


@pytest.fixture
def at_once(monkeypatch):
    """Let TensorFlow run without compiling, which would take longer than all that is run.

    Nor is the walk compared with the model before each method: all is compared here.
    """
    monkeypatch.setattr("chrominterpret.methods.base.method.check_agreement", lambda _: None)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        def as_it_is(**options):
            return lambda function: SimpleNamespace(get_concrete_function=lambda *_: function)

        monkeypatch.setattr(tf, "function", as_it_is)
