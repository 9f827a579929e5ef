"""``chromkeras info``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from chromkeras.names import printable


def command(
    file: Annotated[
        Path,
        typer.Argument(
            help="A .keras model or an .h5 data set of ours, or a shipped model by name."
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Describe a model file or a data set file."""
    import json as encoder

    from chromkeras.files import require_file
    from chromkeras.model_file.shipped import model_path
    from chromkeras.tables import plain

    found = require_file(model_path(file), "file")
    facts = _model_facts(found) if found.suffix == ".keras" else _dataset_facts(found)
    print(encoder.dumps(plain(facts), indent=2) if json else "\n".join(_lines(facts)))


def _model_facts(path: Path) -> dict[str, Any]:
    """Return what the run card says; all of the file is checked, without importing Keras."""
    from chromkeras.model_file.check import check_model_file

    card = check_model_file(path).card
    return {
        "file": f"{path} (chromkeras model)",
        "tasks": list(card.tasks),
        "data fingerprint": card.fingerprint,
        "recipe": card.recipe,
        "scores": card.scores,
    }


def _dataset_facts(path: Path) -> dict[str, Any]:
    from chromkeras.data.hdf5 import load_dataset
    from chromkeras.data.split_names import SPLITS
    from chromkeras.problems.registry import find_problem

    dataset = load_dataset(path)
    counts = {split: len(dataset.rows(split)) for split in SPLITS}
    known, ones = dataset.counts(dataset.rows("all"))
    positives = dict(zip(dataset.tasks, ones.tolist(), strict=True))
    unknown = dict(zip(dataset.tasks, (len(dataset) - known).tolist(), strict=True))
    origin = dataset.origin
    return {
        "file": f"{path} (chromkeras data set)",
        "rows": len(dataset),
        "elements": int(dataset.elements.sum()),
        **({"length": dataset.dna.length} if "dna" in dataset.inputs else {}),
        "inputs": {name: list(shape) for name, shape in dataset.shapes.items()},
        "problem": dataset.problem,
        **({"classes": list(dataset.classes)} if dataset.classes else {}),
        "splits": counts,
        **({"positives": positives} if "positives" in find_problem(dataset.problem).counts else {}),
        "unknown labels": unknown,
        "planted motifs": 0 if dataset.truth is None else len(dataset.truth.row),
        "fingerprint": dataset.fingerprint,
        **({} if origin is None else {"held out of": list(origin.fingerprints)}),
    }


def _lines(facts: dict[str, Any], indent: int = 0) -> list[str]:
    lines = []
    names = {key: printable(key) for key in facts}
    width = max(len(name) for name in names.values()) + 2
    for key, value in facts.items():
        if isinstance(value, dict) and value:
            lines += [f"{' ' * indent}{names[key]}", *_lines(value, indent + 2)]
        else:
            lines.append(f"{' ' * indent}{names[key]:<{width}}{_short(value)}")
    return lines


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(printable, value))
    return f"{value:.4g}" if isinstance(value, float) else printable(value)
