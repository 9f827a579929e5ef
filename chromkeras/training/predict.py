"""Logits of a model for rows of a data set."""

from collections.abc import Callable

import keras
import numpy as np

from chromkeras.data.dataset import Dataset

CHUNK = 4096


def predict_logits(
    model: keras.Model,
    dataset: Dataset,
    rows: np.ndarray,
    *,
    batch_size: int = 256,
    both_strands: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return the model's logits.

    Parameters
    ----------
    model
        From one-hot DNA (batch, length, 4) to logits (batch, T).
    dataset, rows
        Which sequences, rows of shape (n,).
    batch_size
        Sequences in a forward pass.
    both_strands
        Average the logits of the sequence and its reverse complement.
    progress
        Called with rows done and rows in all.

    Returns
    -------
    np.ndarray
        Shape (n, T), float32.

    Raises
    ------
    ValueError
        The sequences are not as long as those the model was built for.
    """
    length = model.input_shape[1]
    if dataset.dna.length != length:
        raise ValueError(
            f"expected sequences of {length} bases, as the model was trained on, "
            f"received {dataset.dna.length}"
        )
    parts = []
    for start in range(0, len(rows), CHUNK):
        x = dataset.one_hot(rows[start : start + CHUNK])
        logits = model.predict(x, batch_size=batch_size, verbose=0)
        if both_strands:
            flipped = np.ascontiguousarray(x[:, ::-1, ::-1])
            logits = 0.5 * (logits + model.predict(flipped, batch_size=batch_size, verbose=0))
        parts.append(logits)
        if progress is not None:
            progress(min(start + CHUNK, len(rows)), len(rows))
    return np.concatenate(parts) if parts else np.zeros((0, model.output_shape[-1]), np.float32)
