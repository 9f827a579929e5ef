import itertools

import pytest

from chromkeras.sharing.plan import GROUPED, OWN, SHARED, SOFT, sharing_plan

LAST = 12


def settings(depth, grouped, soft):
    groups = ("sharing.groups=a;b",) if grouped else ()
    return (
        f"sharing.depth={depth}",
        f"sharing.grouped={grouped}",
        f"sharing.soft={soft}",
        *groups,
    )


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("single", (0, 0, 0)),
        ("soft", (0, 0, 9)),
        ("hard", (9, 0, 0)),
        ("basset", (11, 0, 0)),
    ],
)
def test_the_plans(plan, expected, tiny_recipe):
    modes = sharing_plan(tiny_recipe(plan)).modes
    assert tuple(map(modes.count, (SHARED, GROUPED, SOFT))) == expected
    assert len(modes) == LAST


def test_every_combination_keeps_the_order(tiny_recipe):
    for depth, grouped, soft in itertools.product((0, 1, 2, 3, 8, 9, 11), repeat=3):
        if 0 < grouped <= depth:
            continue
        plan = sharing_plan(tiny_recipe("single", *settings(depth, grouped, soft)))
        for number in range(1, LAST + 1):
            expected = (
                SHARED
                if number <= depth
                else GROUPED
                if number <= grouped
                else SOFT
                if number <= soft
                else OWN
            )
            assert plan[number] == expected
        assert plan.has_shared == (depth > 0 or grouped > 0)
        assert plan.has_groups == (grouped > 0)
        assert plan.has_soft == (soft > max(depth, grouped))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("sharing.depth=12",), "sharing.depth: expected 0 to 11 .* received 12"),
        (("sharing.soft=-1",), "sharing.soft: expected 0 to 11 .* received -1"),
        (("sharing.grouped=12",), "sharing.grouped: expected 0 to 11 .* received 12"),
        (
            ("sharing.grouped=9", "sharing.groups=a;b"),
            "sharing.grouped: expected more than 9, .* received 9",
        ),
        (("sharing.grouped=10",), "sharing.grouped is 10, but sharing.groups is empty"),
        (("sharing.groups=a;b",), "sharing.groups is 'a;b', but no layer is grouped"),
    ],
)
def test_plans_that_make_no_sense_are_refused(wrong, message, tiny_recipe):
    with pytest.raises(ValueError, match=message) as error:
        sharing_plan(tiny_recipe("hard", *wrong))
    assert "\n" not in str(error.value)
