"""A model file checked whole, without Keras."""

import os
from dataclasses import dataclass

from chromkeras.errors import InputError
from chromkeras.model_file.archive import open_archive
from chromkeras.model_file.card import WEIGHTS, CardFile, read_card_file
from chromkeras.model_file.config import check_sizes
from chromkeras.model_file.shipped import model_path
from chromkeras.model_file.weights import count_weights


@dataclass(frozen=True)
class CheckedFile(CardFile):
    """What a model file holds.

    Attributes
    ----------
    weights
        Number of weights.
    """

    weights: int


def check_model_file(path: str | os.PathLike[str]) -> CheckedFile:
    """Check all of a model file, and return what it says about itself.

    No object is made of what the file says, and no weights are read but for their checksum.

    Raises
    ------
    InputError
        The file is missing, empty, damaged, no .keras file of ours, or claims to be larger than
        it is.
    """
    with open_archive(model_path(path), "model", ".keras") as archive:
        found = read_card_file(archive)
        weights = count_weights(archive, WEIGHTS)
        try:
            check_sizes(found.config, tasks=len(found.card.tasks), weights=weights)
        except InputError as error:
            raise InputError(f"{archive.title}: {error}") from error
    return CheckedFile(found.card, found.config, found.keras_version, weights)
