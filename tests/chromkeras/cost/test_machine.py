"""Speed by a clock that is faked; memory of the machine that the tests run on, which is slow."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from chromkeras.cost import machine
from chromkeras.cost.machine import free_memory, measure_speed

GROWTH = """
import numpy as np
from chromkeras.cost.machine import resident_memory
before = resident_memory()
held = np.ones(50_000_000 // 8)
print(before, resident_memory() - before)
"""


def test_speed_is_work_over_the_median_time(monkeypatch):
    """By a clock that goes on by 1/4 s between its readings."""
    now = itertools.count()
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(now) / 4)
    speed = measure_speed(0.05)
    assert speed.flops == 2 * machine.SIZE**3 / 0.25
    assert speed.bandwidth == 3 * machine.COPIED / 0.25


@pytest.mark.slow
def test_resident_memory_grows_with_what_is_held():
    # in a process of its own, where nothing else comes or goes meanwhile
    done = subprocess.run(
        [sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True
    )
    before, grown = map(float, done.stdout.split())
    assert before > 10e6
    assert 0.8 * 50e6 < grown < 2 * 50e6


def test_free_memory_is_what_the_system_says(monkeypatch):
    text = "MemTotal:  9000 kB\nMemFree:  10 kB\nMemAvailable:  700 kB\n"
    monkeypatch.setattr(Path, "exists", lambda path: True)
    monkeypatch.setattr(Path, "read_text", lambda path: text)
    assert free_memory() == 700 * 1024


def test_free_memory_may_be_unknown(monkeypatch):
    def refuse(name):
        raise ValueError(name)

    monkeypatch.setattr(Path, "exists", lambda path: False)
    monkeypatch.setattr(machine.os, "sysconf", refuse)
    assert free_memory() is None
