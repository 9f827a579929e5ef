"""Log and progress of the library on the terminal, with the time left."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any, TextIO, cast

from chromkeras.cli.output import SafeOutput
from chromkeras.names import printable
from chromkeras.progress import Report, log_progress, reporting

PACKAGES = ("chromkeras", "chrominterpret")


class _ToStandardError(logging.Handler):
    """Write messages to standard error as it is at that moment, above any bar."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one message."""
        loud = "WARNING: " if record.levelno >= logging.WARNING else ""
        print(f"{loud}{printable(record.getMessage())}", file=sys.stderr, flush=True)


@contextmanager
def shown(*, quiet: bool = False) -> Iterator[None]:
    """Show the library's messages and progress on standard error within the block.

    Parameters
    ----------
    quiet
        Whether to show neither of them, nor Python's warnings.
    """
    handler, loggers = _ToStandardError(), [logging.getLogger(name) for name in PACKAGES]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.ERROR if quiet else logging.INFO)
        logger.propagate = False
    try:
        with warnings.catch_warnings(), reporting(_no_progress if quiet else _progress):
            if quiet:
                warnings.simplefilter("ignore")
            yield
    finally:
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate


@contextmanager
def _no_progress(label: str) -> Iterator[Report]:
    yield lambda done, total, note="": None


@contextmanager
def _progress(label: str) -> Iterator[Report]:
    """Show a bar with the time left on a terminal, a line now and then elsewhere.

    The bar is drawn past the safe stream, so its label and notes are made safe here.
    """
    if not sys.stderr.isatty():
        with log_progress(label) as report:
            yield report
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(file=_terminal()),
        transient=True,
    ) as bar:
        task = bar.add_task(printable(label), total=None, note="")

        def report(done: int, total: int, note: str = "") -> None:
            bar.update(task, completed=done, total=total, note=printable(note))

        # Rich takes standard error meanwhile, and would act on what is printed there.
        with redirect_stderr(cast(TextIO, SafeOutput(sys.stderr))):
            yield report


def _terminal() -> TextIO:
    """Return standard error itself, which a bar may draw on."""
    stream: Any = sys.stderr
    while isinstance(stream, SafeOutput):
        stream = stream.stream
    return cast(TextIO, stream)
