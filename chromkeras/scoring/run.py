"""One run of predictions: from a source through members to an array or a file."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.errors import InputError
from chromkeras.files import locked
from chromkeras.progress import progress
from chromkeras.scoring.chunks import Chunks
from chromkeras.scoring.contrasts import Target
from chromkeras.scoring.layout import Layout
from chromkeras.scoring.members import Members, Scale, Scores
from chromkeras.scoring.parts import Part
from chromkeras.scoring.source import Block, Source, ahead
from chromkeras.scoring.tables import FORMATS, suffix_of

# Windows that are kept at a time, and written as one chunk.
CHUNK = 4096
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Predicted:
    """What ``predict`` wrote.

    Attributes
    ----------
    out
        Files, in the order of the columns where each has one of its own.
    rows
        Number of rows, each a window or a row of a data set.
    columns
        Tasks and contrasts, with the class where there are classes.
    members
        Number of models whose outputs are averaged.
    scale
        "probability" or "logit".
    calibration
        Of binary labels, for which share of positives the probabilities are given, by member.
    source
        What was read, and how it fits the models.
    part
        Which part of the whole this is, K/N.
    seconds
        Time that it took.
    resumed
        Rows that an interrupted run had left.
    """

    out: tuple[Path, ...]
    rows: int
    columns: tuple[str, ...]
    members: int
    scale: str
    calibration: tuple[str, ...]
    source: str
    part: str
    seconds: float
    resumed: int = 0

    @property
    def rate(self) -> float:
        """Rows a second, of those that were predicted now."""
        return (self.rows - self.resumed) / max(self.seconds, 1e-9)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**self.__dict__, "rows a second": self.rate}


@dataclass(frozen=True, eq=False)
class Run:
    """What is asked for.

    Attributes
    ----------
    members
        Models.
    source
        Where their sequences come from.
    targets
        Tasks and contrasts.
    scale
        "probability" or "logit".
    outputs
        From a block of the source to outputs (M, n, T) or (M, n, T, C).
    batch_size
        Sequences of a pass.
    each
        Whether to keep each member's scores.
    options
        What else makes the scores what they are, as plain values.
    """

    members: Members
    source: Source
    targets: tuple[Target, ...]
    scale: Scale
    outputs: Callable[[Block], np.ndarray]
    batch_size: int
    each: bool
    options: Mapping[str, Any]

    def scores(self, block: Block) -> Scores:
        """Return the scores of a block."""
        outputs = self.outputs(block)
        if not np.isfinite(outputs).all():
            raise InputError(
                "expected finite outputs, received NaN or infinity; are the models' weights whole?"
            )
        return self.members.scores(outputs, self.targets, scale=self.scale)

    def array(self, part: Part) -> np.ndarray:
        """Return the scores of all rows, shape (n, S), or (M, n, S) where ``each``."""
        rows, found = part.rows(self.source.total, self.batch_size), []
        with progress("predicting") as report:
            for block in ahead(self.source.blocks(rows, self._size)):
                scores = self.scores(block)
                found.append(scores.each if self.each else scores.mean)
                report(sum(each.shape[-2] for each in found), len(rows))
        if found:
            return np.concatenate(found, axis=-2)
        columns = len(self.members.headings(self.targets))
        shape = (0, columns)
        return np.zeros((len(self.members), *shape) if self.each else shape)

    def write(self, out: Path, part: Part, *, fresh: bool = False) -> Predicted:
        """Write the scores of a part, or go on with it."""
        with locked(out):
            return self._write(out, part, fresh=fresh)

    def _write(self, out: Path, part: Part, *, fresh: bool) -> Predicted:
        began = time.monotonic()
        write = FORMATS[suffix_of(out)]
        layout = self.layout()
        rows = part.rows(self.source.total, self.batch_size)
        facts = self.facts()
        chunks = Chunks(out, facts | {"part": str(part)}, layout, rows, self._size)
        done = chunks.open(fresh=fresh)
        resumed = min(done * self._size, len(rows))
        left = range(rows.start + resumed, rows.stop)
        with progress("predicting") as report:
            blocks = ahead(self.source.blocks(left, self._size))
            for number, block in zip(range(done, chunks.count), blocks, strict=True):
                chunks.write(number, self._piece(block))
                report(min((number + 1 - done) * self._size, len(left)), len(left))
        files = write(
            out, layout, chunks.read, facts | {"part": str(part), "rows": [rows.start, rows.stop]}
        )
        chunks.close()
        return Predicted(
            out=files,
            rows=len(rows),
            columns=self.members.headings(self.targets),
            members=len(self.members),
            scale=self.scale,
            calibration=self._calibration(),
            source="; ".join(self.source.notes),
            part=str(part),
            seconds=time.monotonic() - began,
            resumed=resumed,
        )

    def layout(self) -> Layout:
        """Return the columns of a table."""
        headings = self.members.headings(self.targets)
        matrices = {"score": headings}
        if len(self.members) > 1:
            matrices["spread"] = tuple(f"{name}_sd" for name in headings)
            for k in range(1, len(self.members) + 1) if self.each else ():
                matrices[f"member_{k}"] = tuple(f"{name}_member{k}" for name in headings)
        return Layout(self.source.columns, matrices, headings)

    def facts(self) -> dict[str, Any]:
        """Return what makes the result what it is, as plain values."""
        tasks = self.members.tasks
        return {
            "command": "predict",
            "version": version("chromkeras"),
            "models": self.members.facts,
            "source": self.source.facts,
            "scale": self.scale,
            "calibration": [prior.to_json(tasks) for prior in self.members.priors],
            **self.options,
        }

    @property
    def _size(self) -> int:
        """Rows of a chunk: whole batches, so that no batch depends on where a run began."""
        return max(CHUNK // self.batch_size, 1) * self.batch_size

    def _piece(self, block: Block) -> dict[str, Any]:
        scores = self.scores(block)
        piece = {**block.columns, "score": scores.mean}
        if len(self.members) > 1:
            piece["spread"] = scores.spread
            for k, one in enumerate(scores.each if self.each else (), 1):
                piece[f"member_{k}"] = one
        return piece

    def _calibration(self) -> tuple[str, ...]:
        if not self.members.problem.logits:
            return ()
        return tuple(prior.text for prior in self.members.priors)
