"""Score every attribution method, and motifs found, on planted motifs of every grammar.

python scripts/experiments/ground_truth/run.py --out runs/ground_truth

For each grammar of `chromkeras simulate` and each plan (hard, soft, single): simulate, train a
small model, attribute sequences of the validation split by every method, score them by what was
planted. What is done already is not done again: interrupt at will, the same command goes on.
"""

import argparse
import json
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

from study_table import write_tables

from chromkeras.files import replacing
from chromkeras.importers.grammars.registry import grammar_names

HERE = Path(__file__).parent
CHROMKERAS = Path(sys.executable).with_name("chromkeras")
PLANS = ("hard", "soft", "single")
TASKS, LENGTH = 3, 240
SIZES = (
    "architecture.filters=[32, 32, 32]", "architecture.dense=[64, 64]",
    "architecture.padding=same", "training.patience=15",
)  # fmt: skip
"""Sizes of the small architecture, narrower still; a spacing is learnt late."""


def main() -> None:
    """Run what is missing, then write the tables."""
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    check_same_study(options)
    cells = list(product(options.grammars, options.plans))
    began = time.monotonic()
    for place, (grammar, plan) in enumerate(cells):
        left = (time.monotonic() - began) / place * (len(cells) - place) if place else None
        about = f", about {left / 60:.0f} minutes left" if left else ""
        print(f"[{place + 1}/{len(cells)}] {grammar}, {plan}{about}", flush=True)
        finish(grammar, plan, options)
    text = write_tables([(g, p, options.out / f"{g}.{p}") for g, p in cells], options.out)
    print(f"\n{text}\nwrote {options.out / 'table.md'} and {options.out / 'table.tsv'}")


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/ground_truth"))
    parser.add_argument("--grammars", nargs="+", default=grammar_names(), choices=grammar_names())
    parser.add_argument("--plans", nargs="+", default=PLANS, choices=PLANS)
    parser.add_argument("--rows", type=int, default=8000, help="rows to simulate")
    parser.add_argument("--epochs", type=int, default=15, help="epochs to train")
    parser.add_argument("--sequences", type=int, default=60, help="sequences to attribute")
    parser.add_argument("--references", type=int, default=10, help="shuffles per sequence")
    parser.add_argument("--seed", type=int, default=0, help="of data, training and references")
    return parser.parse_args()


def check_same_study(options: argparse.Namespace) -> None:
    """Stop when the folder holds a study of other sizes, which must not be mixed with this one."""
    wanted = {k: vars(options)[k] for k in ("rows", "epochs", "sequences", "references", "seed")}
    file = options.out / "options.json"
    if file.exists() and json.loads(file.read_text(encoding="utf-8")) != wanted:
        sys.exit(
            f"{options.out} holds a study with other options, see {file}; choose another --out"
        )
    with replacing(file) as beside:
        beside.write_text(json.dumps(wanted) + "\n", encoding="utf-8")


def finish(grammar: str, plan: str, options: argparse.Namespace) -> None:
    """Simulate, train and score, but for what is there."""
    model, data = trained(grammar, plan, options)
    sizes = [f"--{name}={vars(options)[name]}" for name in ("sequences", "references", "seed")]
    scores = model.with_name("scores.txt")
    call([HERE / "scores.py", model, data, model.parent, *sizes], scores)


def trained(grammar: str, plan: str, options: argparse.Namespace) -> tuple[Path, Path]:
    """Simulate and train, but for what is there; return the files of the model and its data."""
    data = options.out / f"{grammar}.h5"
    folder = options.out / f"{grammar}.{plan}"
    folder.mkdir(exist_ok=True)
    seed = str(options.seed)
    if not data.exists():
        sizes = ["--tasks", str(TASKS), "--length", str(LENGTH), "--sequences", str(options.rows)]
        arguments = ["simulate", "--grammar", grammar, "--out", str(data), *sizes, "--seed", seed]
        call([CHROMKERAS, *arguments], data.with_suffix(".txt"))
    model = folder / "model.keras"
    if not model.exists():
        arguments = ["train", plan, "--data", str(data), "--out", str(model), "--seed", seed]
        arguments += ["--epochs", str(options.epochs)]
        arguments += [word for setting in SIZES for word in ("--set", setting)]
        if model.with_name("model.resume.npz").exists():
            arguments.append("--resume")
        call([CHROMKERAS, *arguments], folder / "train.txt")
    return model, data


def call(arguments: list[str | Path], log: Path) -> None:
    """Run a Python script; its words go to a file, and its failure ends the study."""
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run([sys.executable, *arguments], stdout=file, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(
            f"{log.read_text(encoding='utf-8')[-2000:]}\nfailed: {' '.join(map(str, arguments))}"
        )


if __name__ == "__main__":
    main()
