"""Parts of a long run put together: tables of scores, and interpretations."""

import os
from collections.abc import Sequence
from pathlib import Path

from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.files import sha256_of
from chromkeras.scoring.join import Joined, join_scores
from chromkeras.scoring.parts import in_order


def join(
    parts: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    dataset: Dataset | None = None,
) -> Joined:
    r"""Put the parts of a run together, as if it had not been divided.

    Parameters
    ----------
    parts
        Files that ``predict`` or ``variants`` wrote with ``part``, or folders that ``interpret``
        did, in any order.
    out
        File to write, or folder for parts of ``interpret``. Parts of .tsv and .tsv.gz give either,
        those of .vcf.gz the same, and parts of .h5 any format but .vcf.gz. q are made anew of the p
        of all parts, and tables of what was rejected are joined too.
    dataset
        Data set of an interpretation; None opens the file that its parts name, or takes the
        simulated demo where they are of that.

    Returns
    -------
    Joined
        What was written, the parts in order and the number of rows.

    Raises
    ------
    InputError
        A part is missing, given twice, or of other models, data or options; nothing is written
        then.

    Examples
    --------
    >>> import tempfile, chromkeras
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "two.fa").write_text(">a\nACGT\n>b\nTTTT\n")
    >>> made = [folder / f"{k}.tsv" for k in (1, 2)]
    >>> for number, path in enumerate(made, 1):
    ...     _ = chromkeras.predict("worm_hard", fasta=folder / "two.fa", out=path,
    ...                            part=f"{number}/2")
    >>> chromkeras.join(made, folder / "all.tsv").rows
    2
    """
    folders = [Path(path) for path in parts if Path(path).is_dir()]
    if not folders:
        return join_scores(parts, out)
    if len(folders) < len(parts):
        raise InputError(f"expected parts of one kind, received files and the folder {folders[0]}")
    return _join_interpretation(folders, Path(out), dataset)


def _join_interpretation(folders: Sequence[Path], out: Path, dataset: Dataset | None) -> Joined:
    """Make an interpretation of the attributions in its parts' folders."""
    from chromkeras.model_report.asked import ask
    from chromkeras.model_report.interpret import Ready, write_interpretation
    from chromkeras.model_report.part_folder import (
        joined_attributions,
        joined_contributions,
        open_part,
    )

    opened = [open_part(folder) for folder in folders]
    own = ("part", "rows", "seconds")
    order = in_order([(part.path, part.facts) for part in opened], own=own)
    found = [opened[place] for place in order]
    first = found[0]
    model, data = first.facts["model"], first.facts["data"]
    if not Path(model["file"]).is_file() or sha256_of(Path(model["file"])) != model["sha256"]:
        raise InputError(f"expected the model of the parts at {model['file']}; it is not there")
    dataset = dataset or _dataset(data["file"], data["fingerprint"])
    if dataset.fingerprint != data["fingerprint"]:
        raise InputError(
            f"expected the data set of the parts, {data['fingerprint']}; received another, "
            f"{dataset.fingerprint}"
        )
    asked = ask(model["file"], dataset, first.options, first.chosen)
    attributed = joined_attributions(asked.request, found)
    contributions = joined_contributions(first.chosen, dataset.dna.length, found)
    write_interpretation(asked, out, Ready(attributed, contributions))
    return Joined((out,), tuple(part.path for part in found), len(first.chosen.attributed))


def _dataset(path: str | None, fingerprint: str) -> Dataset:
    if path is not None:
        from chromkeras.data.hdf5 import load_dataset

        return load_dataset(path)
    from chromkeras.importers.simulate import demo_dataset

    demo = demo_dataset()
    if demo.fingerprint != fingerprint:
        raise InputError("expected `dataset`, as the parts name no file of it")
    return demo
