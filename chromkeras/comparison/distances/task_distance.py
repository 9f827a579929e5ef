"""Distance between the tasks' own networks, beside the correlation of their labels."""

from dataclasses import dataclass

import keras
import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import pdist, squareform
from scipy.stats import rankdata, spearmanr

from chromkeras.comparison.core.comparison import ComparedModel
from chromkeras.data.dataset import Dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.evaluate import match_tasks
from chromkeras.sharing.model_layers import LayerRows, layer_rows, layer_table
from chromkeras.training.groups import label_correlation

PERMUTATIONS = 9999


@dataclass(frozen=True, eq=False)
class TaskDistance:
    """Distances of networks and correlation of labels, both for the model's tasks.

    Attributes
    ----------
    model
        Its name.
    tasks
        T names.
    layers
        Names of the layers whose weights count.
    distance
        Shape (T, T), float64: d(W_i, W_k).
    order
        Shape (T,), int64: tasks as the leaves of average linkage, near ones side by side.
    label_correlation
        Shape (T, T), float64: φ over the known labels of the training split.
    mantel
        How well the two agree.
    """

    model: str
    tasks: tuple[str, ...]
    layers: tuple[str, ...]
    distance: np.ndarray
    order: np.ndarray
    label_correlation: np.ndarray
    mantel: "Mantel"


@dataclass(frozen=True)
class Mantel:
    """Mantel's test of two distance matrices.

    Attributes
    ----------
    correlation
        Spearman's, of the distances of all pairs; NaN for fewer than 3 tasks, or equal distances.
    p_value
        One-sided: share of permutations of the tasks with as high a correlation.
    """

    correlation: float
    p_value: float


def task_distance(
    model: ComparedModel,
    dataset: Dataset,
    *,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> TaskDistance:
    """Measure the distances between the tasks' own networks in the convolution blocks.

    The layers are those of the backbone of which tasks, or groups of tasks, have their own, with
    the norms of the summaries; d is the recipe's ``sharing.p`` norm of the difference
    of all their trained weights as one vector, or the squared 2-norm. For a soft-shared model its
    sum over pairs is the penalty's.

    Parameters
    ----------
    model
        A model of ours.
    dataset
        With its tasks; labels of the training split are compared.
    seed, permutations
        Seed of the permutations of Mantel's test, and their number.

    Raises
    ------
    InputError
        All tasks share all these layers, or the data lack a task.

    Notes
    -----
    Networks that started from draws of their own may do the same with their filters in another
    order, and are then far from each other: a distance tells of likeness only where λ or a
    common start keeps the order.
    """
    tasks = model.tasks
    rows = own_layers(model)
    if not rows:
        raise InputError(
            f"model {model.name}: all tasks share the backbone; expected a model whose "
            "tasks have some of them to themselves"
        )
    sharing = model.recipe.sharing
    weights = np.concatenate([_by_task(each, tasks) for each in rows.values()], axis=1)
    distance = distances(weights, p=sharing.p, squared=sharing.squared)
    phi = label_correlation(match_tasks(dataset, tasks))
    test = mantel(distance, 1.0 - phi, seed=seed, permutations=permutations)
    return TaskDistance(model.name, tasks, tuple(rows), distance, leaf_order(distance), phi, test)


def own_layers(model: ComparedModel) -> dict[str, LayerRows]:
    """Return the layers of the backbone of which there are several networks, by name."""
    # A summary has the number of the pool after it, which is of the backbone too.
    backbone = layer_table(model.network).backbone
    return {
        name: rows
        for name, rows in layer_rows(model.network).items()
        if rows.entry.number <= backbone and rows.stacked and len(rows.readers) > 1
    }


def distances(weights: np.ndarray, *, p: float = 2.0, squared: bool = False) -> np.ndarray:
    """Return the ℓ_p norms of the differences of rows.

    Parameters
    ----------
    weights
        Shape (T, n).
    p
        At least 1.
    squared
        The squared 2-norm instead.

    Returns
    -------
    np.ndarray
        Shape (T, T), float64.
    """
    values = np.asarray(weights, np.float64)
    metric = {"metric": "sqeuclidean"} if squared else {"metric": "minkowski", "p": p}
    result: np.ndarray = squareform(pdist(values, **metric), checks=False)
    return result.reshape(len(values), len(values))


def leaf_order(distance: np.ndarray) -> np.ndarray:
    """Return the rows of a distance matrix (T, T) in the order of average linkage's leaves."""
    if len(distance) < 3:
        return np.arange(len(distance))
    tree = linkage(squareform(distance, checks=False), method="average", optimal_ordering=True)
    return leaves_list(tree).astype(np.int64)


def mantel(
    first: np.ndarray, second: np.ndarray, *, seed: int, permutations: int = PERMUTATIONS
) -> Mantel:
    """Test whether two matrices of distances between the same things agree.

    Mantel 1967 (Cancer Research 27:209), with Spearman's correlation.

    Parameters
    ----------
    first, second
        Shape (T, T), symmetric.
    seed
        Seed of the permutations.
    permutations
        How many, at least 1.

    Raises
    ------
    InputError
        The shapes differ, or there are no permutations.
    """
    if first.shape != second.shape or first.ndim != 2 or first.shape[0] != first.shape[1]:
        raise InputError(
            f"expected two square matrices of one shape, received {first.shape} and {second.shape}"
        )
    if permutations < 1:
        raise InputError(f"expected at least 1 permutation, received {permutations}")
    upper = np.triu_indices(len(first), k=1)
    a, b = first[upper], second[upper]
    if len(first) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Mantel(float("nan"), float("nan"))
    correlation = float(spearmanr(a, b)[0])
    ranks = np.zeros(second.shape)
    ranks[upper] = rankdata(b) - (len(b) + 1) / 2
    ranks += ranks.T
    centred = rankdata(a) - (len(a) + 1) / 2
    random, observed = np.random.default_rng(seed), float(centred @ ranks[upper])
    orders = (random.permutation(len(first)) for _ in range(permutations))
    as_high = sum(
        float(centred @ ranks[np.ix_(order, order)][upper]) >= observed - 1e-9 for order in orders
    )
    return Mantel(correlation, (1 + as_high) / (1 + permutations))


def _by_task(rows: LayerRows, tasks: tuple[str, ...]) -> np.ndarray:
    """Return the trained weights of each task's network in a layer, shape (T, n)."""
    networks = len(rows.readers)
    stacked = np.concatenate(
        [
            keras.ops.convert_to_numpy(variable).reshape(networks, -1)
            for variable in rows.layer.trainable_variables
        ],
        axis=1,
    )
    places = [rows.row_of(task) or 0 for task in tasks]
    return stacked[places]
