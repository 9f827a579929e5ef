"""Long runs that write chunk by chunk, and go on where whole chunks ended.

Beside the result lies a folder while the work goes on: ``run.json`` says what is being made, and
each chunk is a file that appears whole or not. When all are there they are put together, the
result is renamed to its place, and the folder goes. A run that was interrupted finds its chunks
again; one of other models, data or options says so and does not touch them.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.errors import InputError
from chromkeras.files import replacing, write_json
from chromkeras.scoring.layout import Layout

SUFFIX = ".partial"
_RUN = "run.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Chunks:
    """The chunks of one result, in a folder beside it.

    Attributes
    ----------
    out
        File that is being made.
    facts
        What makes it this result and no other, as plain values: models, source, options, part.
    layout
        Its columns.
    rows
        Rows of the source that it is made of, in order.
    size
        Rows of a chunk; the last may have fewer.
    """

    out: Path
    facts: Mapping[str, Any]
    layout: Layout
    rows: range
    size: int

    @property
    def folder(self) -> Path:
        """The folder of the chunks."""
        return self.out.with_name(f".{self.out.name}{SUFFIX}")

    @property
    def count(self) -> int:
        """Chunks in all."""
        return -(-len(self.rows) // self.size)

    def open(self, *, fresh: bool = False) -> int:
        """Make the folder or find it again; return how many chunks are there already.

        Parameters
        ----------
        fresh
            Whether to begin anew in any case.

        Raises
        ------
        InputError
            There are chunks of another run.
        """
        if fresh and self.folder.exists():
            shutil.rmtree(self.folder)
        wanted = self._run()
        if self.folder.exists() and (self.folder / _RUN).exists():
            if _read(self.folder / _RUN) != wanted:
                raise InputError(
                    f"{self.folder} holds part of a run of other models, data or options; give "
                    "`fresh` to begin anew, or choose another `out`"
                )
            done = self._whole()
            if done:
                _log.info("going on: %d of %d chunks are there", done, self.count)
            return done
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / _RUN, wanted)
        return 0

    def part(self, number: int) -> range:
        """Return the rows of a chunk."""
        return self.rows[number * self.size : (number + 1) * self.size]

    def write(self, number: int, piece: Mapping[str, Any]) -> None:
        """Write a chunk; ``piece`` has the columns and matrices of the layout by name."""
        arrays = self.layout.arrays(piece)
        with replacing(self._file(number)) as beside, beside.open("wb") as file:
            np.savez(file, allow_pickle=False, **{f"_{k}": v for k, v in arrays.items()})

    def read(self) -> Iterator[dict[str, np.ndarray]]:
        """Yield the arrays of each chunk in order: text as bytes, matrices (n, K) as float32."""
        for number in range(self.count):
            with np.load(self._file(number), allow_pickle=False) as arrays:
                yield {name[1:]: arrays[name] for name in arrays.files}

    def close(self) -> None:
        """Remove the folder, once the result is in its place."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _whole(self) -> int:
        done = 0
        while done < self.count and self._file(done).exists():
            done += 1
        return done

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:07d}.npz"

    def _run(self) -> dict[str, Any]:
        facts = {
            "facts": self.facts,
            "layout": self.layout.to_json(),
            "rows": [self.rows.start, self.rows.stop],
            "size": self.size,
        }
        return dict(json.loads(json.dumps(facts)))


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
