"""The tables of the study, as Markdown and TSV."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import pandas as pd

from chromkeras.files import replacing

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from table import markdown_table

Cells = Sequence[tuple[str, str, Path]]
Row = dict[str, Any]
NOTES = {"validation"}
ABOUT = (
    "Areas of each open sequence of the validation split, averaged. True are the positions of "
    "instances that open the task; decoys and motifs of other tasks are not. Gradients at every "
    "base count by their absolute values, contributions of the observed bases with their sign. "
    "Seconds are those of all sequences and tasks of a model, compilation included."
)


def write_tables(cells: Cells, out: Path) -> str:
    """Write table.md and table.tsv; return the Markdown.

    Parameters
    ----------
    cells
        Grammar, plan and folder of each model that is finished.
    out
        Where to write.
    """
    rows = [row for cell in cells for row in read_rows(*cell)]
    text = markdown(rows)
    with replacing(out / "table.md") as path:
        path.write_text(text + "\n", encoding="utf-8")
    with replacing(out / "table.tsv") as path:
        pd.DataFrame([_texts(row) for row in rows]).to_csv(path, sep="\t", index=False)
    return text


def _texts(row: Row) -> dict[str, str]:
    """Return the cells as text: pandas would write counts with gaps as fractions."""
    known = {name: value for name, value in row.items() if value is not None}
    return {k: f"{v:.6g}" if isinstance(v, float) else str(v) for k, v in known.items()}


def read_rows(grammar: str, plan: str, folder: Path) -> list[Row]:
    """Return everything that was scored of a model."""
    model = {
        "grammar": grammar,
        "plan": plan,
        "validation_auroc": _read(folder, "validation")["auroc"],
    }
    names = sorted(path.stem for path in folder.glob("*.json") if path.stem not in NOTES)
    return [model | row for name in names for row in _read(folder, name)]


def _read(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def markdown(rows: list[Row]) -> str:
    """Return all tables: means over grammars, positions by grammar, motifs, what failed."""
    scored = [row for row in rows if row.get("task") == "mean"]
    failed = [row for row in rows if "failed" in row]
    found = [row for row in rows if "source" in row]
    parts = [
        "Positions, AUROC / AUPRC: mean over tasks and grammars",
        _by_method(scored),
        ABOUT,
        "Positions, AUROC / AUPRC, by grammar",
        _by_grammar(scored),
        "Planted motifs found at q < 0.05, and motifs that match none of them",
        _motifs(found),
    ]
    if failed:
        names = {row["method"]: row["failed"] for row in failed}
        plans = {name: _several(r["plan"] for r in failed if r["method"] == name) for name in names}
        lines = [f"- {name} on {plans[name]}: {names[name]}" for name in names]
        parts += ["Not possible", "\n".join(lines)]
    return "\n\n".join(parts)


def _several(names: Any) -> str:
    return ", ".join(dict.fromkeys(names))


def _by_method(rows: list[Row]) -> str:
    plans = list(dict.fromkeys(row["plan"] for row in rows))
    methods = sorted({row["method"] for row in rows}, key=lambda m: -_mean_auprc(rows, m))
    header = ["method", *plans, "seconds"]
    table = []
    for method in methods:
        own = [row for row in rows if row["method"] == method]
        texts = [_areas([r for r in own if r["plan"] == plan]) for plan in plans]
        table.append([method, *texts, f"{mean(r['seconds'] for r in own):.1f}"])
    return markdown_table(header, table)


def _mean_auprc(rows: list[Row], method: str) -> float:
    return mean(row["auprc"] for row in rows if row["method"] == method)


def _by_grammar(rows: list[Row]) -> str:
    methods = list(dict.fromkeys(row["method"] for row in rows))
    header = ["grammar", "plan", "validation AUROC", "chance", *methods]
    table = []
    for grammar, plan in dict.fromkeys((row["grammar"], row["plan"]) for row in rows):
        own = [row for row in rows if (row["grammar"], row["plan"]) == (grammar, plan)]
        texts = [_areas([r for r in own if r["method"] == method]) for method in methods]
        start = [
            grammar,
            plan,
            f"{own[0]['validation_auroc']:.4f}",
            f"0.5 / {own[0]['chance']:.3f}",
        ]
        table.append([*start, *texts])
    return markdown_table(header, table)


def _areas(rows: list[Row]) -> str:
    if not rows:
        return "–"
    return f"{mean(r['auroc'] for r in rows):.3f} / {mean(r['auprc'] for r in rows):.3f}"


def _motifs(rows: list[Row]) -> str:
    header = ["grammar", "plan", "motifs of", "found", "false", "of other tasks", "missed"]
    columns: list[Callable[[Row], str]] = [
        lambda row: row["grammar"],
        lambda row: row["plan"],
        lambda row: row["source"],
        lambda row: f"{row['found']} of {row['planted']}",
        lambda row: f"{row['false']} of {row['discovered']}",
        lambda row: str(row.get("elsewhere", "?")),  # of a study of before there was this
        lambda row: row["missed_motifs"],
    ]
    return markdown_table(header, [[column(row) for column in columns] for row in rows])
