"""The manifest of an ensemble: which models of a folder are used as one."""

import os
from dataclasses import dataclass
from pathlib import Path

from chromkeras.errors import InputError
from chromkeras.files import require_file, write_json
from chromkeras.model_file.facts import as_int, as_list, as_name, as_table, as_text, read_json
from chromkeras.names import check_unique, printable

MANIFEST = "ensemble.json"
FORMAT, VERSION = "chromkeras ensemble", 1
LARGEST = 2**20
MOST_MEMBERS = 1000
_KEYS = ("format", "version", "members", "fingerprint")


@dataclass(frozen=True)
class Manifest:
    """Models that are used as one: its outputs are the mean of theirs.

    Attributes
    ----------
    members
        Model files, in the folder of the manifest.
    fingerprint
        Fingerprint of the whole data set that the members were trained on parts of.
    """

    members: tuple[Path, ...]
    fingerprint: str


def is_ensemble(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a folder with the manifest of an ensemble."""
    return (Path(path) / MANIFEST).is_file()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make an ensemble of models in a folder; the manifest appears whole or not at all."""
    names = [member.name for member in manifest.members]
    values = (FORMAT, VERSION, names, manifest.fingerprint)
    write_json(folder / MANIFEST, dict(zip(_KEYS, values, strict=True)))


def read_manifest(folder: str | os.PathLike[str]) -> Manifest:
    """Return the manifest of an ensemble, which may come from anybody.

    Raises
    ------
    InputError
        The folder has none, or it names something else than files in the folder itself.
    """
    path = Path(folder) / MANIFEST
    if not path.exists():
        raise InputError(
            f"model {folder} is a folder without {MANIFEST}; expected a model file, or the folder "
            "of a cross-validation that has ended"
        )
    size = require_file(path, "manifest").stat().st_size
    if size > LARGEST:
        raise InputError(f"{path}: expected at most {LARGEST:,} bytes, received {size:,}")
    where = printable(path)
    values = as_table(read_json(path.read_bytes(), where), where, needed=_KEYS, allowed=())
    if values["format"] != FORMAT:
        raise InputError(f"{where}: expected the format {FORMAT!r}")
    as_int(values["version"], f"{where}: version", least=1, most=VERSION)
    listed = as_list(values["members"], f"{where}: members", least=2, most=MOST_MEMBERS)
    names = [as_name(name, f"{where}: members") for name in listed]
    check_unique("member", names)
    for name in names:
        if Path(name).name != name or Path(name).suffix != ".keras":
            raise InputError(
                f"{where}: members: expected names of .keras files in the same folder, received "
                f"'{printable(name, longest=60)}'"
            )
    members = tuple(require_file(Path(folder) / name, "model") for name in names)
    return Manifest(members, as_text(values["fingerprint"], f"{where}: fingerprint"))
