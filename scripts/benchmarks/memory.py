"""How well the dry run's memory estimate holds: estimate and measured peak of short real runs.

python scripts/benchmarks/memory.py --tasks 1 4 16 --batches 16 64

Each row is two epochs of two steps by ``chromkeras.training.train.train`` in a process of its
own, on random sequences of 600 bp. Measured is the process's peak resident memory.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from table import markdown_table, memory_text

from chromkeras.recipe.choices import PLANS
from chromkeras.recipe.reading import size_names

LENGTH = 600
STEPS = 2
HEADER = ("plan", "size", "T", "batch", "accumulate", "precision",
          "estimate", "measured", "estimate / measured")  # fmt: skip


def main() -> None:
    """Run all cases and print the table."""
    options = parse()
    if options.case:
        print(json.dumps(measure(json.loads(options.case))))
        return
    rows = [row(case, options.limit) for case in cases(options)]
    ratios = [r["estimate"] / r["measured"] for r in rows if "measured" in r]
    print(markdown_table(HEADER, [cells(r) for r in rows]))
    if ratios:
        print(f"\nestimate / measured: {min(ratios):.2f} to {max(ratios):.2f}")


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--plans", nargs="*", choices=PLANS, default=list(PLANS))
    add("--sizes", nargs="*", choices=size_names(), default=["small", "poster"])
    add("--tasks", type=int, nargs="*", default=[1, 4, 16], help="numbers of tasks")
    add("--batches", type=int, nargs="*", default=[16, 64], help="sequences in a batch")
    add("--accumulate", type=int, default=1, help="batches in an update")
    add("--precision", choices=("float32", "bfloat16"), default="float32")
    add("--optimizer", choices=("adam", "rmsprop", "sgd"), default="adam")
    add("--limit", type=float, default=600.0, help="give a row up after this many seconds")
    add("--case", help=argparse.SUPPRESS)
    return parser.parse_args()


def cases(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return what to measure, one dictionary a row."""
    common = {"accumulate": options.accumulate, "precision": options.precision,
              "optimizer": options.optimizer}  # fmt: skip
    lists = (options.sizes, options.plans, options.tasks, options.batches)
    return [
        {"size": size, "plan": plan, "tasks": tasks, "batch": batch, **common}
        for size, plan, tasks, batch in itertools.product(*lists)
    ]


def row(case: dict[str, Any], limit: float) -> dict[str, Any]:
    """Return a case and its result, measured in a fresh process; ``failed`` says why not."""
    print("measuring", case, file=sys.stderr, flush=True)
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3"} | dict(os.environ)
    command = [sys.executable, __file__, "--case", json.dumps(case)]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return case | {"failed": f"not done in {limit:.0f} s"}
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return case | {"failed": f"exit code {done.returncode}"}
    result = case | json.loads(done.stdout.splitlines()[-1])
    parts = ", ".join(f"{k} {v / 1e6:.0f}" for k, v in result["parts"].items())
    print(" ".join(cells(result)), f"(MB: {parts})", file=sys.stderr, flush=True)
    return result


def measure(case: dict[str, Any]) -> dict[str, Any]:
    """Estimate, then train in this process; returns bytes."""
    from chromkeras.cost.dry_run import untrained_model
    from chromkeras.cost.machine import peak_memory, resident_memory
    from chromkeras.cost.memory import training_memory
    from chromkeras.recipe.reading import make_recipe
    from chromkeras.training.train import train

    dataset = random_dataset(case["batch"] * STEPS, case["tasks"])
    choices = {f"training.{key}": case[key] for key in ("accumulate", "precision", "optimizer")}
    recipe = make_recipe(
        case["plan"],
        size=case["size"],
        values={"training.batch_size": case["batch"], "training.epochs": 2, **choices},
    )
    program = resident_memory()
    model = untrained_model(recipe, dataset.tasks, {"dna": (LENGTH, 4)}, problem="binary")
    estimate = training_memory(
        model, recipe.training, program=program, validated=len(dataset.rows("valid"))
    )
    with tempfile.TemporaryDirectory() as folder:
        train(dataset, recipe, Path(folder) / "model.keras")
    return {"estimate": estimate.peak, "measured": peak_memory(), "parts": vars(estimate)}


def random_dataset(rows: int, tasks: int) -> Any:
    """Return random sequences: ``rows`` to train on, and half as many to validate on."""
    import numpy as np

    from chromkeras.data.dataset import Dataset
    from chromkeras.data.packed import PackedSequences

    rng = np.random.default_rng(0)
    total = rows + rows // 2
    codes = rng.integers(0, 4, (total, LENGTH)).astype(np.uint8)
    labels = (np.arange(total)[:, None] + np.arange(tasks)) % 2
    split = np.where(np.arange(total) < rows, "train", "valid")
    names = tuple(f"task{i}" for i in range(tasks))
    inputs = {"dna": PackedSequences.from_codes(codes)}
    return Dataset(inputs, labels.astype(np.int8), names, split)


def cells(result: dict[str, Any]) -> list[str]:
    """Return a row of the table."""
    names = ("plan", "size", "tasks", "batch", "accumulate", "precision")
    texts = [str(result[name]) for name in names]
    if "failed" in result:
        return [*texts, "", result["failed"], ""]
    ratio = result["estimate"] / result["measured"]
    return [*texts, memory_text(result["estimate"]), memory_text(result["measured"]),
            f"{ratio:.2f}"]  # fmt: skip


if __name__ == "__main__":
    main()
