import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from chrominterpret import locks
from chrominterpret.errors import InputError
from chrominterpret.locks import locked
from chrominterpret.processes import machine, start_mark

HOLDER = """
import sys, time
from chrominterpret.locks import locked
with locked(sys.argv[1], shared=sys.argv[2] or None):
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder():
    """Return a function that starts a process which holds a lock until its input ends."""
    started = []

    def start(path: Path, shared: str = "") -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, path, shared],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_a_second_run_is_refused_until_the_first_has_ended(tmp_path: Path, holder) -> None:
    path = tmp_path / "a.keras"
    process = holder(path)
    with pytest.raises(InputError, match=rf"another run does \(process {process.pid}, since "):
        locked(path).__enter__()
    with locked(tmp_path / "b.keras"):  # another result of the folder
        pass
    process.stdin.close()
    process.wait()
    with locked(path):
        assert len(list(tmp_path.iterdir())) == 1
    assert not list(tmp_path.iterdir())


def test_the_lock_of_a_killed_process_is_removed(tmp_path: Path, holder) -> None:
    process = holder(tmp_path / "a.keras")
    process.kill()
    process.wait()
    assert len(list(tmp_path.iterdir())) == 1
    with locked(tmp_path / "a.keras"):
        assert len(list(tmp_path.iterdir())) == 1
    assert not list(tmp_path.iterdir())


def test_a_process_that_has_the_number_of_a_gone_one_does_not_hold_its_lock(tmp_path: Path) -> None:
    if start_mark(os.getpid()) == "0":
        pytest.skip("this system does not say when a process began")
    left = tmp_path / f".a.keras.{machine()}-{os.getpid()}-00000000-00000000.lock"
    left.write_text("{}")
    with locked(tmp_path / "a.keras"):
        assert not left.exists()


def test_another_machines_lock_counts_until_it_falls_silent(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(locks, "PAUSE", 0.0)
    other = tmp_path / ".a.keras.00000000-1-11111111-00000000.lock"
    other.write_text('{"host": "node7"}')
    with pytest.raises(InputError, match=r"process 1 on node7\)"):
        locked(tmp_path / "a.keras").__enter__()
    before = time.time() - locks.SILENCE - 5
    os.utime(other, (before, before))
    with locked(tmp_path / "a.keras"):
        assert not other.exists()


def test_signs_of_life_are_given(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(locks, "BEAT", 0.01)
    with locked(tmp_path / "a.keras"):
        [own] = tmp_path.iterdir()
        os.utime(own, (0, 0))
        for _ in range(1000):
            if own.stat().st_mtime > 0:
                break
            time.sleep(0.01)
        assert own.stat().st_mtime > 0


def test_runs_that_share_write_side_by_side(tmp_path: Path, holder) -> None:
    holder(tmp_path / "table.tsv", "study.db")
    with locked(tmp_path / "table.tsv", shared="study.db"):
        pass
    for other in ("other.db", None):
        with pytest.raises(InputError, match="another run does"):
            locked(tmp_path / "table.tsv", shared=other).__enter__()


def test_a_run_may_lock_again_what_it_holds_but_another_thread_may_not(tmp_path: Path) -> None:
    refused = []

    def other() -> None:
        try:
            with locked(tmp_path / "a"):
                pass
        except InputError as error:
            refused.append(error)

    with locked(tmp_path / "a"):
        with locked(tmp_path / "a"):
            pass
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_one_waits_for_the_other_where_it_has_patience(tmp_path: Path, holder) -> None:
    process = holder(tmp_path / "a")
    threading.Timer(0.5, process.stdin.close).start()
    with locked(tmp_path / "a", patience=60):
        pass


def test_many_that_begin_at_one_moment_never_write_together(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(locks, "PAUSE", 0.01)
    inside, most, begin = [0], [0], threading.Barrier(8)

    def run() -> None:
        begin.wait()
        with locked(tmp_path / "a", patience=60):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.005)
            inside[0] -= 1

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1


def test_a_folder_that_was_made_goes_where_nothing_was_written(tmp_path: Path) -> None:
    with locked(tmp_path / "new" / "deep" / "a"):
        pass
    assert not list(tmp_path.iterdir())
