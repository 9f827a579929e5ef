"""Ctrl-C and SIGTERM end a command in order: temporary files go, one line says what happened."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = 2.0


class Stopped(BaseException):
    """The process was asked to end, by signal ``number``; notes say what can be done next."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def message(self) -> str:
        """Message of one line."""
        return "; ".join([f"stopped by {signal.Signals(self.number).name}", *self._notes()])

    def _notes(self) -> list[str]:
        return list(getattr(self, "__notes__", []))


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into ``Stopped``, once; one that comes seconds later ends at once.

    ``timeout`` and terminals may send a signal twice in a row: the second must not disturb the
    clean-up after the first.
    """
    first: float | None = None

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if first is None:
            first = now
            raise Stopped(number)
        if now - first > _PATIENCE:
            os._exit(128 + number)

    before = {one: signal.signal(one, stop) for one in _SIGNALS}
    try:
        with _raised_again_when_ignored():
            yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def _raised_again_when_ignored() -> Iterator[None]:
    """Raise ``Stopped`` anew when it struck where Python ignores exceptions.

    A signal's handler runs in whatever frame is there; in a ``__del__`` or a callback of the
    garbage collector what it raises goes no further than ``sys.unraisablehook``.
    """
    ignored: list[int] = []
    hook = sys.unraisablehook

    def take(unraisable: "sys.UnraisableHookArgs") -> None:
        if isinstance(unraisable.exc_value, Stopped):
            ignored.append(unraisable.exc_value.number)
            signal.setitimer(signal.ITIMER_REAL, 0.01)
        else:
            hook(unraisable)

    def again(number: int, frame: FrameType | None) -> None:
        raise Stopped(ignored[-1])

    before = signal.signal(signal.SIGALRM, again)
    sys.unraisablehook = take
    try:
        yield
    finally:
        sys.unraisablehook = hook
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
