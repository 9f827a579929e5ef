"""Claims on trials: each is run once, by one of the processes that share a study.

Who starts a trial says so in it, and that it still lives by a number that grows. A trial whose
process is gone is told as failed, and one with the same values waits in its place: a failed trial
of a study is always a lost one.
"""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from chrominterpret.processes import lives, machine
from chromkeras.search.samplers import make_sampler
from chromkeras.search.storage import turn

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial

BEAT = 15.0  # seconds between two signs of life
SILENCE = 90.0  # seconds without one, after which a trial counts as lost
WORKER, ALIVE, POINT, AGAIN = "worker", "alive", "point", "again"


class Claims:
    """The next trial for this process, until there are as many as wanted.

    Parameters
    ----------
    study
        Study in the storage.
    path
        The storage.
    distributions
        Distribution of each recipe key.
    sampler, seed
        Name of the sampler, and seed from which, with the number of trials so far, the values of
        each trial follow.
    wanted
        Number of trials in all.
    grid
        Values of each trial in turn, where they are not drawn.
    """

    def __init__(
        self,
        study: "Study",
        path: Path,
        distributions: Mapping[str, "BaseDistribution"],
        *,
        sampler: str,
        seed: int,
        wanted: int,
        grid: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        self.study, self.path, self.distributions = study, path, dict(distributions)
        self.sampler, self.seed, self.wanted, self.grid = sampler, seed, wanted, grid
        self._own = {"host": machine(), "process": os.getpid(), "token": uuid4().hex}
        self._silent: set[int] = set()

    def next(self) -> "Trial | None":
        """Return a trial to run with its values, or None when this process has nothing to do.

        Where all are begun but some run in processes that may be gone, it waits for a sign of
        life of each, and takes over those that give none.
        """
        while True:
            with turn(self.path):
                for trial in self._running():
                    if self._is_lost(trial):
                        self._free(trial)
                found = self._take()
            if found is not None or not self._some_fall_silent():
                return found

    def release(self, trial: "Trial") -> None:
        """Give up a trial that this process cannot finish, for itself or another to run again."""
        with turn(self.path):
            for running in self._running():
                if running.number == trial.number:
                    self._free(running)

    def counted(self) -> list["FrozenTrial"]:
        """Return the trials of the study but for lost ones."""
        from optuna.trial import TrialState

        trials = self.study.get_trials(deepcopy=False)
        return [trial for trial in trials if trial.state != TrialState.FAIL]

    @contextmanager
    def alive(self, trial: "Trial") -> Iterator[None]:
        """Give signs of life of a trial while the block runs."""
        done = threading.Event()
        thread = threading.Thread(target=_give_signs, args=(trial, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _take(self) -> "Trial | None":
        from optuna.trial import TrialState

        counted = self.counted()
        if not any(trial.state == TrialState.WAITING for trial in counted):
            if len(counted) >= self.wanted:
                return None
            if self.grid is not None:
                self._enqueue_point(counted)
        self.study.sampler = make_sampler(self.sampler, self.seed, len(counted))
        trial = self.study.ask(self.distributions)
        trial.set_user_attr(WORKER, self._own)
        return trial

    def _enqueue_point(self, counted: Sequence["FrozenTrial"]) -> None:
        taken = {trial.user_attrs.get(POINT) for trial in counted}
        grid = self.grid or ()
        point = next(point for point in range(len(grid)) if point not in taken)
        self.study.enqueue_trial(dict(grid[point]), user_attrs={POINT: point})

    def _running(self) -> list["FrozenTrial"]:
        from optuna.trial import TrialState

        return self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))

    def _is_lost(self, trial: "FrozenTrial") -> bool:
        """Return whether the process of a running trial is gone."""
        worker = trial.user_attrs.get(WORKER)
        if not isinstance(worker, dict):  # killed while it claimed the trial
            return True
        if worker.get("token") == self._own["token"]:
            return False
        here = worker.get("host") == self._own["host"]
        process = worker.get("process")
        gone = not isinstance(process, int) or not lives(process)
        return trial.number in self._silent or (here and gone)

    def _free(self, trial: "FrozenTrial") -> None:
        """Have the values of a lost trial wait to be run again, before it is told as failed."""
        from optuna.trial import TrialState

        point, params = trial.user_attrs.get(POINT), dict(trial.params)
        if self.grid is not None and point is not None:
            params = dict(self.grid[point])
        again = {t.user_attrs.get(AGAIN) for t in self.counted()}
        if params.keys() == self.distributions.keys() and trial.number not in again:
            notes = {AGAIN: trial.number} | ({} if point is None else {POINT: point})
            self.study.enqueue_trial(params, user_attrs=notes)
        self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)

    def _some_fall_silent(self) -> bool:
        """Watch the trials of others until each has given a sign of life or was silent too long."""
        waiting = {trial.number: trial.user_attrs.get(ALIVE) for trial in self._running()}
        began = time.monotonic()
        while waiting and time.monotonic() - began < SILENCE:
            time.sleep(min(1.0, BEAT))
            now = {trial.number: trial.user_attrs.get(ALIVE) for trial in self._running()}
            waiting = {n: sign for n, sign in waiting.items() if n in now and now[n] == sign}
        self._silent |= waiting.keys()
        return bool(waiting)


def _give_signs(trial: "Trial", done: threading.Event) -> None:
    from optuna.exceptions import OptunaError

    count = 0
    while not done.wait(BEAT):
        count += 1
        try:
            trial.set_user_attr(ALIVE, count)
        except (OptunaError, OSError):  # finished by another process, or a full disk
            continue
