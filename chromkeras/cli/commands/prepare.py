"""``chromkeras prepare``."""

import inspect
from collections.abc import Callable
from contextlib import nullcontext
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
    listed = out.with_name(f"{out.stem}_left_out.tsv")
    for path in (out, listed):
        check_output_file(path, inputs=_files(arguments))
    from chromkeras.data.hdf5 import save_dataset
    from chromkeras.files import locked, replacing
    from chromkeras.importers.summary import summary
    from chromkeras.tables import write_tsv

    with locked(out):
        prepared = prepare(**arguments)
        written = {"out": out, **prepared.to_json()}
        text = f"{summary(prepared)}\n\nwrote {out}"
        names = prepared.left_out
        lists = names is not None and (names or listed.exists())  # which an earlier run wrote
        with replacing(listed) if lists else nullcontext() as beside:
            if beside is not None:
                write_tsv(beside, [{"name": n, "missing_from": what} for n, what in names or ()])
            save_dataset(prepared.dataset, out)
    if lists:
        written |= {"left_out": listed}
        text += f" and {listed}: {len(names or ()):,} names that are left out, and what lacks them"
    return Outcome(written, text)


def _files(arguments: dict[str, Any]) -> tuple[Path, ...]:
    """Return the files that are read: paths, and those of texts such as CELL=FILE."""
    given = [x for value in arguments.values() for x in (value if _is_list(value) else [value])]
    named = [Path(x.partition("=")[2]) for x in given if isinstance(x, str) and "=" in x]
    return (*(x for x in given if isinstance(x, Path)), *named)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _format(name: str) -> Callable[..., Outcome]:
    return command_of(IMPORT_FORMATS.get(name).prepare, _finish, [OUT])


command = new_app(cls=group_of(IMPORT_FORMATS, _format))


@command.callback(invoke_without_command=True)
def _prepare(context: typer.Context) -> None:
    """Make a data set of peaks, signal, expression or arrays."""
    help_without_command(context)
