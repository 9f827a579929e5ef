"""DeepLIFT and mutagenesis against tangermeme (Schreiber), on equal weights in torch."""

import warnings

import keras
import numpy as np
import pytest

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.methods.in_silico_mutagenesis import in_silico_mutagenesis

torch = pytest.importorskip("torch", reason="torch is not installed (extra: peers)")
pytest.importorskip("tangermeme", reason="tangermeme is not installed (extra: peers)")


def to_torch(array: np.ndarray) -> "torch.Tensor":
    """Return bases on the second axis from the end."""
    return torch.from_numpy(np.ascontiguousarray(np.swapaxes(array, -1, -2)))


# Theirs in float64: in float32 its secants of curved activations over short distances are noisy.
# Ours in float32, where the last bits of a convolution, other on every machine, come back as up to
# 1e-4 of a secant of ELU.
@pytest.mark.parametrize("activation", ["relu", "elu", "sigmoid", "tanh"])
def test_deep_lift(activation, twins, sequences, references):
    from tangermeme.deep_lift_shap import deep_lift_shap as theirs

    pair = twins(activation)
    network = pair.torch.double()
    ours = deep_lift_shap(pair.keras, sequences, references=references, output="as is")
    y = keras.ops.convert_to_numpy(pair.keras(sequences))
    with torch.no_grad():
        np.testing.assert_allclose(network(to_torch(sequences).double()).numpy(), y, atol=1e-5)
    for task in range(y.shape[1]):
        found = both(theirs, network, sequences, references, task)
        largest = np.abs(found).max()
        assert largest > 1e-4
        tolerance = max(1e-6, 1e-4 * largest)
        np.testing.assert_allclose(ours.hypothetical[task], found, rtol=0, atol=tolerance)


def both(theirs, network, sequences, references, task) -> np.ndarray:
    """Return tangermeme's hypothetical contributions (N, L, 4), in float64."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = theirs(
            network,
            to_torch(sequences).double(),
            target=task,
            references=to_torch(references).double(),
            hypothetical=True,
            device="cpu",
        )
    return np.swapaxes(found.detach().numpy(), 1, 2)


def test_mutagenesis(twins, sequences):
    from tangermeme.saturation_mutagenesis import saturation_mutagenesis

    pair = twins("relu")
    ours = in_silico_mutagenesis(pair.keras, sequences, output="as is")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        usual, mutants = saturation_mutagenesis(
            pair.torch, to_torch(sequences), raw_outputs=True, device="cpu"
        )
    np.testing.assert_allclose(ours.prediction, usual.numpy().T, atol=1e-5)
    changes = mutants.numpy() - usual.numpy()[:, None, None]  # (N, 4, L, T)
    found = np.moveaxis(changes, -1, 0).swapaxes(2, 3)
    np.testing.assert_allclose(ours.multipliers, found, atol=1e-5)
