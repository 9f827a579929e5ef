"""Base codes to outputs: one compiled call of fixed shape a network."""

from collections.abc import Sequence

import keras
import numpy as np

from chromkeras.cost.memory import prediction_batch
from chromkeras.data.codes import UNKNOWN


class Forward:
    """Outputs of networks for sequences given as base codes.

    One-hot, both strands and their mean are part of the compiled call. Every call has the same
    shape: what is missing from a last batch is filled with N and cut off, so that nothing is
    compiled twice, and a row's outputs do not depend on how many rows there are.

    Parameters
    ----------
    networks
        M models from one-hot DNA (batch, length, 4) alone to outputs of one shape.
    length
        Bases of a sequence.
    both_strands
        Whether to average the outputs for a sequence and its reverse complement.
    batch_size
        Sequences of a call; None takes as many as keep its memory small, at most 256.

    Examples
    --------
    >>> dna = keras.Input((4, 4))
    >>> network = keras.Model(dna, keras.layers.Flatten()(dna))
    >>> Forward([network], 4, both_strands=False)(np.zeros((3, 4), np.uint8)).shape
    (1, 3, 16)
    """

    def __init__(
        self,
        networks: Sequence[keras.Model],
        length: int,
        *,
        both_strands: bool = True,
        batch_size: int | None = None,
    ) -> None:
        self.length = length
        self.batch_size = batch_size or min(prediction_batch(network) for network in networks)
        self._calls = [_from_codes(network, length, both_strands) for network in networks]

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """Return outputs, shape (M, n, T) or (M, n, T, C), float32.

        Parameters
        ----------
        codes
            Shape (n, length), uint8: A 0, C 1, G 2, T 3, N 4.
        """
        found: list[list[np.ndarray]] = [[] for _ in self._calls]
        for start in range(0, len(codes), self.batch_size):
            batch = codes[start : start + self.batch_size]
            rows = len(batch)
            if rows < self.batch_size:
                whole = np.full((self.batch_size, self.length), UNKNOWN, np.uint8)
                whole[:rows] = batch
                batch = whole
            for outputs, call in zip(found, self._calls, strict=True):
                outputs.append(np.asarray(call.predict_on_batch(batch))[:rows])
        if not found[0]:
            shape = self._calls[0].output_shape[1:]
            return np.zeros((len(self._calls), 0, *shape), np.float32)
        return np.stack([np.concatenate(outputs) for outputs in found])


def _from_codes(network: keras.Model, length: int, both_strands: bool) -> keras.Model:
    """Return a network that reads codes (batch, length), compiled as the given one would be."""
    codes = keras.Input((length,), dtype="uint8", name="codes")
    one_hot = keras.ops.one_hot(codes, UNKNOWN + 1)[..., :UNKNOWN]

    def outputs(x: keras.KerasTensor) -> keras.KerasTensor:
        return network(keras.tree.pack_sequence_as(network.input, [x]))

    found = outputs(one_hot)
    if both_strands:
        found = 0.5 * (found + outputs(keras.ops.flip(one_hot, axis=(1, 2))))
    model = keras.Model(codes, found)
    model.compile(jit_compile=network.jit_compile)
    return model
