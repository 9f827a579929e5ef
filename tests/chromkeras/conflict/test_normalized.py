import keras
import numpy as np
import pytest

from chromkeras.conflict.normalized import coefficients

pytestmark = pytest.mark.backend


def test_by_hand():
    # Norms 1, 5 and none: both are brought to 3.
    g = np.array([[1.0, 0.0], [3.0, 4.0], [0.0, 0.0]], np.float32)
    weights = keras.ops.convert_to_numpy(coefficients(g @ g.T))
    np.testing.assert_allclose(weights, [3.0, 0.6, 0.0], rtol=1e-5)
