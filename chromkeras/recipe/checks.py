"""Which values a recipe may hold."""

from typing import Any

from chromkeras.conflict.registry import method_names
from chromkeras.errors import InputError
from chromkeras.names import unknown

PLANS = ("hard", "single", "soft", "basset")
CHOICES = {
    "plan": PLANS,
    "architecture.padding": ("valid", "same"),
    "architecture.first_activation": ("relu", "exponential"),
    "architecture.initializer": (
        "glorot_uniform",
        "glorot_normal",
        "he_uniform",
        "he_normal",
        "orthogonal",
    ),
    "sharing.schedule": ("constant", "rising", "falling"),
    "balance.technique": ("joint", "one_task", "round_robin", "warm_start"),
    "balance.weighting": ("equal", "uncertainty", "gradnorm", "dwa"),
    "balance.conflict": method_names(),
    "training.loss": ("rebalanced", "plain"),
    "training.optimizer": ("adam", "rmsprop", "sgd"),
    "training.schedule": ("cosine", "constant"),
    "training.precision": ("float32", "bfloat16"),
}
AT_LEAST = {
    "data.shift": 0,
    "sharing.grouped": 0,
    "sharing.strength": 0.0,
    "sharing.p": 1.0,
    "transfer.freeze": 0,
    "balance.warm_epochs": 1,
    "training.weight_decay": 0.0,
    "training.batch_size": 1,
    "training.epochs": 1,
    "training.patience": 1,
    "training.accumulate": 1,
    "training.seed": 0,
}
COLUMN = ("architecture.filters", "architecture.widths", "architecture.pools")


def check_values(values: dict[str, Any]) -> None:
    """Raise ``InputError`` for values, by "section.key", that no run could use."""
    for key, choices in CHOICES.items():
        if values[key] not in choices:
            raise unknown(key, values[key], choices)
    for key, least in AT_LEAST.items():
        if not least <= values[key] < float("inf"):
            raise InputError(f"{key}: expected at least {least}, received {values[key]}")
    _check(values, "training.seed", values["training.seed"] < 2**32, "below 2^32")
    rate = values["training.learning_rate"]
    _check(values, "training.learning_rate", 0 < rate < float("inf"), "above 0")
    _check(values, "data.background", 0 <= values["data.background"] <= 1, "0 to 1")
    _check(values, "architecture.dropout", 0 <= values["architecture.dropout"] < 1, "0 to below 1")
    _check_column(values)
    _check_pairs(values)


def _check_pairs(values: dict[str, Any]) -> None:
    """Raise ``InputError`` for values that do not go together."""
    if values["sharing.squared"] and values["sharing.p"] != 2:
        raise InputError(f"sharing.squared: expected sharing.p = 2, received {values['sharing.p']}")
    technique = values["balance.technique"]
    if values["balance.weighting"] == "gradnorm" and technique in ("one_task", "round_robin"):
        raise InputError(
            "balance.weighting gradnorm: expected batches that train several tasks, received "
            f"balance.technique {technique}"
        )
    if values["transfer.init"] and values["architecture.motifs"]:
        raise InputError(
            "expected transfer.init or architecture.motifs to say how filters start, received both"
        )


def _check(values: dict[str, Any], key: str, good: bool, expected: str) -> None:
    if not good:
        raise InputError(f"{key}: expected {expected}, received {values[key]}")


def _check_column(values: dict[str, Any]) -> None:
    filters, widths, pools = (values[key] for key in COLUMN)
    if len({len(filters), len(widths), len(pools)}) != 1 or not filters:
        raise InputError(
            "expected as many architecture.filters as widths and pools, received "
            f"{len(filters)}, {len(widths)} and {len(pools)}"
        )
    smallest = min((*filters, *widths, *pools, *values["architecture.dense"]))
    if smallest < 1:
        raise InputError(f"architecture: expected sizes of at least 1, received {smallest}")
