"""Training-step benchmark: stacked models against naive sub-models, and the penalty alone.

python scripts/benchmarks/training_step.py --tasks 1 2 4 8 16 --plans hard soft single

Basset's 164 tasks in full size, on a machine with 24 GB:

python scripts/benchmarks/training_step.py --tasks 164 --plans hard --batch 32 --no-naive \
    --penalty-tasks
python scripts/benchmarks/training_step.py --tasks 164 --plans soft --batch 1 --accumulate 4 \
    --no-naive --penalty-tasks

Each row is measured in a process of its own, so peak memory (the framework's own included) and
the time to the first step (build, trace and one step, without importing Keras) are the row's.
Steps of a row are timed in turns with a large float32 matrix product, and the ratio stacked to
naive comes from both models in one process, in turns: on a shared machine believe the ratios and
the share of the peak, not the seconds. Both models are compiled alike, with chromkeras's own
Adam, so the ratio is of the layers and the penalty alone. The penalty's two forms run one after
the other, so their ratio is rougher. Steps are whole updates, of ``--accumulate`` batches.
"Expected" is what a dry run says of the row. KERAS_BACKEND=jax measures JAX.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from table import penalty_table, share_table, step_table

from chromkeras.files import replacing
from chromkeras.recipe.choices import PLANS
from chromkeras.recipe.reading import size_names

CASES = Path(__file__).with_name("cases.py")
NAIVE_PLANS = ("hard", "soft", "single")
# Beyond this many tasks the loop over pairs is not built, but extrapolated by its pairs.
MOST_LOOPED_TASKS = 16


def main() -> None:
    """Run all cases, print the tables, write them where asked."""
    options = parse()
    about = describe(options)
    print(about, flush=True)
    steps = [row for plan in options.plans for t in options.tasks
             for row in step_rows(options, plan, t)]  # fmt: skip
    penalties = [row for t in options.penalty_tasks for row in penalty_rows(options, t)]
    shares = [run(options, step_case(options, "soft", t) | {"kind": "share"})
              for t in options.share_tasks]  # fmt: skip
    makers = {step_table: steps, penalty_table: penalties, share_table: shares}
    tables = "\n\n".join(make(rows) for make, rows in makers.items() if rows)
    print(f"\n{tables}")
    if options.out:
        record = json.dumps({"about": about, "steps": steps, "penalties": penalties,
                             "shares": shares}, indent=1)  # fmt: skip
        with replacing(options.out) as path:
            path.write_text(
                record if path.suffix == ".json" else f"{about}\n\n{tables}\n", encoding="utf-8"
            )


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--tasks", type=int, nargs="*", default=[1, 2, 4, 8, 16], help="numbers of tasks")
    add("--plans", nargs="*", choices=PLANS, default=["hard", "soft", "single"])
    add("--size", choices=size_names(), default="poster", help="size of the architecture")
    add("--batch", type=int, default=32, help="sequences in a step")
    add("--accumulate", type=int, default=1, help="batches in a step")
    add("--precision", choices=("float32", "bfloat16"), default="float32")
    add("--naive", action=argparse.BooleanOptionalAction, default=True, help="measure the control")
    add("--penalty-tasks", type=int, nargs="*", default=[16, 164])
    add("--share-tasks", type=int, nargs="*", default=[],
        help="numbers of tasks at which to measure the penalty's share of a step")  # fmt: skip
    add("--jit", choices=("auto", "on", "off"), default="auto", help="XLA; auto is chromkeras's")
    add("--seconds", type=float, default=10.0, help="time to spend on the steps of a row")
    add("--limit", type=float, default=600.0, help="give a row up after this many seconds")
    add("--out", type=Path, help="also write the tables to this .md or .json file")
    options = parser.parse_args()
    if options.out and options.out.suffix not in (".md", ".json"):
        parser.error(f"--out: expected a file ending in .md or .json, received {options.out}")
    for name in ("tasks", "penalty_tasks", "share_tasks"):
        if min(getattr(options, name), default=1) < 1:
            parser.error(f"--{name.replace('_', '-')}: expected at least 1")
    for name in ("batch", "accumulate"):
        if getattr(options, name) < 1:
            parser.error(f"--{name}: expected at least 1, received {getattr(options, name)}")
    return options


def describe(options: argparse.Namespace) -> str:
    """Return one line on the machine, the versions and the sizes."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} before; Python "
        f"{platform.python_version()}, keras {version('keras')}, {backend} {version(backend)}; "
        f"{options.size} architecture, 600 bp, batch {options.batch} × {options.accumulate}, "
        f"{options.precision}, jit {options.jit}"
    )


