"""What a call of ``predict`` asks for, checked before anything takes time."""

import os
from pathlib import Path
from typing import Any

from chromkeras.errors import InputError
from chromkeras.files import require_file
from chromkeras.importers.anndata_file import ENDING, load_anndata
from chromkeras.scoring.parts import Part, parse_part
from chromkeras.scoring.tables import WHOLE, suffix_of

AnyPath = str | os.PathLike[str]


def check_request(
    *,
    dataset: Any = None,
    fasta: AnyPath | None = None,
    bed: AnyPath | None = None,
    genome: AnyPath | None = None,
    out: AnyPath | None = None,
    part: str = "1/1",
) -> Part:
    """Return the part that is asked for.

    Parameters
    ----------
    dataset, fasta, bed, genome, out, part
        As for ``predict``.

    Raises
    ------
    InputError
        Not one way is given, a file is missing, or ``out`` and ``part`` do not fit.
    """
    ways = {"dataset": dataset, "fasta": fasta, "bed": bed}
    chosen = [f"`{name}`" for name, value in ways.items() if value is not None]
    if len(chosen) != 1:
        received = " and ".join(chosen) or "none"
        raise InputError(f"expected one of `dataset`, `fasta` and `bed`, received {received}")
    if (bed is None) != (genome is None):
        lacks, has = ("genome", "bed") if genome is None else ("bed", "genome")
        raise InputError(f"expected `{lacks}` with `{has}`: regions lie in a genome")
    files = {"sequences": fasta, "regions": bed, "genome": genome}
    if isinstance(dataset, str | os.PathLike):
        files["data set"] = dataset
    for what, path in files.items():
        if path is not None:
            require_file(path, what)
    wanted = parse_part(part)
    if out is not None:
        _check_out(Path(out), wanted, bed)
    return wanted


def _check_out(out: Path, part: Part, bed: AnyPath | None) -> None:
    suffix = suffix_of(out)
    if suffix == ENDING:
        load_anndata()
    if suffix == ".bw" and bed is None:
        raise InputError(f"`out` {out}: bigWig holds scores of regions; expected `bed`")
    if suffix in WHOLE and part.count > 1:
        raise InputError(
            f"`out` {out}: parts of {suffix} cannot be joined; write parts of .h5 and join them"
        )
