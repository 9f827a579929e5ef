import gc
import os
import signal
import subprocess
import sys
import time

import pytest

from chromkeras.cli import app
from chromkeras.cli.stop import Stopped, noting, stoppable

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_once_and_handlers_come_back(number):
    before = [signal.getsignal(one) for one in SIGNALS]

    def kill_twice() -> None:
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)  # as `timeout` does

    with pytest.raises(Stopped) as caught, stoppable():
        kill_twice()
    assert caught.value.message == f"stopped by {number.name}"
    assert [signal.getsignal(one) for one in SIGNALS] == before


@pytest.mark.parametrize("kind", [RuntimeError, OSError, KeyboardInterrupt])
@pytest.mark.parametrize("number", SIGNALS)
def test_what_a_library_makes_of_a_stop_is_told_as_the_stop(number, kind):
    def convert() -> None:
        try:
            os.kill(os.getpid(), number)
        except BaseException as error:  # as C++ does with what Python raises in a callback
            raise kind("what(): Python exception") from error

    with pytest.raises(Stopped) as caught, stoppable(), noting("go on"), noting(lambda: "now"):
        convert()
    assert caught.value.number == number
    assert caught.value.message == f"stopped by {number.name}; now; go on"


def test_an_error_before_any_signal_is_what_it_is():
    with pytest.raises(RuntimeError, match="mine"), stoppable(), noting("go on"):
        raise RuntimeError("mine")


def test_a_command_that_a_stop_makes_fail_is_stopped(monkeypatch, capsys):
    def fail(arguments: list[str], **options: object) -> int:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Stopped as stopped:
            raise OSError("lost the connection") from stopped

    monkeypatch.setattr(app, "app", fail)
    monkeypatch.setattr(sys, "argv", ["chromkeras", "train"])
    with pytest.raises(SystemExit, match="143"):
        app.main()
    assert capsys.readouterr().err == "chromkeras: stopped by SIGTERM\n"


def test_the_hang_up_of_a_terminal_is_ignored_where_it_was():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


SECOND = """
import os, signal, time
from chromkeras.cli import stop
stop._PATIENCE = 0.0
with stop.stoppable():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
"""


def test_a_later_signal_ends_at_once_and_the_first_is_told():
    done = subprocess.run(
        [sys.executable, "-c", SECOND], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (143, "chromkeras: stopped by SIGTERM\n")


@pytest.mark.slow
def test_a_stop_in_a_garbage_collector_callback_is_not_lost():
    """Slow: sleeps for 5 seconds where the signal comes late."""

    def kill(phase: str, info: dict) -> None:
        gc.callbacks.remove(kill)
        os.kill(os.getpid(), signal.SIGTERM)

    def collect() -> None:
        gc.callbacks.append(kill)
        gc.collect()
        time.sleep(5)

    with pytest.raises(Stopped), stoppable():
        collect()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, "130"), (signal.SIGTERM, "143"), (signal.SIGHUP, "129")]
)
def test_notes_say_what_to_do_next(number, code, monkeypatch, capsys):
    def stop(arguments: list[str]) -> int:
        stopped = Stopped(number)
        stopped.add_note("go on with --resume")
        raise stopped

    monkeypatch.setattr(app, "run", stop)
    with pytest.raises(SystemExit, match=code):
        app.main()
    assert capsys.readouterr().err == f"chromkeras: stopped by {number.name}; go on with --resume\n"


@pytest.mark.slow
def test_a_stopped_command_leaves_nothing(tmp_path):
    """Slow: half a second must be enough for the command to begin, and too little to end."""
    words = ["simulate", "--sequences", "20000", "--out", "sim.h5"]
    code = (  # says when signals are caught: before that Python itself would end it
        f"import sys; sys.argv[1:] = {words}; from chromkeras.cli import app; run = app.run;"
        "app.run = lambda arguments: print(flush=True) or run(arguments); app.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    if process.returncode == 0:
        pytest.skip("done before it could be stopped")
    assert (process.returncode, errors) == (130, "chromkeras: stopped by SIGINT\n")
    assert not list(tmp_path.iterdir())
