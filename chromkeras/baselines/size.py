"""How large a baseline is before it is fitted: rows, features, memory and its file."""

from dataclasses import dataclass

from chromkeras.baselines.linear import fitted_rows
from chromkeras.baselines.options import Options
from chromkeras.data.dataset import Dataset
from chromkeras.registry import BASELINES


@dataclass(frozen=True)
class BaselineSize:
    """Size of a baseline.

    Attributes
    ----------
    name
        Name of the baseline.
    rows, features, tasks
        Numbers of training rows, features and tasks.
    memory
        Bytes of the features and what is computed of them, roughly; the program and its data come
        on top.
    file
        Bytes of the model file, roughly.
    """

    name: str
    rows: int
    features: int
    tasks: int
    memory: int
    file: int

    def __str__(self) -> str:
        """Return a line for a person."""
        return (
            f"{self.name}: {self.rows:,} rows, {self.features:,} features, {self.tasks} tasks; "
            f"about {self.memory / 1e9:.2g} GB beyond the program and its data, a file of about "
            f"{self.file / 1e6:.2g} MB; its time is shown as it goes"
        )


def baseline_size(dataset: Dataset, options: Options) -> BaselineSize:
    """Count rows and features of a baseline, and estimate its memory.

    Parameters
    ----------
    dataset, options
        As for ``train_baseline``.
    """
    module = BASELINES.get(options.name)
    train, valid = (fitted_rows(dataset, options, split) for split in ("train", "valid"))
    features, tasks = module.feature_count(dataset, options), len(dataset.tasks)
    rows = len(train) + len(valid)
    memory, weights = module.memory(dataset, options, rows, tasks)
    return BaselineSize(options.name, len(train), features, tasks, memory, 4 * weights)
