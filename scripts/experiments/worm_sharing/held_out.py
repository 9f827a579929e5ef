"""Write the rows that models were not trained on, small enough to lie beside them.

python scripts/experiments/worm_sharing/held_out.py worm.h5 models/*/*.keras --out models/worm.h5

worm.h5 is the data set that all the models were trained on, some perhaps on some of its tasks.
"""

import argparse
import sys
from pathlib import Path

from chromkeras.data.hdf5 import load_dataset, save_dataset
from chromkeras.data.held_out import held_out
from chromkeras.model_file.card import read_card


def main() -> None:
    """Write the file, after checking that it belongs to every model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="data set from `chromkeras prepare`")
    parser.add_argument("models", type=Path, nargs="+", help="model files from `train`")
    parser.add_argument("--out", type=Path, required=True, help="data set to write")
    options = parser.parse_args()
    try:
        write(options.data, options.models, options.out)
    except ValueError as error:
        sys.exit(f"error: {error}")


def write(data: Path, models: list[Path], out: Path) -> None:
    """Write the held-out rows of a data set that models were trained on."""
    if out.exists() and out.samefile(data):
        raise ValueError(f"--out {out} is also the input; choose another name")
    cards = {path: read_card(path) for path in models}
    task_sets = dict.fromkeys(tuple(card.tasks) for card in cards.values())
    part = held_out(load_dataset(data), list(task_sets))
    for path, card in cards.items():
        if not part.was_trained_on(card.fingerprint):
            raise ValueError(f"{path} was trained on other data ({card.fingerprint}) than {data}")
    save_dataset(part, out)
    size = out.stat().st_size / 1e6
    print(f"wrote {out}: {len(part):,} rows, {len(part.tasks)} tasks, {size:.1f} MB")


if __name__ == "__main__":
    main()
