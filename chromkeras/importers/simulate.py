"""Simulated accessibility: real motifs planted in random sequences, by cell type.

The rule
--------
Every task (cell type) has a set of K motifs, no two tasks the same. Where there are enough motifs,
the first T are one task's own each, and K − 1 come from the others, which tasks then share; else
all come from the same pool, the least used first. Motifs in no set are planted and mean nothing.

1. A row is background with probability ``background_fraction`` (as an exact count), else an
   element.
2. The ``grammar`` says which motifs a row holds and where an element is open (label 1), which has
   probability r, the ``positive_rate``, in every task: see ``chromkeras.importers.grammars``. By
   default any motif of the task's set opens it. Background rows are open nowhere.
3. Every motif present is planted in a uniform number of ``copies``, drawn from its PWM, on a
   random strand, at random places of the middle ``span`` bp that do not overlap. In background
   rows the letters of every instance are shuffled: as many insertions of the same bases, and no
   motif. Where the instances do not fit, the most frequent motif of the row loses copies.

4. With ``label_noise`` some labels of elements are turned round, as where peaks were missed or
   called in vain; which motifs open a row stays as it is in ``Truth``.

The sequences around are order-1 Markov, with the transitions of the C. elegans genome unless a GC
content is asked for. Places and strands of the instances in elements are kept as ``Truth``, and
which of them open the row in each task; the others are decoys there.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from platformdirs import user_cache_dir

from chrominterpret.motifs.pwm import Motif
from chromkeras.data.dataset import Dataset
from chromkeras.data.hdf5 import load_dataset, save_dataset
from chromkeras.data.packed import PackedSequences
from chromkeras.data.truth import Truth
from chromkeras.errors import InputError
from chromkeras.importers.draft import Draft
from chromkeras.importers.grammars.registry import check_spacing, grammar
from chromkeras.importers.motif_choice import choose_motifs, meme_text
from chromkeras.importers.planting import (
    WORM_TRANSITIONS,
    composition,
    markov_sequences,
    place,
    write_instances,
)
from chromkeras.importers.simulation import Simulation

_RULE_VERSION = 1
DEFAULT = Simulation()
# About as hard as real peaks: fewer sites, and labels that are wrong, most in the last task.
DEMO = Simulation(copies=(2, 4), label_noise=(0.04, 0.1))


def simulate(settings: Simulation = DEFAULT) -> Dataset:
    """Simulate accessibility: random sequences with real motifs planted, and where they are.

    The rule is in ``chromkeras.importers.simulate``; the data set has ``truth`` and ``motifs``.

    Parameters
    ----------
    settings
        What to simulate.

    Raises
    ------
    InputError
        The grammar or motifs are unknown, settings do not go with the grammar, the motifs are too
        long or too few for the tasks, their instances do not fit in a row, or a task came out
        with one class only in the training split.
    """
    check_spacing(settings)
    rng = np.random.default_rng(settings.seed)
    motifs = choose_motifs(settings)
    member = _deal(rng, settings, len(motifs))
    background = _background(rng, settings)
    widths = np.array([len(motif) for motif in motifs])
    draft = grammar(settings.grammar)(rng, settings, widths, member)
    labels = draft.opened & ~background[:, None]
    codes, truth = _plant(rng, settings, motifs, draft, background)
    split = random_split(rng, settings)
    labels ^= _wrong(rng, settings) & ~background[:, None]
    dataset = Dataset(
        inputs={"dna": PackedSequences.from_codes(codes)},
        labels=labels.astype(np.int8),
        tasks=task_names(settings),
        split=split,
        kind=np.where(background, "background", "element"),
        truth=truth,
        motifs=meme_text(motifs),
    )
    check_classes(dataset)
    return dataset


def task_names(settings: Simulation) -> tuple[str, ...]:
    """Return the names that ``simulate`` gives to the tasks."""
    return tuple(f"cell_{i + 1}" for i in range(settings.tasks))


def demo_dataset(cache_dir: str | os.PathLike[str] | None = None, seed: int = 0) -> Dataset:
    """Return the data set of the demo, the simulation ``DEMO``, made once and then kept.

    Parameters
    ----------
    cache_dir
        Where to keep it; None for the user's cache folder (``XDG_CACHE_HOME`` is heeded). A
        damaged file there is made anew; a folder that cannot be written to is done without.
    seed
        Seed of the simulation.
    """
    settings = replace(DEMO, seed=seed)
    described = json.dumps([_RULE_VERSION, asdict(settings)])
    key = hashlib.sha256(described.encode()).hexdigest()[:12]
    path = Path(cache_dir or demo_folder()) / f"demo-{key}.h5"
    with suppress(ValueError, OSError, KeyError):
        return load_dataset(path)
    dataset = simulate(settings)
    with suppress(ValueError, OSError):
        save_dataset(dataset, path)
    return dataset


def demo_folder() -> Path:
    """Return the user's cache folder, where the demo is kept."""
    return Path(user_cache_dir("chromkeras"))