def step_rows(options: argparse.Namespace, plan: str, tasks: int) -> list[dict[str, Any]]:
    """Measure one plan at one number of tasks: stacked, and where asked naive and both."""
    case = step_case(options, plan, tasks)
    models = ["stacked"] + ["naive"] * (options.naive and plan in NAIVE_PLANS)
    rows = [run(options, case | {"kind": "model", "model": model}) for model in models]
    if len(rows) == 2 and not any("failed" in row for row in rows):
        both = run(options, case | {"kind": "pair"})
        rows[0] |= {"pair": both} if "failed" not in both else apart(*rows)
    return rows


def step_case(options: argparse.Namespace, plan: str, tasks: int) -> dict[str, Any]:
    """Return what all measurements of a plan's steps need to know."""
    return {"plan": plan, "tasks": tasks, "size": options.size, "batch": options.batch,
            "jit": options.jit, "seconds": options.seconds, "accumulate": options.accumulate,
            "precision": options.precision}  # fmt: skip


def apart(stacked: dict[str, Any], naive: dict[str, Any]) -> dict[str, Any]:
    """Return the ratio of two models that do not fit one process, by their shares of the peak."""
    return {"stacked_to_naive_apart": naive["peak_share"] / stacked["peak_share"]}


def penalty_rows(options: argparse.Namespace, tasks: int) -> list[dict[str, Any]]:
    """Measure the penalty at one number of tasks; many pairs are extrapolated from fewer."""
    case = {"kind": "penalty", "seconds": options.seconds}
    rows = [run(options, case | {"tasks": tasks, "model": "stacked"})]
    if options.naive:
        looped = min(tasks, MOST_LOOPED_TASKS)
        naive = run(options, case | {"tasks": looped, "model": "naive"})
        if looped < tasks and "failed" not in naive:
            naive = extrapolated(naive, tasks)
        rows.append(naive | {"tasks": tasks})
    return rows


def extrapolated(row: dict[str, Any], tasks: int) -> dict[str, Any]:
    """Return a naive penalty's time by the number of pairs, with nothing else known."""
    pairs = tasks * (tasks - 1) / (row["tasks"] * (row["tasks"] - 1))
    parameters = row["parameters"] // row["tasks"] * tasks
    return {"model": f"naive, from T = {row['tasks']}", "parameters": parameters,
            "estimate": row["step"]["median"] * pairs}  # fmt: skip


def run(options: argparse.Namespace, case: dict[str, Any]) -> dict[str, Any]:
    """Return a case and its result, measured in a fresh process; ``failed`` says why not."""
    print("measuring", {k: case[k] for k in ("kind", "plan", "tasks", "model") if k in case},
          file=sys.stderr, flush=True)  # fmt: skip
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3"} | dict(os.environ)
    command = [sys.executable, str(CASES), json.dumps(case)]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=options.limit
        )
    except subprocess.TimeoutExpired:
        return case | {"failed": f"not done in {options.limit:.0f} s"}
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        print(done.stderr, file=sys.stderr)
        return case | {"failed": lines[-1][:60]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return case | result


if __name__ == "__main__":
    main()
