import numpy as np
import pytest

from chromkeras.machine import free_memory, measure_speed, resident_memory

pytestmark = pytest.mark.backend


def test_speed_is_this_machine_s():
    speed = measure_speed(0.05)
    assert 1e8 < speed.flops < 1e15
    assert 1e7 < speed.bandwidth < 1e14


def test_resident_memory_grows_with_what_is_held():
    before = resident_memory()
    held = np.ones(50_000_000 // 8)
    grown = resident_memory() - before
    assert before > 10e6
    assert 0.8 * held.nbytes < grown < 2 * held.nbytes


def test_free_memory_is_a_number_of_bytes():
    assert 1e6 < free_memory() < 1e14
