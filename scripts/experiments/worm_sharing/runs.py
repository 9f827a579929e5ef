"""The runs of the study, read from runs.toml."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """One training: a line of the table at one seed."""

    name: str
    plan: str
    seed: int
    size: str
    tasks: str
    settings: dict[str, Any] = field(default_factory=dict)
    init: str = ""

    @property
    def slug(self) -> str:
        """Name of its folder."""
        return f"{slug(self.name)}.{self.seed}"


def slug(name: str) -> str:
    """Return a name that every file system takes."""
    return re.sub(r"[^\w.-]+", "_", name).strip("_")


@dataclass(frozen=True)
class Study:
    """All runs, and the lines that repeat the best of others at more seeds."""

    runs: list[Run]
    best_of: dict[str, tuple[str, list[int]]]


def read_study(path: Path) -> Study:
    """Read the table of runs; the first seed of every run comes first."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    common = table["common"]
    runs, best_of = [], {}
    for row in table["run"]:
        seeds = row.get("seeds", [0])
        if "best_of" in row:
            best_of[row["name"]] = (row["best_of"], seeds)
            continue
        settings = common.get("set", {}) | row.get("set", {})
        tasks = row.get("tasks", common.get("tasks", ""))
        runs += [
            Run(row["name"], row["plan"], seed, common["size"], tasks, settings,
                row.get("init", ""))
            for seed in seeds
        ]  # fmt: skip
    return Study(sorted(runs, key=lambda run: run.seed), best_of)


def command_line(run: Run, data: Path, out: Path) -> list[str]:
    """Return the arguments of ``chromkeras train`` for a run that writes in folder ``out``."""
    model = out / run.slug / "model.keras"
    arguments = ["train", run.plan, "--data", str(data), "--out", str(model)]
    arguments += ["--size", run.size, "--seed", str(run.seed)]
    if run.tasks:
        arguments += ["--tasks", run.tasks]
    for key, value in run.settings.items():
        arguments += ["--set", f"{key}={_toml(value)}"]
    if run.init:
        arguments += ["--init", str(out / f"{slug(run.init)}.{run.seed}" / "model.keras")]
    if model.with_name("model.resume.npz").exists():
        arguments.append("--resume")
    return arguments


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
