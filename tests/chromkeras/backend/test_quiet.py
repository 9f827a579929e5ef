import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chromkeras.backend import quiet

# A finder stands in for TensorFlow: it speaks when Keras is about to be imported.
SPEAK = """
import os, sys, warnings
class Chatter:
    def find_spec(self, name, path=None, target=None):
        if name == "keras":
            os.write(2, b"native chatter\\n")
            warnings.warn("python warning")
            {then}
sys.meta_path.insert(0, Chatter())
from chromkeras.backend.quiet import import_keras
try:
    import_keras()
except ImportError as error:
    print(error, file=sys.stderr)
os.write(2, b"native later\\n")
print("python later", file=sys.stderr)
"""


def stderr(then: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SPEAK.format(then=then)],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    return done.stderr


NO_KERAS = "raise ImportError('no keras here')"
STUB = (
    "from importlib.machinery import ModuleSpec; import types; "
    "return ModuleSpec(name, types.SimpleNamespace("
    "create_module=lambda spec: None, exec_module=lambda module: None))"
)


def test_native_chatter_is_held_back_and_the_rest_shown():
    shown = stderr(STUB)
    assert "native chatter" not in shown
    assert "python warning" in shown
    assert shown.endswith("native later\npython later\n")


def test_a_failing_import_shows_everything():
    shown = stderr(NO_KERAS)
    assert "native chatter" in shown
    assert "python warning" in shown
    assert "no keras here" in shown


@pytest.mark.parametrize("then", [STUB, NO_KERAS])
def test_tracing_lets_everything_through(then):
    assert "native chatter" in stderr(then, CHROMKERAS_TRACEBACK="1")


@pytest.mark.parametrize(
    ("installed", "before", "after"),
    [
        (("tensorflow", "jax"), None, None),
        (("jax",), None, "jax"),
        (("jax",), "torch", "torch"),
        (("torch",), None, None),
    ],
)
def test_jax_stands_in_for_a_missing_tensorflow(installed, before, after, monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(quiet, "find_spec", lambda name: name if name in installed else None)
    monkeypatch.setenv(quiet.BACKEND, before or "")
    if before is None:
        monkeypatch.delenv(quiet.BACKEND)
    quiet.import_keras()
    assert os.environ.get(quiet.BACKEND) == after


def test_what_keras_itself_was_told_stays(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(quiet, "find_spec", lambda name: name if name == "jax" else None)
    monkeypatch.setenv(quiet.BACKEND, "")
    monkeypatch.delenv(quiet.BACKEND)
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text('{"backend": "torch"}')
    quiet.import_keras()
    assert quiet.BACKEND not in os.environ


def test_the_settings_of_keras_lie_where_it_is_told(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert quiet.keras_folder() == tmp_path / ".keras"
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "elsewhere"))
    assert quiet.keras_folder() == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("settings", "environment", "expected"),
    [
        (None, None, "tensorflow"),
        ('{"backend": "torch"}', None, "torch"),
        ('{"backend": "torch"}', "jax", "jax"),
        ("{", None, "tensorflow"),
        ("[]", None, "tensorflow"),
    ],
)
def test_the_backend_is_known_before_keras(settings, environment, expected, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(quiet, "find_spec", lambda name: name)
    monkeypatch.delenv(quiet.BACKEND, raising=False)
    if environment:
        monkeypatch.setenv(quiet.BACKEND, environment)
    if settings is not None:
        (tmp_path / "keras.json").write_text(settings)
    assert quiet.backend_name() == expected


def test_advice_on_tracing_is_not_shown():
    """Twice imported, once filtered; other messages pass."""
    quiet.import_keras()
    quiet.import_keras()
    log = logging.getLogger("tensorflow")
    filters = [one for one in log.filters if "retracing" in getattr(one, "__name__", "")]
    assert len(filters) == 1
    texts = {"f triggered tf.function retracing. Tracing is expensive": False, "other": True}
    for text, shown in texts.items():
        record = logging.LogRecord("tensorflow", logging.WARNING, "", 0, text, (), None)
        assert bool(log.filter(record)) == shown
