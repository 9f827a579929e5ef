"""Random numbers by content."""

import numpy as np

from chrominterpret.methods.seeds import row_generator


def test_numbers_depend_on_row_and_seed_alone():
    row = np.arange(6, dtype=np.float64).reshape(2, 3)
    first = row_generator(row, 1).random(3)
    np.testing.assert_array_equal(row_generator(row.astype(np.float32), 1).random(3), first)
    assert not np.array_equal(row_generator(row, 2).random(3), first)
    assert not np.array_equal(row_generator(row + 1, 1).random(3), first)
