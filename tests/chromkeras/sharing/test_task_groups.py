import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.sharing.task_groups import clusters, groups_text, task_groups

TASKS = ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b;c,d", (0, 0, 1, 1)),
        ("d;b", (2, 1, 2, 0)),
        (" a , c ;b ", (0, 1, 0, 2)),
        ('"a","b";c;d', (0, 0, 1, 2)),
        ("", None),
    ],
)
def test_by_hand(text, expected):
    if expected is None:
        with pytest.raises(ValueError, match="a task name in every place of ''"):
            task_groups(text, TASKS)
    else:
        assert task_groups(text, TASKS) == expected


def test_names_with_separators_stand_in_quotes():
    tasks = ('T cell, "naive"', "x;y", " blank ", "labels:2", "plain name")
    text = groups_text((1, 0, 1, 2, 0), tasks)
    assert text == '"T cell, ""naive"""," blank ";"x;y",plain name;"labels:2"'
    assert task_groups(text, tasks) == (0, 1, 0, 2, 1)


@given(
    st.lists(
        st.tuples(st.text(st.sampled_from("ab ,;\"':"), min_size=1), st.integers(0, 3)),
        min_size=1,
        unique_by=lambda pair: pair[0],
    ).filter(lambda pairs: all(name.strip() for name, _ in pairs))
)
def test_text_and_groups_are_one(pairs):
    tasks, groups = zip(*pairs, strict=True)
    order = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    assert task_groups(groups_text(groups, tasks), tasks) == tuple(order[g] for g in groups)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,e", "unknown task in sharing.groups: 'e'; expected one of a, b, c, d"),
        ("a,b;b", "expected each task once, received 'b' twice"),
        ("a,,b", "a task name in every place of 'a,,b'"),
        ("a;b;", "a task name in every place of 'a;b;'"),
        ('a,"b', r'in double quotes where they hold .* received \'a,"b\''),
        ('a"x",b', "in double quotes"),
        ("labels:2", "received 'labels:2', which must be resolved with the data first"),
    ],
)
def test_bad_texts_are_refused(text, message):
    with pytest.raises(ValueError, match=message) as error:
        task_groups(text, TASKS)
    assert "\n" not in str(error.value)


def test_clusters():
    assert clusters("labels:3", 4) == ("labels", 3)
    assert clusters(" gradients : 1 ", 4) == ("gradients", 1)
    assert clusters("a,b;c", 4) is None
    assert clusters('"labels:3"', 4) is None
    for text in ("labels:0", "labels:5", "gradients:-1", "labels:x", "labels:", "labels:2.0"):
        with pytest.raises(ValueError, match="with N from 1 to 4, the number of tasks, received"):
            clusters(text, 4)
