import numpy as np
from scipy.stats import false_discovery_control

from chrominterpret.fdr import benjamini_hochberg


def test_q_leaves_undefined_p_alone():
    q = benjamini_hochberg(np.array([[0.01, np.nan], [0.04, 0.03]]))
    np.testing.assert_allclose(q, [[0.03, np.nan], [0.04, 0.04]])
    assert np.isnan(benjamini_hochberg(np.full(2, np.nan))).all()


def test_equals_scipy_over_all_tests_together():
    p = np.random.default_rng(0).random((7, 3)) ** 3
    expected = false_discovery_control(p.ravel(), method="bh").reshape(p.shape)
    np.testing.assert_array_equal(benjamini_hochberg(p), expected)
