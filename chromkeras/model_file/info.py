"""What a model file or a data set file holds."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromkeras.files import require_file
from chromkeras.model_file.manifest import is_ensemble
from chromkeras.model_file.shipped import model_path

if TYPE_CHECKING:
    from chromkeras.model_file.card import RunCard


def info(file: str | os.PathLike[str]) -> dict[str, Any]:
    """Describe a model file, an ensemble or a data set file, without importing Keras.

    Parameters
    ----------
    file
        A ``.keras`` model of ours, all of which is checked, the folder of an ensemble, an HDF5 data
        set of ours, or the name of a shipped model.

    Returns
    -------
    dict
        "file" and "kind"; of a model also "tasks", "data fingerprint", "recipe" and "scores", of a
        data set what ``importers.dataset_facts`` says.

    Raises
    ------
    InputError
        There is no such file, or it is damaged or neither of the two.

    Examples
    --------
    >>> info("worm_hard")["tasks"][:2]
    ['Germline', 'Neurons']
    """
    place = model_path(file)
    if is_ensemble(place):
        return _ensemble_facts(place)
    path = require_file(place, "file")
    return _model_facts(path) if path.suffix == ".keras" else _data_set_facts(path)


def _model_facts(path: Path) -> dict[str, Any]:
    from chromkeras.model_file.check import check_model_file

    return _facts(path, "model", check_model_file(path).card)


def _ensemble_facts(folder: Path) -> dict[str, Any]:
    from chromkeras.model_file.card import ensemble_card
    from chromkeras.model_file.check import check_model_file
    from chromkeras.model_file.manifest import read_manifest

    manifest = read_manifest(folder)
    cards = [check_model_file(member).card for member in manifest.members]
    members = [member.name for member in manifest.members]
    return _facts(folder, "ensemble", ensemble_card(manifest, cards)) | {"members": members}


def _facts(path: Path, kind: str, card: "RunCard") -> dict[str, Any]:
    return {
        "file": str(path),
        "kind": kind,
        "tasks": list(card.tasks),
        "data fingerprint": card.fingerprint,
        "recipe": card.recipe,
        "scores": card.scores,
    }


def _data_set_facts(path: Path) -> dict[str, Any]:
    from chromkeras.data.hdf5 import load_dataset
    from chromkeras.importers.dataset_facts import dataset_facts

    return {"file": str(path), "kind": "data set", **dataset_facts(load_dataset(path))}
