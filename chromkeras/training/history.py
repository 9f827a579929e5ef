"""History of a run: one row an epoch, kept as CSV from the first epoch on."""

import csv
import os
import time
from pathlib import Path
from typing import Any

import keras

from chromkeras.files import replacing


class History(keras.callbacks.Callback):
    """Keep the epochs' logs, and write them to a CSV file after every epoch.

    Parameters
    ----------
    path
        CSV file to write; columns ``epoch`` (from 1), ``seconds``, then the logs. It is replaced
        whole each time, so a reader always finds complete rows. None writes none.
    rows
        Rows of the epochs before, when a run is resumed.
    """

    def __init__(self, path: str | os.PathLike[str] | None, rows: list[dict[str, Any]]) -> None:
        super().__init__()
        self.path, self.rows = path, list(rows)
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add a row and write the file."""
        seconds = round(time.monotonic() - self._began, 2)
        self.rows.append({"epoch": epoch + 1, "seconds": seconds, **(logs or {})})
        if self.path is not None:
            self.write(Path(self.path))

    def write(self, path: Path) -> None:
        """Write the rows so far to a file."""
        with replacing(path) as beside, beside.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)
