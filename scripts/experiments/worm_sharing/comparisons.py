"""The comparisons of the study's models that its table of runs asks for."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from calls import call
from runs import Comparison, Run

from chromkeras.files import replacing

FOLDER = "compare"
COMMAND = "command.txt"


def compare_runs(
    name: str, comparison: Comparison, runs: Sequence[Run], data: Path, out: Path, split: str
) -> bool:
    """Run ``chromkeras compare`` on finished runs; return False where that has been done.

    It has been done when the same command was finished after the models and the data were.
    """
    folder = out / FOLDER / name
    models = [out / run.slug / "model.keras" for run in runs]
    arguments = ["compare", *map(str, models), "--data", str(data), "--out", str(folder)]
    arguments += ["--split", split, *comparison.options]
    if _done(folder / COMMAND, arguments, [data, *models]):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COMMAND).unlink(missing_ok=True)
    call(arguments, folder.with_suffix(".txt"))
    with replacing(folder / COMMAND) as path:
        path.write_text(shlex.join(arguments) + "\n", encoding="utf-8")
    return True


def _done(record: Path, arguments: Sequence[str], read: Sequence[Path]) -> bool:
    if not record.exists() or record.read_text(encoding="utf-8").strip() != shlex.join(arguments):
        return False
    finished = record.stat().st_mtime
    return all(path.stat().st_mtime <= finished for path in read)
