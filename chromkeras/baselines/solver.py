"""Fit linear models of several tasks at once: ½‖w‖² + C Σ loss, by L-BFGS with exact steps.

All tasks read the same features, so one pass over these serves all. The features may be known by a
kernel alone: a weight vector is then a sum of the rows' features, w = Σ αᵢ φᵢ, and its image, the
products with all rows, is K α (Chapelle 2007, Neural Computation 19:1155, trains support vector
machines in the primal so). With the image of each direction at hand, a step along it costs no
further pass, and its best length is found by Newton's method on a line.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

MEMORY = 10
MOST_ITERATIONS = 500
_STEPS = 12


class Space(Protocol):
    """Features of n rows; a weight vector is described by coefficients (m, T)."""

    size: int
    rows: int

    def image(self, coefficients: np.ndarray) -> np.ndarray:
        """Return w · φᵢ for every row, shape (n, T)."""

    def pulled(self, pull: np.ndarray) -> np.ndarray:
        """Return the coefficients (m, T) of Σ pullᵢ φᵢ, for a pull of shape (n, T)."""

    def inner(self, first: "Vector", second: "Vector") -> np.ndarray:
        """Return the inner products of two weight vectors without their biases, shape (T,)."""


@dataclass(frozen=True, eq=False)
class Vector:
    """Weight vector and bias of every task.

    Attributes
    ----------
    coefficients
        Shape (m, T).
    image
        Shape (n, T): its product with the features of each row, without the bias.
    bias
        Shape (T,).
    """

    coefficients: np.ndarray
    image: np.ndarray
    bias: np.ndarray

    @property
    def scores(self) -> np.ndarray:
        """Scores of all rows, shape (n, T)."""
        return self.image + self.bias

    def plus(self, other: "Vector", times: np.ndarray | float) -> "Vector":
        """Return the sum with a multiple, of shape (T,), of another."""
        return Vector(
            self.coefficients + times * other.coefficients,
            self.image + times * other.image,
            self.bias + times * other.bias,
        )

    def times(self, factor: np.ndarray | float) -> "Vector":
        """Return a multiple, by a factor for each task."""
        return Vector(self.coefficients * factor, self.image * factor, self.bias * factor)

    def of(self, tasks: np.ndarray) -> "Vector":
        """Return the vectors of some tasks, by their places."""
        return Vector(self.coefficients[:, tasks], self.image[:, tasks], self.bias[tasks])


class Explicit:
    """Features in memory.

    Parameters
    ----------
    features
        Shape (n, F), float32.
    """

    def __init__(self, features: np.ndarray) -> None:
        self.features = features
        self.rows, self.size = features.shape

    def image(self, coefficients: np.ndarray) -> np.ndarray:
        """Return features · w, shape (n, T)."""
        found: np.ndarray = (self.features @ coefficients.astype(np.float32)).astype(np.float64)
        return found

    def pulled(self, pull: np.ndarray) -> np.ndarray:
        """Return featuresᵀ · pull, shape (F, T)."""
        found: np.ndarray = (self.features.T @ pull.astype(np.float32)).astype(np.float64)
        return found

    def inner(self, first: Vector, second: Vector) -> np.ndarray:
        """Return the products of weights, shape (T,)."""
        return np.einsum("ft,ft->t", first.coefficients, second.coefficients)


class Kernel:
    """Features that are known by their kernel, the mean of the rows taken as origin.

    Parameters
    ----------
    apply
        Returns K α, shape (n, T), for α of that shape.
    rows
        n.
    """

    def __init__(self, apply: Callable[[np.ndarray], np.ndarray], rows: int) -> None:
        self.apply = apply
        self.rows = self.size = rows

    def image(self, coefficients: np.ndarray) -> np.ndarray:
        """Return K α without its mean, for α that sum to 0."""
        found = self.apply(coefficients)
        centred: np.ndarray = found - found.mean(axis=0)
        return centred

    def pulled(self, pull: np.ndarray) -> np.ndarray:
        """Return the pull without its mean: φᵢ less the mean of all rows are added."""
        centred: np.ndarray = pull - pull.mean(axis=0)
        return centred

    def inner(self, first: Vector, second: Vector) -> np.ndarray:
        """Return α · K α', shape (T,)."""
        return np.einsum("nt,nt->t", first.coefficients, second.image)


