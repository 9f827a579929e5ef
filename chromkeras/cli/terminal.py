"""Log and progress of the library on the terminal, with the time left."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from chromkeras.progress import Say, log_progress, reporting

PACKAGES = ("chromkeras", "chrominterpret")


class _ToStandardError(logging.Handler):
    """Write messages to standard error as it is at that moment, above any bar."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one message."""
        loud = "WARNING: " if record.levelno >= logging.WARNING else ""
        print(f"{loud}{record.getMessage()}", file=sys.stderr, flush=True)


@contextmanager
def shown() -> Iterator[None]:
    """Show the library's messages and progress on standard error within the block."""
    handler, loggers = _ToStandardError(), [logging.getLogger(name) for name in PACKAGES]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    try:
        with reporting(_progress):
            yield
    finally:
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate


@contextmanager
def _progress(label: str) -> Iterator[Say]:
    """Show a bar with the time left on a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        with log_progress(label) as say:
            yield say
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
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    ) as bar:
        task = bar.add_task(label, total=None, note="")
        yield lambda done, total, note="": bar.update(task, completed=done, total=total, note=note)
