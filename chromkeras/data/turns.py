"""Which tasks a batch trains: all of them, or one whose turn it is."""

from typing import Any

import keras
import numpy as np

from chromkeras.data.batches import Batches
from chromkeras.errors import InputError
from chromkeras.names import unknown
from chromkeras.recipe.choices import TECHNIQUES


class TaskTurns(keras.utils.PyDataset):
    """Batches in which the labels of the tasks that have to wait are hidden: not known.

    All techniques see every training row once in an epoch, so at equal epochs they cost the same.

    - "joint": every batch trains all tasks.
    - "one_task": an epoch's batches are cut into T consecutive parts; each part trains one task,
      in an order drawn for every epoch.
    - "round_robin": batch after batch the next task.
    - "warm_start": the first epochs train one task only, the others join later.

    Parameters
    ----------
    batches
        Batches with the labels of all tasks.
    technique
        One of ``TECHNIQUES``.
    task, epochs
        Index of the task that "warm_start" begins with, and for how many epochs.

    Raises
    ------
    InputError
        An unknown technique, or fewer batches than tasks for one that goes through all tasks.

    Notes
    -----
    A hidden label adds nothing to the loss, so only shared weights and those of the active task
    get a gradient; Adam's running means still move the others a little.
    """

    def __init__(self, batches: Batches, technique: str, *, task: int = 0, epochs: int = 0) -> None:
        if technique not in TECHNIQUES:
            raise unknown("technique", technique, TECHNIQUES)
        super().__init__(workers=1, use_multiprocessing=False)
        self.batches, self.technique = batches, technique
        self.warm_task, self.warm_epochs = task, epochs
        self.tasks = batches.dataset.labels.shape[1]
        if technique in ("one_task", "round_robin") and len(batches) < self.tasks:
            raise InputError(
                f"balance.technique {technique}: expected at least as many batches in an epoch as "
                f"tasks ({self.tasks}), received {len(batches)}; lower training.batch_size"
            )

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        """Return inputs, labels, and which are known: those of waiting tasks are not."""
        x, labels, known = self.batches[index]
        task = self.active_task(index)
        if task is None:
            return x, labels, known
        shown = np.zeros_like(known)
        shown[:, task] = known[:, task]
        return x, labels, shown

    def active_task(self, index: int) -> int | None:
        """Return the one task that batch ``index`` of this epoch trains, or None for all."""
        epoch = self.batches.epoch
        if self.technique == "warm_start":
            return self.warm_task if epoch < self.warm_epochs else None
        if self.technique == "round_robin":
            return (index + epoch * len(self)) % self.tasks
        if self.technique == "one_task":
            order = np.random.default_rng([self.batches.seed, epoch, 1]).permutation(self.tasks)
            return int(order[index * self.tasks // len(self)])
        return None

    def on_epoch_end(self) -> None:
        """Go on to the next epoch."""
        self.batches.on_epoch_end()
