"""Numba's private attributes are what ``compiled`` takes them for."""

import logging
import os
import subprocess
import sys

import numba
import pytest

from chrominterpret.motifs.compiled import (
    announce,
    cache_folder,
    is_compiled,
    keep_compiled,
    modisco_kernels,
    tomtom_kernels,
)

TOY = """
import logging, numba
from chrominterpret.motifs import compiled

logging.basicConfig(level="INFO", format="%(message)s", force=True)

@numba.njit
def toy(x):
    return x + 1

compiled.keep_compiled([toy])
compiled.announce("Toy", [toy], "a moment")
toy(1)
compiled.announce("Toy", [toy], "a moment")
"""


def test_both_libraries_have_functions_that_are_known():
    assert len(tomtom_kernels()) == 1
    assert modisco_kernels()
    keep_compiled(modisco_kernels())
    assert cache_folder(tomtom_kernels())
    assert cache_folder(modisco_kernels())
    assert hasattr(tomtom_kernels()[0]._cache._cache_file, "_load_index")
    assert isinstance(tomtom_kernels()[0].targetctx.codegen().magic_tuple(), tuple)


def test_it_is_said_once_on_a_computer_and_kept(tmp_path):
    script = tmp_path / "toy.py"
    script.write_text(TOY)
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    said = [
        subprocess.run(
            [sys.executable, script], capture_output=True, text=True, check=True, env=environment
        ).stderr
        for _ in range(2)
    ]
    line = "Toy is compiled now, which the first run on this computer does: it takes a moment\n"
    assert said == [line, ""]


def test_without_a_place_to_keep_it_every_run_compiles(caplog):
    @numba.njit
    def toy(x):
        return x + 1

    caplog.set_level(logging.INFO)
    assert not is_compiled([toy])
    assert cache_folder([toy]) is None
    announce("Toy", [toy], "a moment")
    assert caplog.messages == ["Toy is compiled now, which every run does: it takes a moment"]
    toy(1)
    announce("Toy", [toy], "a moment")
    assert is_compiled([toy])
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("kernels", [[], [len]])
def test_functions_of_other_versions_are_not_announced_wrongly(kernels, caplog):
    caplog.set_level(logging.INFO)
    keep_compiled(kernels)
    assert not is_compiled(kernels)
    assert cache_folder(kernels) is None
    announce("Toy", [], "a moment")
    assert caplog.messages == []
