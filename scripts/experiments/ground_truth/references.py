"""Compare references of DeepLIFT and of expected gradients: kinds, numbers, gradient correction.

references.py --out runs/ground_truth --real worm_hard worm.h5

On the models of run.py, which are trained where they are missing: area under the ROC and the
precision-recall curve of the planted positions, by method, kind and number of references, with
and without the gradient correction. On a real model and its data (--real), where nobody knows the
truth: by how much the model's output falls when the positions with the highest scores are
replaced by random other bases. Rows are those of validation; what is done is not done again.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any

import keras
import numpy as np
from run import PLANS, check_same_study, trained
from study_table import markdown_table

from chrominterpret.attribution import Attribution
from chrominterpret.methods.registry import attribute
from chromkeras.data.dataset import Dataset
from chromkeras.data.hdf5 import load_dataset
from chromkeras.files import replacing
from chromkeras.importers.grammars.registry import grammar_names
from chromkeras.model_file.open_model import open_model
from chromkeras.model_report.choose import scanned_rows
from chromkeras.model_report.truth import MEAN, score_positions

SPLIT = "valid"
METHODS = ("deep_lift_shap", "expected_gradients")
SHUFFLES = (1, 5, 20, 50)
MATCHED = 20
REPLACED = 0.05
"""Share of the positions that are replaced to see the output fall."""
ROUNDS = 5


@dataclass(frozen=True)
class References:
    """A kind and number of references.

    Attributes
    ----------
    name
        What the table calls them.
    kind
        Choice of chrominterpret, or "rows" for other rows of the data set with as much G and C.
    number
        How many of each sequence.
    """

    name: str
    kind: str
    number: int

    def options(self, dataset: Dataset, rows: np.ndarray) -> dict[str, Any]:
        """Return the options of a method."""
        if self.kind != "rows":
            return {"references": self.kind, "n_references": self.number}
        return {"references": matched_rows(dataset, rows, self.number)}


CHOICES = (
    *(References(f"dinucleotide shuffles: {n}", "dinucleotide_shuffle", n) for n in SHUFFLES),
    References(f"{MATCHED} rows of equal GC", "rows", MATCHED),
    References("base frequencies", "background", 1),
    References("a quarter each", "uniform", 1),
    References("zeros", "zeros", 1),
)


def matched_rows(dataset: Dataset, rows: np.ndarray, number: int) -> np.ndarray:
    """Return the background rows nearest in GC content, (n, number, length, 4) float32.

    They are rows of the training split that are open in no task.
    """
    pool = dataset.rows("train")
    pool = pool[(dataset.values(pool) <= 0).all(axis=1)]
    share = gc(dataset, pool)
    order = np.argsort(share, kind="stable")
    pool, share = pool[order], share[order]
    begin = np.clip(np.searchsorted(share, gc(dataset, rows)) - number // 2, 0, len(pool) - number)
    chosen = pool[begin[:, None] + np.arange(number)]
    found = dataset.one_hot(np.unique(chosen)).astype(np.float32)
    return found[np.searchsorted(np.unique(chosen), chosen)]


def gc(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return the share of G and C of each row."""
    return dataset.one_hot(rows)[:, :, 1:3].mean(axis=1).sum(axis=-1)


def attributions(
    network: keras.Model, dataset: Dataset, rows: np.ndarray, tasks: list[str], seed: int
) -> Iterator[tuple[dict[str, Any], Attribution]]:
    """Yield what was chosen and the attributions, by every choice."""
    for method, choice, corrected in product(METHODS, CHOICES, (False, True)):
        if method == "expected_gradients" and choice.number == 1:
            continue  # a path from one reference at one random place is no expectation
        begun = time.perf_counter()
        result = attribute(
            method, network, dataset.one_hot(rows), targets=tasks, task_names=dataset.tasks,
            seed=seed, gradient_correction=corrected, **choice.options(dataset, rows),
        )  # fmt: skip
        chosen = {"method": method, "references": choice.name, "corrected": corrected}
        yield chosen | {"seconds": time.perf_counter() - begun}, result


