import keras
import numpy as np

from chromkeras.recipe.recipe import TrainingRecipe
from chromkeras.training.regularization import regularize


def small():
    inputs = keras.Input((8, 4))
    x = keras.layers.BatchNormalization()(keras.layers.Conv1D(3, 2)(inputs))
    x = keras.layers.GRU(2)(x)
    return keras.Model(inputs, keras.layers.Dense(1)(x))


def test_all_kernels_count_and_nothing_else():
    model = small()
    regularize(model, TrainingRecipe(l1=0.5, l2=0.25))
    conv, gru, dense = model.layers[1], model.layers[3], model.layers[4]
    kernels = [conv.kernel, gru.cell.kernel, gru.cell.recurrent_kernel, dense.kernel]
    kernels = [keras.ops.convert_to_numpy(kernel) for kernel in kernels]
    expected = sum(0.5 * np.abs(k).sum() + 0.25 * (k**2).sum() for k in kernels)
    np.testing.assert_allclose(float(sum(model.losses)), expected, rtol=1e-5)


def test_no_weights_no_penalty():
    model = small()
    regularize(model, TrainingRecipe())
    assert model.losses == []