@dataclass(frozen=True, eq=False)
class Loss:
    """Loss of a score, weighted by row and task.

    Attributes
    ----------
    kind
        "logistic", log(1 + exp(−y z)); "squared_hinge", max(0, 1 − y z)²; or "squared",
        (z − y)² / 2.
    targets
        Shape (n, T): y, 1 or −1, or a real value; 0 where unknown.
    weights
        Shape (n, T); 0 where unknown. C is among them.
    """

    kind: str
    targets: np.ndarray
    weights: np.ndarray

    def slopes(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and second derivative by the score, each of shape (n, T)."""
        y = self.targets
        if self.kind == "logistic":
            wrong = 0.5 * (1 - np.tanh(0.5 * y * scores))
            return -self.weights * y * wrong, self.weights * wrong * (1 - wrong)
        if self.kind == "squared_hinge":
            short = np.maximum(1 - y * scores, 0)
            return -2 * self.weights * y * short, 2 * self.weights * (short > 0)
        return self.weights * (scores - y), self.weights

    def of(self, tasks: np.ndarray) -> "Loss":
        """Return the loss of some tasks, by their places."""
        return replace(self, targets=self.targets[:, tasks], weights=self.weights[:, tasks])


def minimise(
    space: Space,
    loss: Loss,
    *,
    start: Vector | None = None,
    tolerance: float = 1e-3,
    iterations: int = MOST_ITERATIONS,
    report: Callable[[int, float], None] | None = None,
) -> Vector:
    """Minimise ½‖w‖² + Σ loss of every task, each on its own; the bias is free.

    Parameters
    ----------
    space
        Features of the rows.
    loss
        Loss of T tasks.
    start
        Where to begin; None is 0.
    tolerance
        Length of a task's gradient, as a share of that at w = 0, at which it is done. Products of
        float32 allow for about 1e-6.
    iterations
        Most passes.
    report
        Called after each pass with its number and the largest gradient left, as such a share.

    Returns
    -------
    Vector
        Weights, their image, and biases.
    """
    tasks = loss.targets.shape[1]
    zero = _zero(space, tasks)
    first = _gradient(space, loss, zero)
    length = np.sqrt(_product(space, first, first))
    at = zero if start is None else start
    slope = first if start is None else _gradient(space, loss, at)
    search = _Search(space, loss, at, slope, np.maximum(length, np.finfo(np.float64).tiny))
    for number in range(1, iterations + 1):
        left = search.drop_done(tolerance)
        if report is not None:
            report(number, left)
        if not len(search.active):
            break
        search.step()
    return search.result()


class _Search:
    """State of the search; tasks that are done leave it."""

    def __init__(
        self, space: Space, loss: Loss, at: Vector, slope: Vector, length: np.ndarray
    ) -> None:
        self.space, self.loss, self.at, self.slope, self.length = space, loss, at, slope, length
        self.active = np.arange(len(length))
        self.found = Vector(at.coefficients.copy(), at.image.copy(), at.bias.copy())
        self.pairs: list[tuple[Vector, Vector, np.ndarray]] = []

    def drop_done(self, tolerance: float) -> float:
        """Take out tasks whose gradient is short, and return the largest share that is left."""
        share = np.sqrt(_product(self.space, self.slope, self.slope)) / self.length
        keep = np.flatnonzero(share > tolerance)
        if len(keep) < len(self.active):
            self._store()
            self.active, self.length = self.active[keep], self.length[keep]
            self.loss = self.loss.of(keep)
            self.at, self.slope = self.at.of(keep), self.slope.of(keep)
            self.pairs = [(s.of(keep), y.of(keep), r[keep]) for s, y, r in self.pairs]
        return float(share.max(initial=0.0))

    def step(self) -> None:
        """Go to the lowest point along the direction of L-BFGS (Nocedal and Wright, 7.4)."""
        direction = self._direction()
        descent = _product(self.space, direction, self.slope)
        steepest = self.slope.times(-1.0)
        direction = _choose(descent < 0, direction, steepest)
        move = direction.times(self._best_length(direction))
        at = self.at.plus(move, 1.0)
        slope = _gradient(self.space, self.loss, at)
        change = slope.plus(self.slope, -1.0)
        curvature = _product(self.space, move, change)
        inverse = np.where(curvature > 0, 1 / np.where(curvature > 0, curvature, 1), 0.0)
        self.pairs = [*self.pairs[-MEMORY + 1 :], (move, change, inverse)]
        self.at, self.slope = at, slope

    def result(self) -> Vector:
        """Return what was found for all tasks."""
        self._store()
        return self.found

    def _store(self) -> None:
        self.found.coefficients[:, self.active] = self.at.coefficients
        self.found.image[:, self.active] = self.at.image
        self.found.bias[self.active] = self.at.bias

    def _direction(self) -> Vector:
        q, shares = self.slope, []
        for move, change, inverse in reversed(self.pairs):
            share = inverse * _product(self.space, move, q)
            shares.append(share)
            q = q.plus(change, -share)
        if self.pairs:
            move, change, inverse = self.pairs[-1]
            size = _product(self.space, change, change) * inverse
            q = q.times(np.where(size > 0, 1 / np.where(size > 0, size, 1), 1.0))
        for (move, change, inverse), share in zip(self.pairs, reversed(shares), strict=True):
            q = q.plus(move, share - inverse * _product(self.space, change, q))
        return q.times(-1.0)

    def _best_length(self, direction: Vector) -> np.ndarray:
        """Return where the loss along a direction is least, by Newton's method in a bracket."""
        along, at = direction.scores, self.at.scores
        square = self.space.inner(direction, direction)
        inner = self.space.inner(direction, self.at)
        low, high = np.zeros(len(square)), np.full(len(square), np.inf)
        length = np.ones(len(square))
        for _ in range(_STEPS):
            first, second = self.loss.slopes(at + length * along)
            slope = inner + length * square + np.einsum("nt,nt->t", first, along)
            bend = square + np.einsum("nt,nt,nt->t", second, along, along)
            low, high = np.where(slope < 0, length, low), np.where(slope < 0, high, length)
            new = length - slope / np.where(bend > 0, bend, 1.0)
            middle = np.where(np.isfinite(high), 0.5 * (low + high), 2 * length)
            new = np.where((new > low) & (new < high), new, middle)
            if np.all(np.abs(new - length) <= 1e-3 * np.abs(new)):
                return new
            length = new
        return length


def _zero(space: Space, tasks: int) -> Vector:
    return Vector(np.zeros((space.size, tasks)), np.zeros((space.rows, tasks)), np.zeros(tasks))


def _gradient(space: Space, loss: Loss, at: Vector) -> Vector:
    pull = loss.slopes(at.scores)[0]
    coefficients = at.coefficients + space.pulled(pull)
    return Vector(coefficients, space.image(coefficients), pull.sum(axis=0))


def _product(space: Space, first: Vector, second: Vector) -> np.ndarray:
    products: np.ndarray = space.inner(first, second) + first.bias * second.bias
    return products


def _choose(first: np.ndarray, one: Vector, other: Vector) -> Vector:
    pairs = zip(vars(one).values(), vars(other).values(), strict=True)
    return Vector(*(np.where(first, a, b) for a, b in pairs))
