"""Records of the trials of a study, as tables and reports have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chromkeras.search.run_trial import EPOCHS, ERROR, PARAMETERS, SCORES, SECONDS

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

DONE, PRUNED, FAILED, RUNNING, WAITING = "done", "pruned", "failed", "running", "waiting"


@dataclass(frozen=True)
class TrialRecord:
    """A trial of a search.

    Attributes
    ----------
    number
        Number of the trial, from 0.
    state
        "done", "pruned" (ended early), "failed" (with ``error``), "running" or "waiting".
    score
        Best mean validation score, of a pruned trial that up to its end; NaN where it has none.
    values
        What it tried, by name in the search space; lists as text.
    scores
        Score of each training.
    epochs, seconds
        Epochs trained in all, and what they took.
    parameters
        Number of the model's parameters; 0 where no training came to its end.
    error
        What was wrong with it.
    """

    number: int
    state: str
    score: float
    values: Mapping[str, Any]
    scores: tuple[float, ...] = ()
    epochs: int = 0
    seconds: float = 0.0
    parameters: int = 0
    error: str = ""

    @property
    def over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state in (DONE, PRUNED, FAILED)

    def to_text(self) -> str:
        """Return what it tried in a line for a person, without the sections of the keys."""
        pairs = (
            (key.partition(".")[2].replace(", ", "+"), value) for key, value in self.values.items()
        )
        return ", ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in pairs
        )

    def to_row(self) -> dict[str, Any]:
        """Return the row of a table."""
        return {
            "trial": self.number,
            "state": self.state,
            "score": self.score,
            **self.values,
            "scores": " ".join(f"{score:.6g}" for score in self.scores),
            "epochs": self.epochs,
            "seconds": self.seconds,
            "parameters": self.parameters,
            "error": self.error,
        }


def make_records(trials: Sequence["FrozenTrial"], names: Sequence[str]) -> tuple[TrialRecord, ...]:
    """Return a record of each trial, in the order of their numbers.

    Parameters
    ----------
    trials
        Trials of a study, without lost ones.
    names
        Names of the search space's domains.
    """
    return tuple(_record(trial, names) for trial in sorted(trials, key=lambda t: t.number))


def best_record(records: Sequence[TrialRecord]) -> TrialRecord | None:
    """Return the record of the best trial that was run to its end, the first of equal ones."""
    done = [record for record in records if record.state == DONE]
    return max(done, key=lambda record: record.score, default=None)


def _record(trial: "FrozenTrial", names: Sequence[str]) -> TrialRecord:
    notes, state = trial.user_attrs, _state(trial)
    score = max(trial.intermediate_values.values(), default=float("nan"))
    return TrialRecord(
        trial.number,
        state,
        float(trial.values[0]) if state == DONE else score,
        {name: trial.params.get(name, "") for name in names},
        scores=tuple(notes.get(SCORES, ())),
        epochs=notes.get(EPOCHS, 0),
        seconds=notes.get(SECONDS, 0.0),
        parameters=notes.get(PARAMETERS, 0),
        error=notes.get(ERROR, ""),
    )


def _state(trial: "FrozenTrial") -> str:
    from optuna.trial import TrialState

    if ERROR in trial.user_attrs and trial.state.is_finished():
        return FAILED
    names = {TrialState.COMPLETE: DONE, TrialState.PRUNED: PRUNED, TrialState.RUNNING: RUNNING}
    return names.get(trial.state, WAITING)
