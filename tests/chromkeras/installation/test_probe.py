import subprocess
import sys

import pytest

from chromkeras.installation.probe import read_probe, start_probe


def process(code):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code], **pipes)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_the_backend_computes_in_a_process_of_its_own(backend, monkeypatch):
    """Slow: imports Keras anew."""
    pytest.importorskip(backend)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("KERAS_BACKEND", backend)
    found = read_probe(start_probe())
    assert found["backend"] == backend
    assert found["devices"]
    assert found["warning"] == ""


def test_the_last_line_is_taken():
    code = "print('chatter'); print('{\"backend\": \"jax\"}')"
    assert read_probe(process(code)) == {"backend": "jax"}


def test_what_is_broken_is_an_error():
    assert read_probe(process("raise OSError('no driver')")) == {"error": "OSError: no driver"}
    assert read_probe(process("import os; os._exit(3)")) == {"error": "it ended with code 3"}
    asleep = process("import time; time.sleep(60)")
    assert read_probe(asleep, patience=0.1) == {"error": "no answer after 0 s"}
