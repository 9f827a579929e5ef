"""Train, evaluate, tabulate and compare every run of the study; what is done is not done again.

python scripts/experiments/worm_sharing/run.py worm.h5 --out runs/worm_sharing

worm.h5 comes from `chromkeras prepare arrays worm_atac.h5 --out worm.h5`. λ is chosen on the
validation split. Interrupt at will: the same command goes on, within a run too. With --ship models
it also replaces the small models, their held-out rows and the figures that the project keeps.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from calls import call, cpu_minutes
from comparisons import FOLDER, compare_runs
from results import add_cpu_minutes, read_result, validation_auroc
from runs import Run, Study, command_line, read_study
from ship import ship
from study_table import all_replicates, write_table
from time_left import seconds_left

HERE = Path(__file__).parent


def main() -> None:
    """Run what is missing, then write the table, compare the models, and keep what is to be."""
    options = parse()
    try:
        study = read_study(options.runs)
        make_runs(study, options)
        best = {} if options.only else repeats_of_best(study, options)
        table = write_table(study, best, options.out, options.split)
        print(f"\n{table}\nwrote {options.out / 'table.md'} and {options.out / 'table.tsv'}")
        if not options.only:
            compare_and_ship(study, all_replicates(study, best), options)
    except ValueError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on")


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="data set from `chromkeras prepare`")
    parser.add_argument("--runs", type=Path, default=HERE / "runs.toml", help="the table of runs")
    parser.add_argument("--out", type=Path, default=Path("runs/worm_sharing"))
    parser.add_argument("--split", default="test", choices=("valid", "test"), help="what to report")
    parser.add_argument("--only", default="", help="runs with this in their name")
    parser.add_argument(
        "--ship", type=Path, help="folder to keep models and figures in: models, in the project"
    )
    options = parser.parse_args()
    if options.only and options.ship:
        parser.error("--ship needs the whole study; leave --only out")
    return options


def make_runs(study: Study, options: argparse.Namespace) -> None:
    """Make the runs that are not finished, and say before each how long all of them will take."""
    spent: dict[str, list[float]] = {}
    made = 0
    while todo := unfinished(study, options):
        left = seconds_left(spent, [run.plan for run in todo])
        about = "" if left is None else f", about {left / 60:.0f} minutes left"
        print(f"[{made + 1}/{made + len(todo)} to make] {todo[0].slug}{about}", flush=True)
        began = time.monotonic()
        finish(todo[0], options.data, options.out, options.split)
        spent.setdefault(todo[0].plan, []).append(time.monotonic() - began)
        made += 1


def unfinished(study: Study, options: argparse.Namespace) -> list[Run]:
    """Return the runs to make, first the study's own, then repeats of the best as known so far."""
    wanted = {run.slug: run for run in study.runs if options.only in run.name}
    if not options.only:
        best = repeats_of_best(study, options).values()
        wanted |= {run.slug: run for runs in best for run in runs}
    return [run for run in wanted.values() if not finished(run, options.out, options.split)]


def repeats_of_best(study: Study, options: argparse.Namespace) -> dict[str, list[Run]]:
    """Return the best of some runs, by validation AUROC, at more seeds, by row of the table."""

    def score(run: Run) -> float:
        done = finished(run, options.out, options.split)
        return validation_auroc(options.out / run.slug) if done else 0.0

    repeated = {}
    for name, (prefix, seeds) in study.best_of.items():
        best = max((run for run in study.runs if run.name.startswith(prefix)), key=score)
        repeated[name] = [replace(best, seed=seed) for seed in seeds]
    return repeated


def finished(run: Run, out: Path, split: str) -> bool:
    """Return whether a run is trained and, if the table has it, evaluated."""
    folder = out / run.slug
    return (folder / "model.keras").exists() and (run.watch or (folder / f"{split}.json").exists())


def finish(run: Run, data: Path, out: Path, split: str) -> None:
    """Train and evaluate a run, unless that has been done."""
    folder = out / run.slug
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "model.keras"
    if not model.exists():
        before = cpu_minutes()
        try:
            call(command_line(run, data, out), folder / "train.txt")
        finally:
            add_cpu_minutes(folder, cpu_minutes(before))
    if run.watch:
        return
    target = folder / f"{split}.json"
    if not target.exists():
        arguments = ["evaluate", "--model", str(model), "--data", str(data), "--out", str(target)]
        arguments += ["--split", split, "--plots", str(folder / split)]
        call(arguments, folder / f"{split}.txt")
    read_result(folder, split)


def compare_and_ship(
    study: Study, replicates: dict[str, list[Run]], options: argparse.Namespace
) -> None:
    """Make the comparisons that are missing; copy what is kept when asked to."""
    for name, comparison in study.comparisons.items():
        runs = comparison.choose(replicates)
        print(f"{options.out / FOLDER / name}: {len(runs)} models", end=" … ", flush=True)
        new = compare_runs(name, comparison, runs, options.data, options.out, options.split)
        print("compared" if new else "done already")
    if options.ship is not None:
        first = {name: runs[0] for name, runs in replicates.items()}
        changed = ship(study.ship, first, options.out, options.ship, options.data)
        print(f"new in {options.ship}: {', '.join(map(str, changed)) or 'nothing'}")


if __name__ == "__main__":
    main()
