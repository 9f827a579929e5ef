import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.errors import InputError
from chromkeras.model_file.facts import (
    DEEPEST,
    as_flag,
    as_int,
    as_list,
    as_name,
    as_number,
    as_shape,
    as_table,
    as_text,
    read_json,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
CHECKS = (as_flag, as_int, as_list, as_name, as_number, as_shape, as_table, as_text)


@given(VALUES)
def test_what_json_writes_is_read(value):
    text = json.dumps(value)
    assert json.dumps(read_json(text.encode(), "x")) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[1,", "x: expected JSON"),
        (b"\xff", "x: expected UTF-8"),
        (b"[" * 10_000, f"nested at most {DEEPEST} deep"),
        (b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2), f"nested at most {DEEPEST} deep"),
        (b"9" * 5_000, "thousands of digits"),
        (b"[1,2,3]", "x: expected at most 3 values, received 4"),
    ],
)
def test_texts_that_are_too_much_are_refused(text, message):
    with pytest.raises(InputError, match=message):
        read_json(text, "x", most=3 if text == b"[1,2,3]" else 100_000)


def test_the_deepest_value_is_read():
    read_json("[" * DEEPEST + "]" * DEEPEST, "x")


@given(VALUES, st.sampled_from(CHECKS))
def test_a_value_passes_or_is_named_in_one_safe_line(value, check):
    message = "facts: x: expected "
    try:
        same = check(value, "facts: x") is value
    except InputError as error:
        same, message = True, str(error)
    assert same or check is as_shape
    assert message.startswith("facts: x: expected ")
    assert message.isprintable()


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (as_flag, [True, False], [0, 1, None, "true"]),
        (as_int, [0, 7], [-1, True, 1.0, 2**63, "1", None]),
        (as_number, [0, -1.5, float("nan")], [True, "1", None, [1]]),
        (as_name, ["a", "\x1b"], ["", None, 3, "a" * 10_001]),
        (as_text, [""], [None, 1]),
        (as_shape, [[], [None, 4]], [[0], [1.5], [1] * 9, {}, [True]]),
    ],
)
def test_types_by_hand(check, good, bad):
    for value in good:
        check(value, "x")
    for value in bad:
        with pytest.raises(InputError, match=r"^x"):
            check(value, "x")


def test_keys_of_a_table():
    assert as_table({"a": 1}, "x", needed=("a",), allowed=("b",)) == {"a": 1}
    with pytest.raises(InputError, match="x: expected a, received no a"):
        as_table({"b": 1}, "x", needed=("a",))
    with pytest.raises(InputError, match="x: expected a, b, received 'c'"):
        as_table({"a": 1, "c": 1}, "x", needed=("a",), allowed=("b",))
