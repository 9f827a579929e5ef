import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import hypergeom

from chrominterpret.filters.cooccurrence import cooccurrence

PRESENCE = hnp.arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 5)))


def test_by_hand() -> None:
    # motif 0 in 4 of 8 sequences, 1 in the same 4, 2 in the other 4, 3 in two of each
    x = np.array([[1, 1, 0, 1]] * 2 + [[1, 1, 0, 0]] * 2 + [[0, 0, 1, 1]] * 2 + [[0, 0, 1, 0]] * 2)
    found = cooccurrence(x)
    assert found.together[0].tolist() == [4, 4, 0, 2]
    assert found.expected[0].tolist() == [2, 2, 2, 2]
    np.testing.assert_allclose(found.log_odds[0, 1:], [np.log(81), -np.log(81), 0], atol=1e-12)
    # three of the six pairs are like that: 1 of the 70 ways to choose 4 of 8 is as extreme
    np.testing.assert_allclose(found.p_value[0, 1:], [2 / 70, 2 / 70, 1])
    np.testing.assert_allclose(found.q_value[0, :3], [1, 4 / 70, 4 / 70])


@given(PRESENCE)
def test_counts_and_p_values_agree_with_sums(x: np.ndarray) -> None:
    found, n = cooccurrence(x), len(x)
    for name in ("together", "expected", "log_odds", "p_value", "q_value"):
        array = getattr(found, name)
        np.testing.assert_array_equal(array, array.T)
    for i in range(x.shape[1]):
        for j in range(i + 1, x.shape[1]):
            both = int((x[:, i] & x[:, j]).sum())
            assert found.together[i, j] == both
            p = hypergeom.pmf(np.arange(n + 1), n, x[:, i].sum(), x[:, j].sum())
            expected = min(1, 2 * min(p[: both + 1].sum(), p[both:].sum()))
            assert found.p_value[i, j] == pytest.approx(expected, abs=1e-9)
    assert (found.q_value >= found.p_value - 1e-12)[np.triu_indices(x.shape[1], 1)].all()


def test_motifs_that_are_never_or_always_there_say_nothing() -> None:
    x = np.zeros((10, 3), bool)
    x[:, 1] = True
    x[:4, 2] = True
    found = cooccurrence(x)
    assert np.isfinite(found.log_odds).all()
    assert (found.p_value[:2] == 1).all()
    assert (found.q_value == 1).all()


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match=r"presence of shape \(N, F\); received \(3,\)"):
        cooccurrence(np.ones(3, bool))
    with pytest.raises(ValueError, match=r"received \(0, 3\)"):
        cooccurrence(np.ones((0, 3), bool))
