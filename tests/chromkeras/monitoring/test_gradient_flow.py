"""What a log says, worked out by hand."""

import numpy as np
import pytest

from chromkeras.monitoring.gradient_flow import (
    agreement,
    change_by_state,
    conflict,
    hidden_norm,
    loss_change,
    near_zero,
    shared_cosine,
    vanishing,
)
from chromkeras.monitoring.gradient_log import GradientLog, Moment


def make_log(moments, *, sharing=("shared", "own"), tasks=2):
    log = GradientLog(
        tasks=tuple("abcdef"[:tasks]), layers=tuple(f"layer_{i}" for i in range(len(sharing))),
        sharing=sharing, activations=("relu",), steps_per_epoch=10, rows=8, parts=4,
        fingerprint="f",
    )  # fmt: skip
    for step, loss, norm, cosine in moments:
        norm, dead = np.array(norm, np.float32), np.zeros((tasks, 1), np.float32)
        one = Moment(step, 1.0, np.array(loss, np.float32), norm, norm, dead,
                     np.array(cosine, np.float32).reshape(-1, tasks, tasks))  # fmt: skip
        log = log.with_moment(one)
    return log


def pair(value):
    return [[1, value], [value, 1]]


@pytest.fixture
def log():
    """Both tasks die at step 20, one at step 10; the last layer always lives."""
    return make_log(
        [
            (0, [1.0, 2.0], [[1.0, 1.0], [2.0, 1.0]], pair(0.5)),
            (10, [0.8, 1.8], [[0.5, 1.0], [0.001, 1.0]], pair(-0.25)),
            (20, [0.7, 1.5], [[0.0, 1.0], [0.001, 1.0]], np.full((2, 2), np.nan)),
            (40, [0.7, 1.7], [[0.6, 1.0], [1.0, 1.0]], pair(-1)),
        ]
    )


def test_near_zero_by_hand():
    norms = np.array([4.0, 0.03, 1.0, 0.0, np.nan])
    assert near_zero(norms).tolist() == [False, True, False, True, False]
    # the median of 0, 0.03, 1 and 4 is 0.515
    assert near_zero(norms, reference="median", share=0.05).tolist() == [
        False, False, False, True, False,
    ]  # fmt: skip
    assert near_zero(np.zeros(3)).all()
    assert not near_zero(np.full((2, 2), np.nan), reference="median").any()


def test_a_common_scale_does_not_matter():
    norms = np.random.default_rng(0).random((6, 3, 2)) ** 8
    for reference in ("first", "median"):
        found = near_zero(norms, share=0.1, reference=reference)
        scales = np.array([[1e-3, 5.0]])
        np.testing.assert_array_equal(
            near_zero(norms * scales, share=0.1, reference=reference), found
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"share": 0.0}, "above 0 and below 1, received 0.0"),
        ({"share": 1.5}, "received 1.5"),
        ({"reference": "frist"}, "unknown reference 'frist'; did you mean first"),
    ],
)
def test_bad_options(options, message, log):
    with pytest.raises(ValueError, match=message):
        vanishing(log, **options)


def test_no_moment(log):
    with pytest.raises(ValueError, match="at least one moment"):
        vanishing(log.before(0))


def test_vanishing_leaves_out_the_last_layer(log):
    np.testing.assert_allclose(hidden_norm(log)[0], [1, 2])
    state = vanishing(log)
    assert state.all_tasks.tolist() == [False, False, True, False]
    assert state.some_tasks.tolist() == [False, True, False, False]
    assert state.fraction == 0.25
    assert state.by_layer.tolist() == [0.25, 0.0]


def test_a_task_without_gradient_does_not_count():
    norms = [[[1.0], [np.nan]], [[0.0], [np.nan]]]
    log = make_log(
        [(i, [1, np.nan], n, np.full((2, 2), np.nan)) for i, n in enumerate(norms)],
        sharing=("shared",),
    )
    assert vanishing(log).all_tasks.tolist() == [False, True]


def test_what_the_loss_does_then(log):
    np.testing.assert_allclose(loss_change(log), [[-20, -20], [-10, -30], [0, 10]], rtol=1e-5)
    found = change_by_state(log, vanishing(log))
    assert list(found) == ["all near zero", "some near zero", "none near zero"]
    assert found["all near zero"] == (1, pytest.approx(5, rel=1e-5))
    assert found["some near zero"] == (1, pytest.approx(-20, rel=1e-5))
    assert found["none near zero"] == (1, pytest.approx(-20, rel=1e-5))  # the last has no next
    strict = change_by_state(log, vanishing(log, share=1e-9))
    assert strict["some near zero"][0] == 1  # a norm of exactly 0 is near zero at any share


def test_conflict_by_hand(log):
    found = conflict(log)
    assert found.cosine[0, 1] == pytest.approx((0.5 - 0.25 - 1) / 3)
    assert found.opposed[0, 1] == pytest.approx(2 / 3)
    assert found.mean == pytest.approx(-0.25)
    assert found.opposed_pairs == pytest.approx(2 / 3)
    np.testing.assert_allclose(found.by_layer, [-0.25])
    np.testing.assert_allclose(np.diag(found.cosine), 1)


def test_the_cosine_over_layers_is_that_of_the_whole_vectors():
    random = np.random.default_rng(1)
    layers = [random.normal(size=(3, n)) for n in (5, 2)]
    norm = np.stack([np.linalg.norm(g, axis=1) for g in layers], axis=1)
    cosine = [g @ g.T / np.outer(n, n) for g, n in zip(layers, norm.T, strict=True)]
    log = make_log([(0, [1] * 3, norm, cosine)], sharing=("shared", "shared"), tasks=3)
    whole = np.concatenate(layers, axis=1)
    unit = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    np.testing.assert_allclose(shared_cosine(log)[0], unit @ unit.T, atol=1e-6)
    expected = [np.linalg.norm(g.sum(axis=0)) / np.linalg.norm(g, axis=1).sum() for g in layers]
    np.testing.assert_allclose(agreement(log), [expected], rtol=1e-5)


def test_groups_share_only_some_layers():
    nan = np.nan
    apart = [[1, 0.5, nan], [0.5, 1, nan], [nan, nan, 1]]
    together = [[1, 0, 0], [0, 1, -1], [0, -1, 1]]
    log = make_log(
        [(0, [1] * 3, np.ones((3, 2)), [together, apart])], sharing=("shared", "grouped"), tasks=3
    )
    np.testing.assert_allclose(
        shared_cosine(log)[0], [[1, 0.25, 0], [0.25, 1, -1], [0, -1, 1]], atol=1e-7
    )


def test_plans_without_shared_layers_have_no_conflict():
    log = make_log([(0, [1, 1], np.ones((2, 2)), [])], sharing=("own", "soft"))
    found = conflict(log)
    assert np.isnan(found.cosine).all()
    assert np.isnan(found.mean)
    assert np.isnan(found.opposed_pairs)
    assert found.by_layer.shape == (0,)
    assert agreement(log).shape == (1, 0)


def test_tasks_that_cancel():
    cases = {1.0: 1.0, 0.0: np.sqrt(0.5), -1.0: 0.0}
    for value, expected in cases.items():
        log = make_log([(0, [1, 1], np.ones((2, 2)), pair(value))])
        assert agreement(log)[0, 0] == pytest.approx(expected, abs=1e-7)
    dead = make_log([(0, [1, 1], np.zeros((2, 2)), np.full((2, 2), np.nan))])
    assert np.isnan(agreement(dead)).all()
