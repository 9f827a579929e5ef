"""Whether the known targets of a regulator score higher than other genes."""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import mannwhitneyu, rankdata

from chrominterpret.fdr import benjamini_hochberg
from chromkeras.errors import InputError
from chromkeras.importers.compressed import open_text
from chromkeras.importers.gene_ids import match_ids
from chromkeras.tables import write_tsv

if TYPE_CHECKING:  # it imports Keras, and a file of targets is read before
    from chromkeras.model_report.features import FeatureScores

FEWEST = 5  # targets, and other genes, that a test needs
# A regulator with a smaller share of the largest score has weights that training took to nothing.
LEAST = 1e-6
REGULATOR, TARGET, KNOWN_AS = "regulator", "target", "known as"


@dataclass(frozen=True)
class KnownTargets:
    """Targets of regulators, as a file lists them.

    Attributes
    ----------
    path
        The file.
    genes
        Identifiers of the targets of each regulator.
    known_as
        Another name of a regulator, such as MSN2 of YMR037C, where the file has one.
    """

    path: Path
    genes: dict[str, frozenset[str]]
    known_as: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TargetTest:
    """The test of one regulator.

    Attributes
    ----------
    regulator
        Name of the regulator.
    targets, others
        Numbers n of its targets and m of other genes among those scored.
    at_targets, at_others
        Mean over these genes of the mean |score| of each.
    auc
        U / (n m): the chance that a target scores higher than another gene; 0.5 where nothing
        tells them apart.
    p, q
        One-sided Mann-Whitney test that targets score higher, and q of all regulators' tests
        (Benjamini and Hochberg).
    higher
        Share of the model's other regulators whose own scores tell the same genes apart better:
        genes that respond to much have higher scores of every regulator.
    """

    regulator: str
    targets: int
    others: int
    at_targets: float
    at_others: float
    auc: float
    p: float
    q: float
    higher: float


@dataclass(frozen=True)
class TargetTests:
    """Tests of all regulators with targets enough, by their scores for one task.

    Attributes
    ----------
    source, task
        Names of the input whose features are scored, and of the task, or contrast of tasks.
    known
        The lists of targets.
    tests
        Tests by p, the smallest first.
    facts
        Counts of what was tested and what was left out.
    """

    source: str
    task: str
    known: KnownTargets
    tests: tuple[TargetTest, ...]
    facts: dict[str, Any]


def read_targets(path: str | os.PathLike[str]) -> KnownTargets:
    r"""Read the targets of regulators from a tab-separated file.

    Parameters
    ----------
    path
        The file, gzipped or not: columns ``regulator`` and ``target``, one pair a line, and, where
        regulators have another name, ``known as``.

    Raises
    ------
    InputError
        The file lacks a column, or holds no pair.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "targets.tsv"
    >>> _ = file.write_text("regulator\ttarget\nYMR037C\tYAL005C\n")
    >>> sorted(read_targets(file).genes["YMR037C"])
    ['YAL005C']
    """
    genes: dict[str, set[str]] = {}
    known_as: dict[str, str] = {}
    with open_text(path, "list of targets") as text:
        table = csv.DictReader(text, delimiter="\t")
        columns = [name.strip() for name in table.fieldnames or ()]
        if not {REGULATOR, TARGET} <= set(columns):
            raise InputError(
                f"list of targets {path}: expected columns {REGULATOR} and {TARGET} with tabs "
                f"between, received {', '.join(columns[:6]) or 'none'}"
            )
        table.fieldnames = columns
        for line in table:
            regulator, target = ((line[key] or "").strip() for key in (REGULATOR, TARGET))
            if regulator and target:
                genes.setdefault(regulator, set()).add(target)
                known_as[regulator] = (line.get(KNOWN_AS) or "").strip()
    if not genes:
        raise InputError(f"list of targets {path} holds no pair of regulator and target")
    named = {regulator: name for regulator, name in known_as.items() if name}
    return KnownTargets(Path(path), {r: frozenset(g) for r, g in genes.items()}, named)


def check_targets(known: KnownTargets, genes: tuple[str, ...]) -> None:
    """Raise ``InputError`` where no target is a gene of the data set."""
    every = sorted(set().union(*known.genes.values()))
    if not genes or not (match_ids(every, genes) >= 0).any():
        has = f"genes such as {genes[0]!r}" if genes else "rows without genes"
        raise InputError(
            f"list of targets {known.path}: expected genes of the data set, which has {has}, "
            f"received {every[0]!r}"
        )


