"""Attributions of some sequences each, put together."""

import keras
import numpy as np
import pytest

from chrominterpret.errors import InputError
from chrominterpret.methods.base.joined import joined
from chrominterpret.methods.deep_lift_shap import DeepLiftShap
from chrominterpret.methods.gradient import Gradient
from chrominterpret.sequences import one_hot

X = one_hot(np.random.default_rng(0).integers(0, 4, (4, 6)))


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    flat = [keras.layers.Flatten(), keras.layers.Dense(2)]
    return keras.Sequential([keras.Input((6, 4)), *flat])


@pytest.mark.parametrize("own", [False, True])
def test_references_of_parts_are_those_of_all(model, own):
    references = np.full((4, 3, 6, 4) if own else (3, 6, 4), 0.25)  # alike in all parts
    whole = DeepLiftShap(references=references)(model, X)
    parts = [
        DeepLiftShap(references=references[rows] if own else references)(model, X[rows])
        for rows in (slice(0, 2), slice(2, 4))
    ]
    found = joined(DeepLiftShap(), parts)
    np.testing.assert_array_equal(found.references, whole.references)
    np.testing.assert_allclose(found.attributions, whole.attributions, atol=1e-6)


def test_parts_of_different_runs_are_refused(model):
    parts = [Gradient(targets=[k])(model, X[:1]) for k in (0, 1)]
    with pytest.raises(InputError, match="attributions of one target_names"):
        joined(Gradient(), parts)
    with pytest.raises(InputError, match="received none"):
        joined(Gradient(), [])
