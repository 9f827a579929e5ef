import numpy as np
import pytest

from chromkeras.data.codes import one_hot
from chromkeras.importers.labels import check_length, code_blocks, to_labels, to_text


@pytest.mark.parametrize("y", [
    np.array([[1, 0, -1]]), np.array([[1, 0, -1]], np.int8), np.array([[1.0, 0.0, np.nan]]),
])  # fmt: skip
def test_labels_become_small_integers(y: np.ndarray) -> None:
    labels, known = to_labels(y, "y")
    assert labels.dtype == np.int8
    np.testing.assert_array_equal(labels, [[1, 0, 0]])
    np.testing.assert_array_equal(known, [[True, True, False]])


def test_one_task_may_be_a_vector() -> None:
    np.testing.assert_array_equal(to_labels(np.array([True, False]), "y")[0], [[1], [0]])


@pytest.mark.parametrize(("y", "message"), [
    (np.array([[0, 1], [2, 0]]), "received 2 in row 1, column 0"),
    (np.array([[0, 0.5]]), "received 0.5 in row 0, column 1"),
    (np.array([["1", "0"]]), "expected numeric labels"),
    (np.zeros((2, 2, 2)), r"received \(2, 2, 2\)"),
])  # fmt: skip
def test_other_labels_fail(y: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_labels(y, "F.h5, y")


@pytest.mark.parametrize("values", [
    ["é", "b"], ["é".encode(), b"b"], np.array(["é".encode(), b"b"], object), np.array(["é", "b"]),
])  # fmt: skip
def test_text(values: object) -> None:
    assert to_text(values, "F.h5, tasks").tolist() == ["é", "b"]


@pytest.mark.parametrize(("values", "message"), [
    ([["a", "b"]], r"F.h5, tasks: expected one row of names, received shape \(1, 2\)"),
    ("a", r"one row of names, received shape \(\)"),
    ([b"\xe9"], "F.h5, tasks: expected UTF-8 text"),
])  # fmt: skip
def test_other_text_fails(values: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_text(values, "F.h5, tasks")


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
