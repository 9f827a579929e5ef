"""Rows that members of an ensemble were trained on, whose predictions say nothing of new rows."""

import logging

from chromkeras.data.dataset import Dataset
from chromkeras.model_file.card import RunCard

_log = logging.getLogger(__name__)


def seen_rows(card: RunCard, name: str, dataset: Dataset, split: str) -> str:
    """Return a line that says that an ensemble was trained on rows of a split, "" where not so.

    The folds of a cross-validation hold all rows but those of the test split, so each of the others
    trained all members but a few.

    Parameters
    ----------
    card
        Run card of the model.
    name
        Its name, for the line.
    dataset
        Data set that is predicted.
    split
        Split of it that is predicted, or "all".
    """
    if card.networks == 1 or split == "test":
        return ""
    has_tasks = set(card.tasks) <= set(dataset.tasks)
    alike = (dataset, dataset.select_tasks(card.tasks)) if has_tasks else (dataset,)
    if not any(data.was_trained_on(card.fingerprint) for data in alike):
        return ""
    return (
        f"{name}: its members were trained on rows of the {split} split; judge it by the test "
        "split, or by its out-of-fold predictions"
    )


def warn_of_seen_rows(card: RunCard, name: str, dataset: Dataset, split: str) -> None:
    """Log what ``seen_rows`` says, if anything."""
    if text := seen_rows(card, name, dataset, split):
        _log.warning(text)
