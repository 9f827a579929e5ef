"""A model file's run card, read without building the model or importing Keras."""

import json
import os
import zipfile
from typing import Any

from chromkeras.errors import InputError
from chromkeras.files import require_file


def read_card(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the run card's configuration without building the model."""
    found = require_file(path, "model")
    try:
        with zipfile.ZipFile(found) as archive:
            layers = json.loads(archive.read("config.json"))["config"].get("layers", [])
        cards = [layer["config"] for layer in layers if layer.get("class_name") == "RunCard"]
    except (
        zipfile.BadZipFile,
        KeyError,
        TypeError,
        AttributeError,
        json.JSONDecodeError,
    ) as error:
        raise InputError(f"{found} is not a .keras file; expected what `train` writes") from error
    if not cards:
        raise InputError(
            f"{found} is a Keras model without a chromkeras run card; expected what "
            "`chromkeras train` writes"
        )
    card: dict[str, Any] = cards[0]
    return card
