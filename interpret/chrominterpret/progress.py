"""Progress of long work: how far it is and how long it will take, whoever shows it.

The library calls `progress`; a program that wants to show it installs a reporter by `reporting`.
Without one, a line is logged now and then.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol

EVERY = 15.0
_log = logging.getLogger(__name__)


class Report(Protocol):
    """What long work calls as it goes on."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Tell that ``done`` of ``total`` pieces are done, with a note such as the loss."""


Reporter = Callable[[str], AbstractContextManager[Report]]


@contextmanager
def log_progress(label: str) -> Iterator[Report]:
    """Log a line every 15 seconds, with the time left."""
    began = spoke = time.monotonic()

    def report(done: int, total: int, note: str = "") -> None:
        nonlocal spoke
        now = time.monotonic()
        if done and now - spoke >= EVERY:
            spoke = now
            left = duration((now - began) / done * (total - done))
            _log.info("%s: %d of %d, about %s left", label, done, total, left)

    yield report


_reporter: ContextVar[Reporter] = ContextVar("reporter", default=log_progress)


@contextmanager
def reporting(reporter: Reporter) -> Iterator[None]:
    """Show progress by a reporter of one's own within the block.

    Parameters
    ----------
    reporter
        From a label to a context that gives a `Report`.

    Examples
    --------
    >>> from contextlib import contextmanager
    >>> @contextmanager
    ... def loud(label):
    ...     yield lambda done, total, note="": print(f"{label} {done}/{total}")
    >>> with reporting(loud), progress("work") as report:
    ...     report(1, 2)
    work 1/2
    """
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)


@contextmanager
def progress(label: str) -> Iterator[Report]:
    """Give a function to be called with (done, total) while the block runs."""
    with _reporter.get()(label) as report:
        yield report


def duration(seconds: float) -> str:
    """Return seconds as people say them, such as "1 min 5 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
