"""``chromkeras prepare``."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from chromkeras.cli.from_function import command_of
from chromkeras.cli.group import group_of, help_without_command, new_app
from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_file
from chromkeras.registry import IMPORT_FORMATS

OUT = inspect.Parameter(
    "out",
    inspect.Parameter.KEYWORD_ONLY,
    annotation=Annotated[Path, typer.Option("--out", help="Data set file to write (HDF5).")],
)


def _finish(prepare: Callable[..., Any], arguments: dict[str, Any], *, out: Path) -> Outcome:
    """Prepare, save and sum up."""
    given = [x for value in arguments.values() for x in (value if _is_list(value) else [value])]
    check_output_file(out, inputs=tuple(x for x in given if isinstance(x, Path)))
    from chromkeras.data.hdf5 import save_dataset
    from chromkeras.importers.summary import summary

    prepared = prepare(**arguments)
    save_dataset(prepared.dataset, out)
    return Outcome({"out": out, **prepared.to_json()}, f"{summary(prepared)}\n\nwrote {out}")


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _format(name: str) -> Callable[..., Outcome]:
    return command_of(IMPORT_FORMATS.get(name).prepare, _finish, [OUT])


command = new_app(cls=group_of(IMPORT_FORMATS, _format))


@command.callback(invoke_without_command=True)
def _prepare(context: typer.Context) -> None:
    """Make a data set of peaks and a genome, or of arrays."""
    help_without_command(context)
