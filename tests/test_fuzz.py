"""The fuzzing script knows every reader, and finds nothing that is neither read nor refused."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from chromkeras.registry import IMPORT_FORMATS

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "fuzz.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module  # where dataclasses look
    spec.loader.exec_module(module)
    return module


def test_every_import_format_has_a_good_file(script):
    assert script._IMPORTED.keys() == set(IMPORT_FORMATS.names())


@pytest.mark.slow
def test_changed_files_are_read_or_refused(script, tmp_path):
    """Slow: some thousand files. The script takes more, and other seeds."""
    for name, reader in script.readers(tmp_path).items():
        count = script.fuzz(reader, 25, seed=1)
        assert (name, dict(count.failed)) == (name, {})
        assert (name, count.read + count.refused) == (name, 25)
