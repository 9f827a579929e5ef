"""Recipe: the settings of a run, one frozen dataclass per concern.

Choices and limits stand in the metadata of the fields, from where checks, help texts and
documentation take them.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from chromkeras.architectures.options import Options, check_fields
from chromkeras.errors import InputError
from chromkeras.names import unknown
from chromkeras.recipe import choices
from chromkeras.recipe.choices import DEFAULT_ARCHITECTURE
from chromkeras.registry import ARCHITECTURES, CONFLICT_METHODS, LOSSES

SECTIONS = ("data", "architecture", "sharing", "transfer", "balance", "training")


def _choice(default: str, names: Any) -> Any:
    return field(default=default, metadata={"choices": names})


def _number(default: Any, **limits: float) -> Any:
    return field(default=default, metadata=limits)


@dataclass(frozen=True)
class DataRecipe:
    """Augmentation of the training sequences.

    Attributes
    ----------
    reverse_complement
        Whether to show each sequence on a random strand.
    shift
        Largest number of bases by which each sequence is shifted to either side; the gap is filled
        with N.
    background
        Share of the background rows that an epoch shows, drawn anew for each. With
        fewer of them a model learns less what an element is, and more in which tasks it is open.
    together
        Number of rows of the same DNA, such as a gene in several conditions, that come one after
        the other in an epoch. Above 1, what reads the DNA is computed once for all rows of a batch
        that share it.
    """

    reverse_complement: bool = True
    shift: int = _number(3, least=0)
    background: float = _number(1.0, least=0, most=1)
    together: int = _number(1, least=1)


@dataclass(frozen=True)
class SharingRecipe:
    """Sharing of layers by the tasks.

    Layers are numbered in the order in which the architecture asks for them, in Basset as on
    the poster: 1-3 the first convolution, its batch norm and pool, 4-9 the next two, then the dense
    layers, last the logits.

    Attributes
    ----------
    depth
        Number of the last layer that all tasks share; None takes the plan's own value.
    grouped
        Number of the last layer that the tasks of a group share, after ``depth``.
    groups
        Groups of tasks: "a,b;c,d" by task name (tasks that are not named form the last group),
        "labels:N" or "gradients:N" to cluster the tasks into N groups.
    soft
        Number of the last layer that is soft-shared, after these; None takes the plan's own value.
    same_start
        Whether every task's own layers start from one draw instead of each from its own.
    strength
        Weight λ of the soft-sharing penalty.
    schedule
        Schedule of λ over the epochs: "constant", "rising" (linearly from 0) or "falling"
        (linearly to 0).
    p
        Order of the penalty's norm, at least 1.
    squared
        Whether to use the squared 2-norm.
    """

    depth: int | None = None
    grouped: int = _number(0, least=0)
    groups: str = ""
    soft: int | None = None
    same_start: bool = False
    strength: float = _number(1e-3, least=0.0)
    schedule: str = _choice("constant", choices.PENALTY_SCHEDULES)
    p: float = _number(2.0, least=1.0)
    squared: bool = False


@dataclass(frozen=True)
class TransferRecipe:
    """Transfer: the weights that training starts from.

    Attributes
    ----------
    init
        Trained model of the same architecture to start from; "" starts from random weights.
    task
        Task of that model to start every task from; "" takes each task's own.
    freeze
        Number of the last layer, from 1, that is not trained.
    modules
        Trained models of single modules of the architecture, each of which gives that module.
    """

    init: str = ""
    task: str = ""
    freeze: int = _number(0, least=0)
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class BalanceRecipe:
    """Balance of the tasks: their turns, the weights of their losses, their gradients.

    Attributes
    ----------
    technique
        Order of the tasks: "joint" (every batch trains all tasks), "one_task" (in each epoch one
        task after the other), "round_robin" (batch after batch the next task) or "warm_start" (the
        first epochs train one task, the others join later).
    warm_task, warm_epochs
        Task that "warm_start" begins with ("" is the first one), and number of its epochs.
    weighting
        Weights of the tasks' losses: "equal", "uncertainty", "gradnorm" or "dwa".
    conflict
        Method that merges the gradients where layers shared by all tasks end: "sum" or the name of
        another module in ``chromkeras.conflict``. Tasks of a group count as one there. Plans
        without layers shared by all tasks have nothing to merge.
    """

    technique: str = _choice("joint", choices.TECHNIQUES)
    warm_task: str = ""
    warm_epochs: int = _number(2, least=1)
    weighting: str = _choice("equal", choices.WEIGHTINGS)
    conflict: str = _choice("sum", CONFLICT_METHODS.names)


def _losses() -> tuple[str, ...]:
    return (choices.AUTO, *LOSSES.names())


@dataclass(frozen=True)
class TrainingRecipe:
    """Optimisation and early stopping.

    Attributes
    ----------
    loss
        Name of a module in ``chromkeras.losses``, of the data set's problem; "auto" takes the
        problem's own: "rebalanced" (the poster's: classes weighted by ρ), "mse" or
        "crossentropy".
    optimizer
        Name of the optimizer: "adam", "rmsprop" or "sgd".
    learning_rate
        Learning rate at the beginning.
    schedule
        Schedule of the learning rate: "cosine" (down to zero over ``epochs``) or "constant".
    weight_decay
        Rate of the decoupled weight decay.
    l1, l2
        Weights of the sums of absolute values and of squares of all kernels in the loss.
    batch_size, epochs
        Number of sequences in a step, and of passes over the training split.
    patience
        Number of epochs without a better validation score before training stops.
    accumulate
        Number of batches whose gradients are averaged before a step.
    precision
        Precision of computation: "float32" or "bfloat16" (computation; weights stay float32).
    seed
        Seed of weights, dropout, order and augmentation.
    """

    loss: str = _choice(choices.AUTO, _losses)
    optimizer: str = _choice("adam", choices.OPTIMIZERS)
    learning_rate: float = _number(1e-3, above=0)
    schedule: str = _choice("cosine", choices.RATE_SCHEDULES)
    weight_decay: float = _number(0.0, least=0.0)
    l1: float = _number(0.0, least=0.0)
    l2: float = _number(0.0, least=0.0)
    batch_size: int = _number(64, least=1)
    epochs: int = _number(15, least=1)
    patience: int = _number(5, least=1)
    accumulate: int = _number(1, least=1)
    precision: str = _choice("float32", choices.PRECISIONS)
    seed: int = field(default=0, metadata={"least": 0, "below": 2**32})


def architecture_options(name: str = DEFAULT_ARCHITECTURE) -> Options:
    """Return the default options of an architecture."""
    options: Options = ARCHITECTURES.get(name).Options(name=name)
    return options


@dataclass(frozen=True)
class Recipe:
    """Recipe of a run.

    Examples
    --------
    >>> recipe = Recipe("soft")
    >>> recipe.architecture.name, recipe.training.epochs
    ('basset', 15)
    """

    plan: str = "hard"
    data: DataRecipe = field(default_factory=DataRecipe)
    architecture: Options = field(default_factory=architecture_options)
    sharing: SharingRecipe = field(default_factory=SharingRecipe)
    transfer: TransferRecipe = field(default_factory=TransferRecipe)
    balance: BalanceRecipe = field(default_factory=BalanceRecipe)
    training: TrainingRecipe = field(default_factory=TrainingRecipe)

    def __post_init__(self) -> None:
        if self.plan not in choices.PLANS:
            raise unknown("plan", self.plan, choices.PLANS)
        for section in SECTIONS:
            if section != "architecture":  # its options check themselves
                check_fields(section, getattr(self, section))
        self._check_pairs()

    def _check_pairs(self) -> None:
        """Raise ``InputError`` for values that do not go together."""
        sharing, balance = self.sharing, self.balance
        if sharing.squared and sharing.p != 2:
            raise InputError(f"sharing.squared: expected sharing.p = 2, received {sharing.p}")
        if balance.weighting == "gradnorm" and balance.technique in ("one_task", "round_robin"):
            raise InputError(
                "balance.weighting gradnorm: expected batches that train several tasks, received "
                f"balance.technique {balance.technique}"
            )
        if self.transfer.init and self.transfer.modules:
            raise InputError("expected transfer.init or transfer.modules, received both")
        if self.transfer.init and self.architecture.motifs:
            raise InputError(
                "expected transfer.init or architecture.motifs to say how filters start, "
                "received both"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return nested plain values, as JSON and Keras configs want them."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    def with_values(self, section: str, **values: Any) -> "Recipe":
        """Return the recipe with some values of one section changed."""
        changes: dict[str, Any] = {section: replace(getattr(self, section), **values)}
        return replace(self, **changes)