def compare_targets(scores: "FeatureScores", known: KnownTargets, target: int = 0) -> TargetTests:
    """Compare the scores of each regulator at its known targets with those at other genes.

    Parameters
    ----------
    scores
        Scores of the regulators, with genes.
    known
        Targets of regulators.
    target
        Which of the model's targets is explained.
    """
    place = match_ids(list(known.genes), scores.channels)
    members = _members(known, scores.genes)
    count = members.sum(axis=1)
    enough = (count >= FEWEST) & (members.shape[1] - count >= FEWEST)
    by_gene = scores.by_gene[target]
    size = by_gene.mean(axis=0)
    used = (place >= 0) & (size[place] > LEAST * size.max(initial=0))
    tested = np.flatnonzero(used & enough)
    better = _aucs(by_gene, members[tested])
    found = [
        _test(by_gene[:, place[i]], members[i], better[:, n], place[i])
        for n, i in enumerate(tested)
    ]
    q = benjamini_hochberg(np.array([each["p"] for each in found]))
    tests = [
        TargetTest(regulator=scores.channels[place[i]], q=float(q[n]), **found[n])
        for n, i in enumerate(tested)
    ]
    every = set().union(*known.genes.values())
    return TargetTests(
        scores.name,
        scores.targets[target],
        known,
        tuple(sorted(tests, key=lambda test: test.p)),
        {
            "regulators in the list": len(known.genes),
            "that the model does not read": int((place < 0).sum()),
            "that it reads and does not use": int(((place >= 0) & ~used).sum()),
            f"with fewer than {FEWEST} targets or other genes": int((used & ~enough).sum()),
            "tested": len(tested),
            "with q < 0.05": int((q < 0.05).sum()),
            "genes scored": len(scores.genes),
            "targets in the list": len(every),
            "that are not among the genes scored": int(
                (match_ids(sorted(every), scores.genes) < 0).sum()
            ),
        },
    )


def write_target_tests(found: Iterable[TargetTests], out: Path) -> None:
    """Write ``targets.tsv``, one regulator a line, of all inputs and tasks."""
    lines = [
        {
            "input": tests.source,
            "task": tests.task,
            "regulator": test.regulator,
            "known as": tests.known.known_as.get(test.regulator, ""),
            "targets": test.targets,
            "other genes": test.others,
            "mean |score| at targets": test.at_targets,
            "mean |score| at others": test.at_others,
            "AUC": test.auc,
            "p": test.p,
            "q": test.q,
            "share of regulators with a higher AUC": test.higher,
        }
        for tests in found
        for test in tests.tests
    ]
    write_tsv(out / "targets.tsv", lines)


def _members(known: KnownTargets, genes: tuple[str, ...]) -> np.ndarray:
    """Return which genes are targets of each regulator, shape (regulators, G), bool."""
    every = sorted(set().union(*known.genes.values()))
    place = dict(zip(every, match_ids(every, genes).tolist(), strict=True))
    members = np.zeros((len(known.genes), len(genes)), bool)
    for row, targets in zip(members, known.genes.values(), strict=True):
        row[[place[gene] for gene in targets if place[gene] >= 0]] = True
    return members


def _aucs(by_gene: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the AUC of every feature on every set of genes.

    Parameters
    ----------
    by_gene
        Scores (G, F).
    members
        Sets (S, G), bool.

    Returns
    -------
    np.ndarray
        Shape (F, S).
    """
    n = members.sum(axis=1)
    ranks = rankdata(by_gene, axis=0)
    u = ranks.T @ members.T - n * (n + 1) / 2
    return np.asarray(u / (n * (members.shape[1] - n)))


def _test(score: np.ndarray, member: np.ndarray, aucs: np.ndarray, own: int) -> dict[str, Any]:
    """Return the fields of a `TargetTest`, from scores (G,) and the AUC of every feature (F,)."""
    here, there = score[member], score[~member]
    u, p = mannwhitneyu(here, there, alternative="greater")
    return {
        "targets": len(here),
        "others": len(there),
        "at_targets": float(here.mean()),
        "at_others": float(there.mean()),
        "auc": float(u / (len(here) * len(there))),
        "p": float(p),
        "higher": float((np.delete(aucs, own) > aucs[own]).mean()) if len(aucs) > 1 else 0.0,
    }
