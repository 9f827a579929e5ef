"""Writing of the .keras file: a model with its run card inside."""

import os
from typing import Any

import numpy as np

from chromkeras.files import replacing
from chromkeras.sharing.builder import build_model
from chromkeras.sharing.plan import Plan


def save_model(
    path: str | os.PathLike[str],
    plan: Plan,
    weights: list[np.ndarray],
    *,
    fingerprint: str,
    scores: dict[str, Any],
) -> None:
    """Write a trained model, without its optimizer, so that the file is whole or absent.

    Parameters
    ----------
    path
        Ends in ``.keras``.
    plan
        What the model was built from.
    weights
        In the order of ``Model.weights``.
    fingerprint
        Fingerprint of the training data.
    scores
        Validation metrics, plain JSON values.
    """
    model = build_model(plan, fingerprint=fingerprint, scores=scores)
    model.set_weights(weights)
    with replacing(path) as beside:
        model.save(beside)
