import numpy as np
import pytest

from chrominterpret.sequences import one_hot
from chromkeras.importers.sequences import check_length, code_blocks

CODES = np.array([[0, 1, 2, 3, 4], [3, 3, 0, 0, 1]], np.uint8)


@pytest.mark.parametrize("x", [CODES, CODES.astype(np.int64), CODES.astype(float), one_hot(CODES)])
def test_sequences_in_every_form(x: np.ndarray) -> None:
    blocks = list(code_blocks(x, "x"))
    assert blocks[0].dtype == np.uint8
    np.testing.assert_array_equal(np.concatenate(blocks), CODES)


@pytest.mark.parametrize(("x", "message"), [
    (CODES + 1, "received 5 at row 0 of these, position 4"),
    (CODES - 0.5, "received -0.5 at row 0"),
    (one_hot(CODES).transpose(0, 2, 1), r"received \(2, 4, 5\) \(axes look like .*transpose"),
    (one_hot(CODES) * 2, "expected one 1 at every position"),
    (CODES[0], r"received \(5,\)"),
    (np.zeros((0, 5), np.uint8), r"received \(0, 5\)"),
    (np.array([["A", "C"]]), "expected base codes"),
])  # fmt: skip
def test_other_sequences_fail(x: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=f"F, x.*{message}"):
        list(code_blocks(x, "F, x"))


def test_lengths() -> None:
    check_length(600, None, "F")
    check_length(600, 600, "F")
    with pytest.raises(ValueError, match="F: expected sequences of 600 bases, received 500"):
        check_length(500, 600, "F")
