"""What a run is made of: one frozen dataclass per concern."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from chromkeras.names import unknown


@dataclass(frozen=True)
class DataRecipe:
    """Augmentation of the training sequences.

    Attributes
    ----------
    reverse_complement
        Show each sequence on a random strand.
    shift
        Shift each sequence by up to this many bases to either side; the gap is filled with N.
    """

    reverse_complement: bool = True
    shift: int = 3


@dataclass(frozen=True)
class ArchitectureRecipe:
    """The column of layers; the defaults are the poster's.

    Attributes
    ----------
    name
        Module in ``chromkeras.architectures``.
    filters, widths, pools
        Number of filters, filter width and pool size of each convolution block.
    dense
        Units of each dense layer.
    padding
        Padding of the convolutions, "valid" or "same".
    first_activation
        Activation after the first convolution, "relu" or "exponential". The exponential makes
        filters read whole motifs (Koo and Ploenzke 2021, Nature Machine Intelligence 3:258).
    dropout
        Dropout rate after each dense layer.
    """

    name: str = "basset"
    filters: tuple[int, ...] = (300, 200, 200)
    widths: tuple[int, ...] = (19, 11, 7)
    pools: tuple[int, ...] = (4, 4, 4)
    dense: tuple[int, ...] = (1000, 1000)
    padding: str = "valid"
    first_activation: str = "relu"
    dropout: float = 0.3


@dataclass(frozen=True)
class SharingRecipe:
    """Which layers tasks share.

    Layers are numbered as on the poster: 1-3 the first convolution, its batch norm and pool,
    4-9 the next two, then the dense layers, last the logits.

    Attributes
    ----------
    depth
        Layers 1 to ``depth`` are shared by all tasks; None takes the plan's own value.
    soft
        Layers after ``depth`` up to this one are soft-shared; None takes the plan's own value.
    strength
        λ, the weight of the soft-sharing penalty.
    p
        Norm of the penalty, at least 1.
    squared
        Use the squared 2-norm.
    """

    depth: int | None = None
    soft: int | None = None
    strength: float = 1e-3
    p: float = 2.0
    squared: bool = False


@dataclass(frozen=True)
class TrainingRecipe:
    """Optimisation and when to stop.

    Attributes
    ----------
    loss
        "rebalanced" (the poster's: classes weighted by ρ) or "plain".
    optimizer
        "adam", "rmsprop" or "sgd".
    learning_rate
        The first learning rate.
    schedule
        "cosine" (down to zero over ``epochs``) or "constant".
    weight_decay
        Decoupled weight decay.
    batch_size, epochs
        Sequences in a step; passes over the training split.
    patience
        Stop when the validation AUROC has not risen for this many epochs.
    seed
        Seed of weights, dropout, order and augmentation.
    """

    loss: str = "rebalanced"
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    weight_decay: float = 0.0
    batch_size: int = 64
    epochs: int = 15
    patience: int = 5
    seed: int = 0


@dataclass(frozen=True)
class Recipe:
    """A whole run."""

    plan: str = "hard"
    data: DataRecipe = field(default_factory=DataRecipe)
    architecture: ArchitectureRecipe = field(default_factory=ArchitectureRecipe)
    sharing: SharingRecipe = field(default_factory=SharingRecipe)
    training: TrainingRecipe = field(default_factory=TrainingRecipe)

    def __post_init__(self) -> None:
        check_recipe(self)

    def to_dict(self) -> dict[str, Any]:
        """Return nested plain values, as JSON and Keras configs want them."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain


PLANS = ("hard", "single", "soft", "basset")
SECTIONS = ("data", "architecture", "sharing", "training")
CHOICES = {
    "plan": PLANS,
    "architecture.padding": ("valid", "same"),
    "architecture.first_activation": ("relu", "exponential"),
    "training.loss": ("rebalanced", "plain"),
    "training.optimizer": ("adam", "rmsprop", "sgd"),
    "training.schedule": ("cosine", "constant"),
}


def check_recipe(recipe: Recipe) -> None:
    """Raise ``ValueError`` for values that no run could use."""
    values = {f"{s}.{k}": v for s in SECTIONS for k, v in asdict(getattr(recipe, s)).items()}
    values["plan"] = recipe.plan
    for key, choices in CHOICES.items():
        if values[key] not in choices:
            raise unknown(key, values[key], choices)
    at_least = {
        "data.shift": 0,
        "sharing.strength": 0.0,
        "sharing.p": 1.0,
        "training.weight_decay": 0.0,
        "training.batch_size": 1,
        "training.epochs": 1,
        "training.patience": 1,
        "training.seed": 0,
    }
    for key, least in at_least.items():
        if not least <= values[key] < float("inf"):
            raise ValueError(f"{key}: expected at least {least}, received {values[key]}")
    if values["training.seed"] >= 2**32:
        raise ValueError(f"training.seed: expected below 2^32, received {values['training.seed']}")
    if not 0 < values["training.learning_rate"] < float("inf"):
        raise ValueError(
            f"training.learning_rate: expected above 0, received {values['training.learning_rate']}"
        )
    if not 0 <= values["architecture.dropout"] < 1:
        raise ValueError(
            "architecture.dropout: expected 0 to below 1, received "
            f"{values['architecture.dropout']}"
        )
    _check_column(recipe.architecture)


def _check_column(column: ArchitectureRecipe) -> None:
    lengths = {len(column.filters), len(column.widths), len(column.pools)}
    if len(lengths) != 1 or not column.filters:
        raise ValueError(
            "expected as many architecture.filters as widths and pools, received "
            f"{len(column.filters)}, {len(column.widths)} and {len(column.pools)}"
        )
    numbers = (*column.filters, *column.widths, *column.pools, *column.dense)
    if min(numbers) < 1:
        raise ValueError(f"architecture: expected sizes of at least 1, received {min(numbers)}")