def on_planted(model: Path, data: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Score every choice on a model of simulated data."""
    dataset, network = load_dataset(data), open_model(model).network
    rows = scanned_rows(dataset, SPLIT, options.sequences, options.seed)
    found = []
    for chosen, result in attributions(network, dataset, rows, [*dataset.tasks], options.seed):
        scores = next(s for s in score_positions(result, dataset, rows) if s.task == MEAN)
        found.append(chosen | {"auroc": scores.auroc, "auprc": scores.auprc})
    return found


def on_real(model: str, data: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure for every choice how far outputs fall, on open rows of each task."""
    dataset, opened = load_dataset(data), open_model(model)
    tasks = [task for task in opened.tasks if task in dataset.tasks][: options.tasks]
    rows = scanned_rows(dataset, SPLIT, options.sequences, options.seed)
    columns = [dataset.tasks.index(task) for task in tasks]
    is_open = dataset.values(rows)[:, columns] == 1
    found = []
    for chosen, result in attributions(opened.network, dataset, rows, tasks, options.seed):
        falls = fall(opened.network, dataset.one_hot(rows), result, opened.tasks, options.seed)
        found.append(chosen | {"falls": falls[is_open.T].tolist()})
    return found


def fall(
    network: keras.Model, x: np.ndarray, result: Attribution, tasks: Any, seed: int
) -> np.ndarray:
    """Return by how much outputs fall (K, n) when the highest positions are replaced."""
    number = round(REPLACED * x.shape[1])
    codes, rng = x.argmax(-1), np.random.default_rng(seed)
    outputs = [tasks.index(task) for task in result.target_names]
    before = network.predict(x, verbose=0)[:, outputs].T
    scores = result.attributions.sum(-1)
    falls = np.zeros(scores.shape[:2])
    for k, output in enumerate(outputs):
        highest = np.argsort(-scores[k], axis=1)[:, :number]
        for _ in range(ROUNDS):
            other = codes.copy()
            step = rng.integers(1, 4, highest.shape)
            shifted = (np.take_along_axis(codes, highest, 1) + step) % 4
            np.put_along_axis(other, highest, shifted, 1)
            after = network.predict(np.eye(4, dtype=np.float32)[other], verbose=0)[:, output]
            falls[k] += (before[k] - after) / ROUNDS
    return falls


def kept(path: Path, make: Any, *arguments: Any) -> list[dict[str, Any]]:
    """Return what a file holds, made where it is missing."""
    if not path.exists():
        rows = make(*arguments)
        with replacing(path) as beside:
            beside.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def table(groups: Mapping[str, list[list[dict[str, Any]]]], figures: tuple[str, ...]) -> str:
    """Return a Markdown table: choices by groups of models, the mean of each group."""
    models = [model for group in groups.values() for model in group]
    lines = []
    for i, row in enumerate(models[0]):
        line = [row["method"], row["references"], "yes" if row["corrected"] else ""]
        for group in groups.values():
            values = (mean(model[i][figure] for model in group) for figure in figures)
            line.append(" / ".join(f"{value:.3f}" for value in values))
        lines.append([*line, f"{mean(model[i]['seconds'] for model in models):.1f}"])
    return markdown_table(["method", "references", "corrected", *groups, "seconds"], lines)


def real_table(rows: list[dict[str, Any]]) -> str:
    """Return a Markdown table of falls, with the difference to 20 shuffles."""
    shuffles = {row["method"]: np.array(row["falls"]) for row in rows if is_shared(row)}
    lines = []
    for row in rows:
        falls = np.array(row["falls"])
        apart = falls - shuffles[row["method"]]
        error = apart.std(ddof=1) / np.sqrt(len(apart))
        beside = "" if is_shared(row) else f"{apart.mean():+.3f} ± {error:.3f}"
        line = [row["method"], row["references"], "yes" if row["corrected"] else ""]
        lines.append([*line, f"{falls.mean():.3f}", beside, f"{row['seconds']:.1f}"])
    heads = ["method", "references", "corrected", "fall", "beyond 20 shuffles", "seconds"]
    return f"{len(rows[0]['falls'])} pairs of row and task\n\n" + markdown_table(heads, lines)


def is_shared(row: Mapping[str, Any]) -> bool:
    """Say whether a choice is the one that the others are set beside: DeepLIFT's default."""
    return row["references"] == CHOICES[2].name and not row["corrected"]


def main() -> None:
    """Score what is missing, then print the tables."""
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    check_same_study(options)
    groups: dict[str, list[list[dict[str, Any]]]] = {plan: [] for plan in options.plans}
    for grammar, plan in product(options.grammars, options.plans):
        print(f"{grammar}, {plan}", flush=True)
        model, data = trained(grammar, plan, options)
        file = model.parent / "references" / "planted.json"
        file.parent.mkdir(exist_ok=True)
        groups[plan].append(kept(file, on_planted, model, data, options))
    if options.grammars:
        print(table(groups, ("auroc", "auprc")))
    if options.real:
        model, data = options.real
        rows = kept(options.out / f"{Path(model).stem}.json", on_real, model, Path(data), options)
        print("\n" + real_table(rows))


def parse() -> argparse.Namespace:
    """Return the options; those of run.py have its defaults."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--out", type=Path, default=Path("runs/ground_truth"))
    add("--grammars", nargs="*", default=grammar_names(), choices=grammar_names())
    add("--plans", nargs="+", default=("hard", "single"), choices=PLANS)
    add("--rows", type=int, default=8000, help="rows to simulate")
    add("--epochs", type=int, default=15, help="epochs to train")
    add("--sequences", type=int, default=60, help="sequences to attribute")
    add("--references", type=int, default=10, help="of run.py, so that both share a folder")
    add("--seed", type=int, default=0, help="of data, training and references")
    add("--real", nargs=2, metavar=("MODEL", "DATA"), help="a real model and its data set")
    add("--tasks", type=int, default=5, help="tasks of the real model that are explained")
    return parser.parse_args()


if __name__ == "__main__":
    main()
