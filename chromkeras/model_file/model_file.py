"""The .keras file: a model with its run card inside."""

import os
import zipfile
from typing import Any

import keras
import numpy as np

from chromkeras.errors import InputError
from chromkeras.files import replacing
from chromkeras.layers.run_card import RunCard
from chromkeras.model_file.card_file import read_card
from chromkeras.recipe.reading import recipe_from_dict
from chromkeras.registry import ARCHITECTURES
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


def open_model(path: str | os.PathLike[str]) -> tuple[keras.Model, RunCard]:
    """Return a model of ours and its run card.

    Raises
    ------
    InputError
        The file is missing, empty, damaged, no .keras file, or a model without a run card.
    """
    card = read_card(path)
    try:
        recipe = recipe_from_dict(card["recipe"])
        ARCHITECTURES.get(recipe.architecture.name)  # unknown ones are refused here
        model = keras.saving.load_model(path, compile=False)
    except (zipfile.BadZipFile, ValueError, TypeError, KeyError, OSError) as error:
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(f"model {path} is damaged or of another version: {why[0]}") from error
    return model, next(layer for layer in model.layers if isinstance(layer, RunCard))
