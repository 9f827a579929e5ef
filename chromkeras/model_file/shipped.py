"""Models and data that come with the package, by name, held to their checksums."""

import hashlib
import os
from pathlib import Path

from chromkeras.errors import InputError
from chromkeras.names import unknown

PACKAGE = Path(__file__).resolve().parents[1]
# In an installed wheel, and in a checkout of the repository.
PLACES = (PACKAGE / "shipped", PACKAGE.parent / "models")
CHECKSUMS = "SHA256SUMS"


def shipped_folder() -> Path:
    """Return the folder of the models that come with the package.

    Raises
    ------
    InputError
        The installation has none.
    """
    for place in PLACES:
        if (place / CHECKSUMS).is_file():
            return place
    raise InputError(f"the shipped models are missing: expected {PLACES[0]}; install again")


def shipped_models() -> dict[str, Path]:
    """Return the files of the shipped models by name, such as "worm_hard" or "worm_sharing/soft".

    A folder with one model gives it its name.
    """
    files = [Path(name) for name in _checksums() if name.endswith(".keras")]
    alone = {file.parent for file in files if sum(f.parent == file.parent for f in files) == 1}
    return {
        (file.parent if file.parent in alone else file.with_suffix("")).as_posix(): (
            shipped_folder() / file
        )
        for file in files
    }


def model_path(model: str | os.PathLike[str]) -> Path:
    """Return the path of a model: itself, or that of a shipped model by name.

    Raises
    ------
    InputError
        The shipped file is missing or is another than was shipped.

    Examples
    --------
    >>> model_path("hard.keras").name
    'hard.keras'
    >>> model_path("worm_hard").name
    'hard.keras'
    """
    path = Path(model)
    if path.suffix or path.exists():
        return path
    models = shipped_models()
    if path.as_posix() not in models:
        raise InputError(f"{unknown('shipped model', str(model), models)}; files end in .keras")
    return shipped_file(models[path.as_posix()].relative_to(shipped_folder()).as_posix())


def shipped_file(name: str) -> Path:
    """Return the path of a shipped file whose checksum is right.

    Parameters
    ----------
    name
        As in the list of checksums, such as "worm.h5".

    Raises
    ------
    InputError
        There is no such file, or it is another than was shipped.
    """
    sums = _checksums()
    if name not in sums:
        raise unknown("shipped file", name, sums)
    path = shipped_folder() / name
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
    if found != sums[name]:
        raise InputError(
            f"{path} is not the file that was shipped: expected SHA-256 {sums[name][:12]}…, "
            f"received {found[:12]}; install again"
        )
    return path


def _checksums() -> dict[str, str]:
    lines = (shipped_folder() / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}
