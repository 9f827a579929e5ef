"""Clustering of tasks into groups by their labels, or by the gradients of a short run."""

from dataclasses import replace

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import squareform

from chromkeras.data.dataset import Dataset
from chromkeras.recipe.recipe import Recipe
from chromkeras.sharing.plan import sharing_plan
from chromkeras.sharing.task_groups import clusters, groups_text, task_groups
from chromkeras.training.gradient_similarity import gradient_similarity

CHUNK = 65536


def resolve_groups(recipe: Recipe, dataset: Dataset) -> Recipe:
    """Return the recipe with ``sharing.groups`` written out by task names.

    "labels:N" and "gradients:N" become N groups by average-linkage clustering of the tasks with
    the distance 1 - similarity: the correlation of their labels (``label_correlation``), or the
    cosine of their gradients (``gradient_similarity``). Names, or none, stay as they are.

    Parameters
    ----------
    recipe
        Recipe to train by.
    dataset
        Data set, of which only the training split is used.

    Raises
    ------
    InputError
        N is out of range, a task is unknown or named twice, or no layer is grouped.
    """
    sharing_plan(recipe)
    asked = clusters(recipe.sharing.groups, len(dataset.tasks))
    if asked is None:
        if recipe.sharing.groups.strip():
            task_groups(recipe.sharing.groups, dataset.tasks)
        return recipe
    by, count = asked
    if count in (1, len(dataset.tasks)):
        groups = np.arange(len(dataset.tasks)) % count
    elif by == "labels":
        groups = cluster(label_correlation(dataset), count)
    else:
        groups = cluster(gradient_similarity(recipe, dataset), count)
    text = groups_text(groups.tolist(), dataset.tasks)
    return replace(recipe, sharing=replace(recipe.sharing, groups=text))


def cluster(similarity: np.ndarray, count: int) -> np.ndarray:
    """Return groups of tasks by average linkage with the distance 1 - similarity.

    Parameters
    ----------
    similarity
        Shape (T, T), symmetric, at most 1.
    count
        Number of groups, 1 to T; there are exactly as many, also with equal distances.

    Returns
    -------
    np.ndarray
        Shape (T,), int64, from 0.
    """
    distance = np.maximum(1.0 - similarity, 0.0)
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), method="average")
    groups: np.ndarray = cut_tree(tree, n_clusters=count)[:, 0]
    return groups


def label_correlation(dataset: Dataset) -> np.ndarray:
    """Return the correlation of the tasks' labels over the training split.

    Of each pair of tasks the rows count where both labels are known. Where fewer than two are,
    or one of the tasks does not vary on them, the correlation is 0.

    Returns
    -------
    np.ndarray
        Shape (T, T), float64.
    """
    tasks, rows = len(dataset.tasks), dataset.rows("train")
    count, total, squares, products = np.zeros((4, tasks, tasks))
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        known = dataset.known[some].astype(np.float64)
        values = dataset.labels[some].astype(np.float64)  # 0 where unknown
        count += known.T @ known
        total += values.T @ known
        squares += (values**2).T @ known
        products += values.T @ values
    spread = count * squares - total**2
    scale = np.sqrt(np.maximum(spread, 0.0) * np.maximum(spread.T, 0.0))
    covariance = count * products - total * total.T
    return np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)
