"""Train, evaluate and tabulate every run of the study; what is done already is not done again.

python scripts/experiments/worm_sharing/run.py worm.h5 --out runs/worm_sharing

worm.h5 comes from `chromkeras prepare --arrays worm_atac.h5 --out worm.h5`. λ is chosen on the
validation split. Interrupt at will: the same command goes on, within a run too.
"""

import argparse
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from results import add_cpu_minutes, read_result, validation_auroc
from runs import Run, Study, command_line, read_study
from study_table import write_table

HERE = Path(__file__).parent
CHROMKERAS = Path(sys.executable).with_name("chromkeras")


def main() -> None:
    """Run what is missing, then write the table."""
    options = parse()
    study = read_study(options.runs)
    wanted = [run for run in study.runs if options.only in run.name]
    began = time.monotonic()
    for place, run in enumerate(wanted):
        left = (time.monotonic() - began) / place * (len(wanted) - place) if place else None
        about = f", about {left / 60:.0f} minutes left" if left else ""
        print(f"[{place + 1}/{len(wanted)}] {run.slug}{about}", flush=True)
        finish(run, options.data, options.out, options.split)
    best = {} if options.only else repeat_best(study, options)
    lines = write_table(study, best, options.out, options.split)
    print(f"\n{lines}\nwrote {options.out / 'table.md'} and {options.out / 'table.tsv'}")


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
    return parser.parse_args()


def repeat_best(study: Study, options: argparse.Namespace) -> dict[str, list[Run]]:
    """Repeat the best of some runs, by validation AUROC, at more seeds; return them by line."""
    repeated = {}
    for line, (prefix, seeds) in study.best_of.items():
        among = [run for run in study.runs if run.name.startswith(prefix)]
        best = max(among, key=lambda run: validation_auroc(options.out / run.slug))
        repeated[line] = [replace(best, seed=seed) for seed in seeds]
        for run in repeated[line]:
            finish(run, options.data, options.out, options.split)
    return repeated


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
    target = folder / f"{split}.json"
    if not target.exists():
        arguments = ["evaluate", "--model", str(model), "--data", str(data), "--out", str(target)]
        arguments += ["--split", split, "--plots", str(folder / split)]
        call(arguments, folder / f"{split}.txt")
    read_result(folder, split)


def cpu_minutes(before: float = 0.0) -> float:
    """Return the processor minutes that the commands run so far have taken, less some."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) / 60 - before


def call(arguments: list[str], log: Path) -> None:
    """Run chromkeras; its words go to a file, and its failure ends the study."""
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run([CHROMKERAS, *arguments], stdout=file, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{log.read_text(encoding='utf-8')[-2000:]}\nfailed: {' '.join(arguments)}")


if __name__ == "__main__":
    main()
