"""How well the dry run's step times hold: expected and measured training steps.

python scripts/benchmarks/duration.py --fit

Steps are timed in turns with the dry run's own measurement of the machine. ``--fit`` prints the
coefficients of ``chromkeras.cost.duration`` that make the relative errors of these steps least.
KERAS_BACKEND=jax measures JAX.
"""

import argparse
import gc
from typing import Any

import numpy as np
from cases import LENGTH, _compiled, _step
from scipy.optimize import nnls
from table import markdown_table, time_text
from timing import seconds

from chromkeras.cost.duration import training_work
from chromkeras.cost.machine import measure_speed

# plan, size, T, batch
STEPS = (
    ("hard", "poster", 1, 64),
    ("hard", "poster", 16, 32),
    ("hard", "poster", 64, 16),
    ("hard", "poster", 100, 8),
    ("basset", "poster", 16, 64),
    ("single", "poster", 4, 32),
    ("single", "poster", 16, 32),
    ("soft", "poster", 8, 64),
    ("soft", "poster", 8, 4),
    ("hard", "small", 16, 64),
    ("single", "small", 16, 64),
    ("soft", "small", 4, 64),
)
HEADER = ("plan", "size", "T", "batch", "expected", "measured", "expected / measured")


def main() -> None:
    """Time all steps, print the table and, where asked, the fit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fit", action="store_true", help="also fit the coefficients")
    parser.add_argument("--rounds", type=int, default=4, help="steps of each model to time")
    options = parser.parse_args()
    rows = [measure(*step, rounds=options.rounds) for step in STEPS]
    print(markdown_table(HEADER, [row["cells"] for row in rows]))
    if options.fit:
        terms = np.array([np.array(row["terms"]) / row["measured"] for row in rows])
        fitted, _ = nnls(terms, np.ones(len(rows)))
        print("\nfitted:", ", ".join(f"{c:.3g}" for c in fitted))
        print("expected / measured then:", ", ".join(f"{r:.2f}" for r in terms @ fitted))


def measure(plan: str, size: str, tasks: int, batch: int, *, rounds: int) -> dict[str, Any]:
    """Return expected and measured seconds of a step, and the terms of the expected ones."""
    case = {"plan": plan, "size": size, "tasks": tasks, "batch": batch, "jit": "auto",
            "accumulate": 1}  # fmt: skip
    model = _compiled(case, "stacked")
    step = _step(model, case)
    step()
    step()
    times, terms, expected = [], [], []
    for _ in range(rounds):
        speed = measure_speed(0.5)
        times.append(seconds(step))
        work = training_work(model, batch)
        terms.append(work.terms(speed))
        expected.append(work.seconds(speed))
    measured, estimated = float(np.median(times)), float(np.median(expected))
    del model, step
    gc.collect()
    cells = [plan, size, str(tasks), str(batch), time_text(estimated), time_text(measured),
             f"{estimated / measured:.2f}"]  # fmt: skip
    print(" ".join(cells), f"{LENGTH} bp", flush=True)
    return {"cells": cells, "terms": np.median(terms, axis=0), "measured": measured}


if __name__ == "__main__":
    main()
