import gc
import os
import signal
import subprocess
import sys
import time

import pytest

from chromkeras.cli import app
from chromkeras.cli.stop import Stopped, stoppable

SIGNALS = [signal.SIGINT, signal.SIGTERM]


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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, "130"), (signal.SIGTERM, "143")])
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
