"""A training that takes no time, for tests of what a search does with its results."""

import pytest

from chromkeras.problems.registry import find_problem
from chromkeras.training.train import TrainingResult


@pytest.fixture
def quick(monkeypatch):
    """Replace training by a formula; returns the list of the recipes that were trained."""
    trained = []

    def train(dataset, recipe, out, *, stop_when, verbose):
        trained.append(recipe)
        rate, batch = recipe.training.learning_rate, recipe.training.batch_size
        score = 0.9 - abs(rate - 0.01) - batch / 1e4 + recipe.training.seed / 100
        for epoch in range(1, recipe.training.epochs + 1):
            if stop_when(epoch, score * epoch / recipe.training.epochs):
                break
        problem = find_problem(dataset.problem)
        scores = {f"validation_{problem.score}_mean": score, "parameters": 10}
        return TrainingResult(out, out, scores, [], problem)

    monkeypatch.setattr("chromkeras.search.run_trial.train", train)
    return trained