def motif_sets(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """Return the motifs of each task of a simulated data set, read back from its truth.

    A motif belongs to a task when an instance of it opens a row there.
    """
    if dataset.truth is None:
        raise InputError("expected a simulated data set; this one holds no planted motifs")
    truth, causal = dataset.truth, causal_instances(dataset)
    return {
        task: tuple(truth.names[m] for m in np.unique(truth.motif[causal[:, t]]))
        for t, task in enumerate(dataset.tasks)
    }


def causal_instances(dataset: Dataset) -> np.ndarray:
    """Return which planted instances open their row in each task, shape (instances, T), bool.

    Files of before there were grammars do not say: there, a motif opens a task when every row
    that holds it is open.
    """
    if dataset.truth is None:
        raise InputError("expected a simulated data set; this one holds no planted motifs")
    truth = dataset.truth
    if truth.causal is not None:
        return truth.causal
    opened = dataset.labels[truth.row] == 1
    closed = np.zeros((len(truth.names), len(dataset.tasks)), bool)
    np.logical_or.at(closed, truth.motif, ~opened)
    return opened & ~closed[truth.motif]


def describe(dataset: Dataset) -> list[str]:
    """Return lines that name the motifs of each task and count what was planted."""
    sets = motif_sets(dataset)
    lines_of_file = (dataset.motifs or "").splitlines()
    heads = [line.split(maxsplit=2)[1:] for line in lines_of_file if line.startswith("MOTIF ")]
    labels = {head[0]: " ".join(head) for head in heads}
    lines = [
        f"{task}: {', '.join(labels.get(n, n) for n in names)}" for task, names in sets.items()
    ]
    planted = 0 if dataset.truth is None else len(dataset.truth.row)
    return [*lines, f"planted: {planted:,} motif instances"]


def _deal(rng: np.random.Generator, settings: Simulation, motifs: int) -> np.ndarray:
    """Return a different set of motifs for each task, shape (T, M) bool."""
    tasks, others = settings.tasks, settings.motifs_per_task - 1
    if motifs - tasks >= others:
        common = _deal_common(rng, tasks, others, motifs - tasks, distinct=False)
        return np.hstack([np.eye(tasks, dtype=bool), common])
    return _deal_common(rng, tasks, others + 1, motifs, distinct=True)


def _deal_common(
    rng: np.random.Generator, tasks: int, size: int, motifs: int, *, distinct: bool
) -> np.ndarray:
    """Deal each task ``size`` motifs, the least used first; shape (tasks, motifs), bool."""
    member = np.zeros((tasks, motifs), bool)
    dealt: set[frozenset[int]] = set()
    for task in member:
        used = member.sum(axis=0) + rng.random(motifs) / 2
        hand = frozenset(np.argsort(used)[:size].tolist())
        while distinct and hand in dealt:
            hand = frozenset(rng.permutation(motifs)[:size].tolist())
        dealt.add(hand)
        task[list(hand)] = True
    return member


def _background(rng: np.random.Generator, settings: Simulation) -> np.ndarray:
    count = round(settings.sequences * settings.background_fraction)
    return rng.permutation(settings.sequences) < count


def _plant(
    rng: np.random.Generator,
    settings: Simulation,
    motifs: list[Motif],
    draft: Draft,
    background: np.ndarray,
) -> tuple[np.ndarray, Truth]:
    transitions = WORM_TRANSITIONS if settings.gc is None else composition(settings.gc)
    codes = markov_sequences(rng, settings.sequences, settings.length, transitions)
    widths = np.array([len(motif) for motif in motifs])
    middle = ((settings.length - settings.span) // 2, settings.span)
    sites = place(rng, draft, widths, middle, [motif.name for motif in motifs])
    write_instances(rng, codes, sites, [motif.ppm for motif in motifs], background)
    return codes, sites.select(~background[sites.row])


def _wrong(rng: np.random.Generator, settings: Simulation) -> np.ndarray:
    """Return which labels are turned round, shape (N, T), bool."""
    share = np.linspace(*settings.label_noise, settings.tasks)
    found: np.ndarray = rng.random((settings.sequences, settings.tasks)) < share
    return found


def random_split(rng: np.random.Generator, settings: Simulation) -> np.ndarray:
    """Return the split of each row, drawn by the shares of the settings, shape (N,)."""
    rank = rng.permutation(settings.sequences)
    test = round(settings.sequences * settings.test_fraction)
    valid = test + round(settings.sequences * settings.valid_fraction)
    return np.where(rank < test, "test", np.where(rank < valid, "valid", "train"))


def check_classes(dataset: Dataset) -> None:
    """Raise ``InputError`` for a task of one class only in the training split."""
    labels = dataset.labels[dataset.rows("train")] == 1
    for task, column in zip(dataset.tasks, labels.T, strict=True):
        if column.all() or not column.any():
            raise InputError(
                f"task {task!r} came out {'positive' if column.any() else 'negative'} in all "
                f"{len(column)} training rows; ask for more sequences or other rates"
            )
