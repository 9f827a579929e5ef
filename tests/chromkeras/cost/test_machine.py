"""Figures of the machine that the tests run on: slow, as they differ between machines."""

import subprocess
import sys

import pytest

from chromkeras.cost.machine import free_memory, measure_speed

pytestmark = pytest.mark.slow

GROWTH = """
import numpy as np
from chromkeras.cost.machine import resident_memory
before = resident_memory()
held = np.ones(50_000_000 // 8)
print(before, resident_memory() - before)
"""


def test_speed_is_this_machine_s():
    speed = measure_speed(0.05)
    assert 1e8 < speed.flops < 1e15
    assert 1e7 < speed.bandwidth < 1e14


def test_resident_memory_grows_with_what_is_held():
    # in a process of its own, where nothing else comes or goes meanwhile
    done = subprocess.run(
        [sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True
    )
    before, grown = map(float, done.stdout.split())
    assert before > 10e6
    assert 0.8 * 50e6 < grown < 2 * 50e6


def test_free_memory_is_a_number_of_bytes():
    assert 1e6 < free_memory() < 1e14
