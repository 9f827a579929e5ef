"""What a model file or a data set file holds."""

import os
from pathlib import Path
from typing import Any

from chromkeras.files import require_file
from chromkeras.model_file.shipped import model_path


def info(file: str | os.PathLike[str]) -> dict[str, Any]:
    """Describe a model file or a data set file, without importing Keras.

    Parameters
    ----------
    file
        A ``.keras`` model of ours, all of which is checked, an HDF5 data set of ours, or the name
        of a shipped model.

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
    path = require_file(model_path(file), "file")
    return _model_facts(path) if path.suffix == ".keras" else _data_set_facts(path)


def _model_facts(path: Path) -> dict[str, Any]:
    from chromkeras.model_file.check import check_model_file

    card = check_model_file(path).card
    return {
        "file": str(path),
        "kind": "model",
        "tasks": list(card.tasks),
        "data fingerprint": card.fingerprint,
        "recipe": card.recipe,
        "scores": card.scores,
    }


def _data_set_facts(path: Path) -> dict[str, Any]:
    from chromkeras.data.hdf5 import load_dataset
    from chromkeras.importers.dataset_facts import dataset_facts

    return {"file": str(path), "kind": "data set", **dataset_facts(load_dataset(path))}
