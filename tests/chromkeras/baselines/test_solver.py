import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from chromkeras.baselines.solver import Explicit, Kernel, Loss, minimise

C = 0.1


@pytest.fixture
def data():
    """Features, signs and known-mask of three tasks."""
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 20)).astype(np.float32)
    x -= x.mean(axis=0)
    noise = random.normal(size=(300, 3)) + 0.5
    signs = np.sign(x @ random.normal(size=(20, 3)) + noise)
    return x, signs, random.random((300, 3)) < 0.8


def spaces(x):
    wide = x.astype(np.float64)
    return {"explicit": Explicit(x), "kernel": Kernel(lambda a: wide @ (wide.T @ a), len(x))}


PEERS = {
    "logistic": LogisticRegression(C=C, tol=1e-8, solver="newton-cholesky"),
    # It penalises the bias, which a large scale of its feature all but takes back.
    "squared_hinge": LinearSVC(C=C, tol=1e-9, dual=False, intercept_scaling=300, max_iter=10**5),
    "squared": Ridge(alpha=1 / C, tol=1e-10),
}


@pytest.mark.parametrize("space", ["explicit", "kernel"])
@pytest.mark.parametrize("kind", PEERS)
def test_each_task_is_fitted_as_by_scikit_learn_on_its_known_labels(kind, space, data):
    x, signs, known = data
    loss = Loss(kind, np.where(known, signs, 0), C * known)
    found = minimise(spaces(x)[space], loss, tolerance=1e-6)
    for t, labelled in enumerate(known.T):
        peer = PEERS[kind].fit(x[labelled].astype(np.float64), signs[labelled, t])
        decide = peer.predict if kind == "squared" else peer.decision_function
        np.testing.assert_allclose(found.scores[:, t], decide(x.astype(np.float64)), atol=2e-4)


def test_a_start_changes_the_passes_and_not_the_result(data):
    x, signs, known = data
    loss = Loss("logistic", np.where(known, signs, 0), C * known)
    passes = []
    cold = minimise(
        Explicit(x), loss, tolerance=1e-6, report=lambda number, left: passes.append(number)
    )
    few = []
    warm = minimise(
        Explicit(x), loss, start=cold, tolerance=1e-5, report=lambda number, left: few.append(left)
    )
    assert len(few) == 1 < len(passes)
    np.testing.assert_allclose(warm.scores, cold.scores)


def test_tasks_do_not_see_each_other(data):
    x, signs, known = data
    loss = Loss("squared_hinge", np.where(known, signs, 0), C * known)
    together = minimise(Explicit(x), loss, tolerance=1e-6)
    alone = minimise(Explicit(x), loss.of(np.array([1])), tolerance=1e-6)
    np.testing.assert_allclose(alone.scores[:, 0], together.scores[:, 1], atol=1e-5)


@pytest.mark.parametrize("kind", PEERS)
def test_slopes_are_the_derivatives_of_the_loss(kind):
    scores = np.linspace(-2, 2.1, 30)[:, None]
    loss = Loss(kind, np.where(np.arange(30)[:, None] % 2, 1.0, -1.0), np.full((30, 1), 0.7))
    first, _ = loss.slopes(scores)

    def value(z):
        y = loss.targets
        each = {
            "logistic": np.logaddexp(0, -y * z),
            "squared_hinge": np.maximum(1 - y * z, 0) ** 2,
            "squared": (z - y) ** 2 / 2,
        }
        return 0.7 * each[kind]

    step = 1e-6
    np.testing.assert_allclose(
        first, (value(scores + step) - value(scores - step)) / (2 * step), atol=1e-6
    )
