"""Ctrl-C, SIGTERM and SIGHUP end a command in order: temporary files go, one line says so."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE = 2.0


class Stopped(BaseException):
    """The process was asked to end, by signal ``number``; notes say what can be done next."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def code(self) -> int:
        """Exit code, as a shell gives it."""
        return 128 + self.number

    @property
    def message(self) -> str:
        """Message of one line."""
        return "; ".join([f"stopped by {signal.Signals(self.number).name}", *self._notes()])

    def _notes(self) -> list[str]:
        return list(getattr(self, "__notes__", []))


_first: list[Stopped] = []


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn the first signal that asks to end into ``Stopped``; one seconds later ends at once.

    ``timeout`` and terminals may send a signal twice in a row: the second must not disturb the
    clean-up after the first. Whatever goes wrong after a signal is a consequence of it: libraries
    in C++ make other exceptions of ours.
    """
    came = 0.0

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal came
        now = time.monotonic()
        if not _first:
            came = now
            _first.append(Stopped(number))
            raise _first[0]
        if now - came > _PATIENCE:
            os.write(2, f"chromkeras: {_first[0].message}\n".encode())
            os._exit(_first[0].code)

    before = {one: signal.signal(one, stop) for one in _SIGNALS if _is_heeded(one)}
    try:
        with _raised_again_when_ignored(), noting():
            yield
    finally:
        _first.clear()
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def noting(note: str | Callable[[], str] = "") -> Iterator[None]:
    """Say what can be done next where the block is stopped.

    Parameters
    ----------
    note
        Text, or what returns it after the stop; "" for none.
    """
    try:
        yield
    except BaseException as error:
        stopped = error if isinstance(error, Stopped) else next(iter(_first), None)
        if stopped is None:
            raise
        if note:
            stopped.add_note(note if isinstance(note, str) else note())
        if stopped is error:
            raise
        raise stopped from error


def _is_heeded(number: int) -> bool:
    """Return whether a signal is not ignored, as that of a closed terminal under ``nohup``."""
    return number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN


@contextmanager
def _raised_again_when_ignored() -> Iterator[None]:
    """Raise ``Stopped`` anew when it struck where Python ignores exceptions.

    A signal's handler runs in whatever frame is there; in a ``__del__`` or a callback of the
    garbage collector what it raises goes no further than ``sys.unraisablehook``.
    """
    ignored: list[Stopped] = []
    hook = sys.unraisablehook

    def take(unraisable: "sys.UnraisableHookArgs") -> None:
        if isinstance(unraisable.exc_value, Stopped):
            ignored.append(unraisable.exc_value)
            signal.setitimer(signal.ITIMER_REAL, 0.01)
        else:
            hook(unraisable)

    def again(number: int, frame: FrameType | None) -> None:
        raise ignored[-1]

    before = signal.signal(signal.SIGALRM, again)
    sys.unraisablehook = take
    try:
        yield
    finally:
        sys.unraisablehook = hook
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
