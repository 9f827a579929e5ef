"""Samplers, which choose the values of a trial, and pruners, which end one that lags behind."""

from typing import TYPE_CHECKING

import numpy as np

from chromkeras.search.space import Choices, Range, SearchSpace

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

# Trials that a pruner lets run to their end, and epochs of every trial, before it judges.
FIRST_TRIALS = 5
FIRST_EPOCHS = 3


def make_sampler(name: str, seed: int, trial: int) -> "BaseSampler":
    """Return the sampler of one trial; its draws follow from the seed and the trial's place alone.

    So a search that was stopped goes on as it would have, and no two processes draw the same.

    Parameters
    ----------
    name
        Name in `choices.SAMPLERS`; the values of a grid are not drawn.
    seed
        Seed of the search.
    trial
        Number of trials so far.
    """
    from optuna.samplers import RandomSampler, TPESampler

    drawn = int(np.random.SeedSequence([seed, trial]).generate_state(1)[0])
    return TPESampler(seed=drawn) if name == "tpe" else RandomSampler(seed=drawn)


def make_pruner(name: str) -> "BasePruner":
    """Return a pruner by its name in `choices.PRUNERS`."""
    from optuna.pruners import MedianPruner, NopPruner, SuccessiveHalvingPruner

    if name == "median":
        return MedianPruner(n_startup_trials=FIRST_TRIALS, n_warmup_steps=FIRST_EPOCHS)
    if name == "halving":
        return SuccessiveHalvingPruner(min_resource=FIRST_EPOCHS)
    return NopPruner()


def distributions(space: SearchSpace) -> dict[str, "BaseDistribution"]:
    """Return the distribution of each key of a search space."""
    return {key: _distribution(domain) for key, domain in space.domains.items()}


def _distribution(domain: Choices | Range) -> "BaseDistribution":
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if isinstance(domain, Choices):
        return CategoricalDistribution(domain.labels)
    if domain.whole:
        low, high, step = int(domain.low), int(domain.high), int(domain.step or 1)
        return IntDistribution(low, high, log=domain.log, step=step)
    return FloatDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
