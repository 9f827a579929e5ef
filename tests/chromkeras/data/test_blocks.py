import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.data.blocks import row_blocks


@given(st.integers(0, 30), st.integers(0, 5), st.integers(1, 100))
def test_blocks_cover_every_row_once_in_order(rows: int, width: int, size: int) -> None:
    array = np.arange(rows * width, dtype=np.int16).reshape(rows, width)
    blocks = list(row_blocks(array, size=size))
    seen = [row for block in blocks for row in range(block.start, block.stop)]
    assert seen == list(range(rows))
    assert all(array[b].nbytes <= max(size, 2 * width) for b in blocks)
