"""Show how far long work is and how long it will take."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

EVERY = 15.0


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function to be called with (done, total) while the block runs.

    On a terminal it moves a bar with the time left; elsewhere it prints a line now and then, on
    standard error.
    """
    console = Console(file=sys.stderr)
    if console.is_terminal:
        with _bar(console) as bar:
            task = bar.add_task(label, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        yield _lines(label)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def _lines(label: str) -> Callable[[int, int], None]:
    began = spoke = time.monotonic()

    def say(done: int, total: int) -> None:
        nonlocal spoke
        now = time.monotonic()
        if done and now - spoke >= EVERY:
            spoke = now
            left = duration((now - began) / done * (total - done))
            print(f"{label}: {done} of {total}, about {left} left", file=sys.stderr)

    return say


def duration(seconds: float) -> str:
    """Return seconds as people say them, such as "1 min 5 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
