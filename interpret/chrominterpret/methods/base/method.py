"""What every attribution method is: options that it checks, and a call that runs it."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar
from weakref import WeakSet

import numpy as np

from chrominterpret.attribution import Attribution
from chrominterpret.engine.batches import Progress
from chrominterpret.engine.memory import BUDGET, GRADIENT, rows_at_once
from chrominterpret.errors import InputError
from chrominterpret.methods.base.agreement import check_agreement
from chrominterpret.methods.base.explained import ExplainedModel, explained_model

_log = logging.getLogger(__name__)

MANY = 50  # targets; what they cost is said where all outputs are taken by default


@dataclass(frozen=True, kw_only=True, eq=False)
class Method(ABC):
    """An attribution method with its options; call it with a model and sequences.

    A method is a subclass with the class attribute ``name``, fields for the options of its own, and
    `run`.

    Parameters
    ----------
    targets
        Outputs to attribute: None (all), index, task name, list of these, mapping of contrasts, or
        weights (K, T). Of outputs with bins (N, B, C) also pairs (bins, track), such as
        ``("mean", 0)``, and ``"profile"``: see
        `chrominterpret.methods.base.targets.resolve_targets`.
    task_names
        Names of the T outputs, or of the C tracks.
    wrt
        Name of the attributed input; needed where not exactly one has shape (N, L, 4).
    head
        Name or position of the model output, where there are several.
    output
        Kind of output: ``"logit"`` leaves out a sigmoid or softmax that ends the model, ``"as is"``
        keeps it.
    batch_size
        Number of rows of the input run at once; None for as many, up to 256, as ``memory`` holds.
    memory
        Memory in GB that the model's tensors may take, by the estimate of
        `chrominterpret.engine.memory`.
    progress
        Function called as ``progress(done, total)`` with numbers of sequences.
    """

    name: ClassVar[str]
    copies: ClassVar[int] = GRADIENT
    """Numbers held in memory for each number of the model's forward pass."""

    targets: Any = None
    task_names: Sequence[str] | None = None
    wrt: str | None = None
    head: str | int | None = None
    output: str = "logit"
    batch_size: int | None = None
    memory: float = BUDGET
    progress: Progress | None = None

    def __call__(self, model: Any, x: Any) -> Attribution:
        """Attribute the outputs of a model to its input.

        Parameters
        ----------
        model
            Functional Keras model or built ``Sequential``.
        x
            One-hot (N, L, 4) or numbers (N, ...), or all inputs of the model as a mapping
            {name: array} or a sequence; the inputs that are not attributed stay as they are. DNA
            may also be letters, a FASTA file or integer codes (see `chrominterpret.engine.dna`),
            and is attributed as (N, L, 4) where a model takes (N, 4, L) or axes of 1 beside.
        """
        explained = explained_model(
            model,
            x,
            targets=self.targets,
            task_names=self.task_names,
            wrt=self.wrt,
            head=self.head,
            output=self.output,
        )
        self.check(explained)
        self._say_cost(explained)
        if explained.model not in self._agreed:
            check_agreement(explained)
        result = self.warned(self.run(explained))
        self._agreed.add(explained.model)
        return result

    @cached_property
    def _agreed(self) -> WeakSet[Any]:
        """Models explained before, whose graph need not be checked again for other weights."""
        return WeakSet()

    def check(self, explained: ExplainedModel) -> None:
        """Raise InputError where an option does not fit, before anything is computed."""
        self.rows_at_once(explained)

    @abstractmethod
    def run(self, explained: ExplainedModel) -> Attribution:
        """Attribute, with options that fit."""

    def large_delta(self) -> float:
        """Return the relative delta above which a result is warned of."""
        return 1e-3

    def rows_at_once(self, explained: ExplainedModel) -> int:
        """Return how many rows one call of the model gets."""
        return rows_at_once(
            explained.model,
            explained.head,
            explained.x.shape[1],
            batch_size=self.batch_size,
            memory=self.memory,
            copies=self.copies,
            besides=self.held_besides(explained),
        )

    def held_besides(self, explained: ExplainedModel) -> int:
        """Return how many numbers a row holds beside the outputs of the model's layers."""
        return 0

    def result(self, explained: ExplainedModel, **fields: Any) -> Attribution:
        """Return an attribution of this method with other fields of `Attribution`."""
        return Attribution(
            **{
                "method": self.name,
                "target_names": explained.targets.names,
                "output": explained.output,
                **fields,
            }
        )

    def _say_cost(self, explained: ExplainedModel) -> None:
        """Log what many targets take that nobody has chosen."""
        k = len(explained.targets)
        if self.targets is None and k > MANY:
            size = 3 * k * explained.x.nbytes / 1e9  # attributions, hypothetical, multipliers
            _log.warning(
                "%s: all %d outputs of %d sequences are attributed, which takes up to %d times as "
                "long as one and %.2g GB for the results; choose some by targets=",
                self.name,
                k,
                len(explained.x),
                k,
                size,
            )

    def warned(self, result: Attribution) -> Attribution:
        """Warn of incomplete contributions, in the result and the log."""
        found = self.incomplete(result)
        for message in found:
            _log.warning("%s: %s", self.name, message)
        return replace(result, warnings=(*result.warnings, *found))

    def incomplete(self, result: Attribution) -> tuple[str, ...]:
        """Return a sentence where contributions miss the difference of outputs, else nothing."""
        if result.relative_delta is None:
            return ()
        large = self.large_delta()
        beyond = ~(result.relative_delta <= large)
        if not beyond.any():
            return ()
        message = (
            f"contributions miss the difference of outputs by more than {large:g} of it "
            f"in {beyond.mean():.1%} of target, sequence, reference triples "
            f"(at worst {result.relative_delta.max():.2g})"
        )
        return (message,)


@dataclass(frozen=True, kw_only=True, eq=False)
class CorrectedMethod(Method):
    """A method whose values at the four bases of a position may be centred.

    Parameters
    ----------
    gradient_correction
        Whether to subtract the mean over the four bases at each position, since a change that
        leaves one-hot space means nothing (Majdandzic et al. 2023, doi:10.1186/s13059-023-02956-3).
        Contributions then no longer sum to the difference of outputs. Only for one-hot input.
    """

    gradient_correction: bool = False

    def check(self, explained: ExplainedModel) -> None:
        """Refuse the correction where there are no bases."""
        super().check(explained)
        if self.gradient_correction and not explained.is_dna:
            raise InputError(
                "expected gradient_correction only with one-hot input (N, L, 4), "
                f"received an input of other numbers, shape {explained.x.shape}"
            )

    def corrected(self, values: np.ndarray) -> np.ndarray:
        """Return values (..., 4), centred where that is asked for."""
        return values - values.mean(-1, keepdims=True) if self.gradient_correction else values
