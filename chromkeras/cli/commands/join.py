"""``chromkeras join``."""

from pathlib import Path
from typing import Annotated

import typer

from chromkeras.cli.interpret_options import SHOWS
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_file, check_output_folder
from chromkeras.cli.written import folder_outcome
from chromkeras.errors import InputError


def command(
    parts: Annotated[
        list[Path],
        typer.Argument(
            help="What a command wrote with --part: files, or folders of `interpret`; in any "
            "order.",
            metavar="PART…",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="File to write: .tsv or .tsv.gz of text, .vcf.gz of .vcf.gz, any of .h5; of "
            "`interpret` a folder."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Data set of parts of `interpret`.", show_default="the file that they were made of"
        ),
    ] = None,
) -> Outcome:
    """Put the parts of a run together, whole or not at all.

    The parts must be those of one run: of the same models, source and options, each once. The
    result is that of a run without --part.

    For example:

      chromkeras join part.*.h5 --out scores.h5
    """
    if any(part.is_dir() for part in parts):
        return _interpretation(parts, out, data)
    check_output_file(out, inputs=tuple(parts))
    if data is not None:
        raise InputError("--data: expected with parts of `interpret` alone, which are folders")
    from chromkeras.scoring.join import join_scores

    found = join_scores(parts, out)
    names = ", ".join(map(str, found.out[:4])) + (", …" if len(found.out) > 4 else "")
    parts_of = f"{len(found.parts)} part{'s' if len(found.parts) > 1 else ''}"
    return Outcome(found, f"{parts_of}, {found.rows:,} rows\nwrote {names}")


def _interpretation(parts: list[Path], out: Path, data: Path | None) -> Outcome:
    check_output_folder(out)
    from chromkeras.backend.quiet import import_keras

    import_keras()
    from chromkeras.cli.open_data import open_data
    from chromkeras.model_report.join import join

    found = join(parts, out, dataset=None if data is None else open_data(data))
    text = f"{len(found.parts)} parts, {found.rows:,} attributed rows"
    summary = {"parts": found.parts, "rows": found.rows}
    return folder_outcome(summary, text, out, SHOWS)
