import pytest

from chrominterpret.names import check_unique, unknown


def test_near_names_come_first() -> None:
    error = unknown("recipe key", "epoch", ["epochs", "batch_size", "seed"])
    assert str(error) == "unknown recipe key 'epoch'; did you mean epochs?"


def test_all_names_are_listed_when_none_is_near() -> None:
    assert str(unknown("split", "zzz", ("valid", "test"))).endswith("expected one of test, valid")


def test_a_name_that_stands_twice_fails() -> None:
    with pytest.raises(ValueError, match="duplicate task name 'B'; every task name must be unique"):
        check_unique("task name", ["A", "B", "B"])
    check_unique("task name", ["A", "B"])
