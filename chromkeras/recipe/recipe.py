"""What a run is made of: one frozen dataclass per concern."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from chromkeras.recipe.checks import check_values

SECTIONS = ("data", "architecture", "sharing", "transfer", "balance", "training")


@dataclass(frozen=True)
class DataRecipe:
    """Augmentation of the training sequences.

    Attributes
    ----------
    reverse_complement
        Show each sequence on a random strand.
    shift
        Shift each sequence by up to this many bases to either side; the gap is filled with N.
    background
        Share of the background rows that an epoch shows, drawn anew for each. Fewer of them
        turn a model from what an element is to which tasks it is open in.
    """

    reverse_complement: bool = True
    shift: int = 3
    background: float = 1.0


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
    summary
        Let the dense layers also read the mean over positions of each block's activations:
        how dense a pattern is in the sequence, which max-pooling throws away.
    dropout
        Dropout rate after each dense layer.
    initializer
        How kernels are drawn, "glorot_uniform", "glorot_normal", "he_uniform", "he_normal" or
        "orthogonal".
    motifs
        MEME file whose PWMs the first-layer filters start from; "" draws them all.
    """

    name: str = "basset"
    filters: tuple[int, ...] = (300, 200, 200)
    widths: tuple[int, ...] = (19, 11, 7)
    pools: tuple[int, ...] = (4, 4, 4)
    dense: tuple[int, ...] = (1000, 1000)
    padding: str = "valid"
    first_activation: str = "relu"
    summary: bool = False
    dropout: float = 0.3
    initializer: str = "glorot_uniform"
    motifs: str = ""


@dataclass(frozen=True)
class SharingRecipe:
    """Which layers tasks share.

    Layers are numbered as on the poster: 1-3 the first convolution, its batch norm and pool,
    4-9 the next two, then the dense layers, last the logits.

    Attributes
    ----------
    depth
        Layers 1 to ``depth`` are shared by all tasks; None takes the plan's own value.
    grouped
        Layers after ``depth`` up to this one are shared by the tasks of a group.
    groups
        The groups: "a,b;c,d" by task name (tasks that are not named form the last group),
        "labels:N" or "gradients:N" to cluster the tasks into N groups.
    soft
        Layers after these up to this one are soft-shared; None takes the plan's own value.
    same_start
        Start every task's own layers from one draw instead of each from its own.
    strength
        λ, the weight of the soft-sharing penalty.
    schedule
        λ over the epochs: "constant", "rising" (linearly from 0) or "falling" (linearly to 0).
    p
        Norm of the penalty, at least 1.
    squared
        Use the squared 2-norm.
    """

    depth: int | None = None
    grouped: int = 0
    groups: str = ""
    soft: int | None = None
    same_start: bool = False
    strength: float = 1e-3
    schedule: str = "constant"
    p: float = 2.0
    squared: bool = False


@dataclass(frozen=True)
class TransferRecipe:
    """Where the weights come from before training.

    Attributes
    ----------
    init
        A trained model of the same column to start from; "" starts from random weights.
    task
        The one task of that model to start every task from; "" takes each task's own.
    freeze
        Layers 1 to this one are not trained.
    """

    init: str = ""
    task: str = ""
    freeze: int = 0


@dataclass(frozen=True)
class BalanceRecipe:
    """How the tasks take turns, and how their losses and gradients are put together.

    Attributes
    ----------
    technique
        "joint" (every batch trains all tasks), "one_task" (in each epoch one task after the
        other), "round_robin" (batch after batch the next task) or "warm_start" (the first
        epochs train one task, the others join later).
    warm_task, warm_epochs
        The task that "warm_start" begins with ("" is the first one), and for how long.
    weighting
        Weights of the tasks' losses: "equal", "uncertainty", "gradnorm" or "dwa".
    conflict
        How the gradients are merged where layers shared by all tasks end: "sum" or the name of a
        module in ``chromkeras.conflict``. Tasks of a group count as one there. Plans without
        layers shared by all tasks have nothing to merge.
    """

    technique: str = "joint"
    warm_task: str = ""
    warm_epochs: int = 2
    weighting: str = "equal"
    conflict: str = "sum"


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
    accumulate
        Batches whose gradients are averaged before a step.
    precision
        "float32" or "bfloat16" (computation; weights stay float32).
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
    accumulate: int = 1
    precision: str = "float32"
    seed: int = 0


@dataclass(frozen=True)
class Recipe:
    """A whole run."""

    plan: str = "hard"
    data: DataRecipe = field(default_factory=DataRecipe)
    architecture: ArchitectureRecipe = field(default_factory=ArchitectureRecipe)
    sharing: SharingRecipe = field(default_factory=SharingRecipe)
    transfer: TransferRecipe = field(default_factory=TransferRecipe)
    balance: BalanceRecipe = field(default_factory=BalanceRecipe)
    training: TrainingRecipe = field(default_factory=TrainingRecipe)

    def __post_init__(self) -> None:
        check_values(
            {"plan": self.plan}
            | {f"{s}.{k}": v for s in SECTIONS for k, v in asdict(getattr(self, s)).items()}
        )

    def to_dict(self) -> dict[str, Any]:
        """Return nested plain values, as JSON and Keras configs want them."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain
