"""Import of Keras without the start-up messages of the libraries below it."""

import importlib
import io
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO

BACKEND, SETTINGS = "KERAS_BACKEND", "keras.json"


def import_keras() -> None:
    """Import Keras and its backend; what C++ prints meanwhile is shown only if that fails.

    TensorFlow logs its oneDNN and CUDA messages straight to file descriptor 2 while it is imported,
    and no setting stops them. Python's own warnings and errors stay visible.
    JAX is the backend where there is no TensorFlow and ``KERAS_BACKEND`` says nothing else.
    ``CHROMKERAS_TRACEBACK=1`` in the environment lets everything through.
    """
    _choose_backend()
    logging.getLogger("tensorflow").addFilter(_is_no_retracing)
    if "keras" in sys.modules or os.environ.get("CHROMKERAS_TRACEBACK"):
        importlib.import_module("keras")
        return
    with _native_stderr_held_back():
        importlib.import_module("keras")


def backend_name() -> str:
    """Return the backend that Keras takes: by ``KERAS_BACKEND``, its settings or its default."""
    _choose_backend()
    settings = keras_folder() / SETTINGS
    try:
        kept = json.loads(settings.read_text("utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):  # none, or none that Keras can read either
        kept = None
    return os.environ.get(BACKEND) or kept or "tensorflow"


def keras_folder() -> Path:
    """Return the folder of Keras's settings: ``KERAS_HOME``, or ``.keras`` in the home folder."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))


def _is_no_retracing(record: logging.LogRecord) -> bool:
    """Return False for TensorFlow's advice on tracing, which several models set off."""
    return "tf.function retracing" not in record.getMessage()


def _choose_backend() -> None:
    """Take JAX where TensorFlow, Keras's default, is not installed and nothing was chosen."""
    chosen = BACKEND in os.environ or (keras_folder() / SETTINGS).exists()
    if not chosen and not find_spec("tensorflow") and find_spec("jax"):
        os.environ[BACKEND] = "jax"


@contextmanager
def _native_stderr_held_back() -> Iterator[None]:
    """Keep what is written to file descriptor 2; Python's ``sys.stderr`` goes where it went."""
    try:
        visible = os.dup(2)
    except OSError:  # there is no standard error to keep quiet
        yield
        return
    before = sys.stderr
    with tempfile.TemporaryFile() as held:
        before.flush()
        os.dup2(held.fileno(), 2)
        if _writes_to_descriptor_2(before):
            # never closed: loggers made during the import keep it
            raw = io.FileIO(visible, "w", closefd=False)
            sys.stderr = io.TextIOWrapper(raw, errors="backslashreplace", write_through=True)
        imported = False
        try:
            yield
            imported = True
        finally:
            if not imported:
                held.seek(0)
                os.write(visible, held.read())
            sys.stderr = before
            os.dup2(visible, 2)


def _writes_to_descriptor_2(stream: IO[str]) -> bool:
    try:
        return stream.fileno() == 2
    except (OSError, AttributeError, ValueError):
        return False
