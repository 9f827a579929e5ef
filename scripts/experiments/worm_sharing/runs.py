"""The runs of the study, read from runs.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from chromkeras.files import require_file
from chromkeras.names import unknown


@dataclass(frozen=True)
class Run:
    """One training: a row of the table at one seed.

    One that is watched is for the figure of its gradients, and has no row in the table.
    """

    name: str
    plan: str
    seed: int
    size: str
    tasks: str
    settings: dict[str, Any] = field(default_factory=dict)
    init: str = ""
    watch: bool = False

    @property
    def slug(self) -> str:
        """Name of its folder."""
        return f"{slug(self.name)}.{self.seed}"


def slug(name: str) -> str:
    """Return a name that every file system takes."""
    return re.sub(r"[^\w.-]+", "_", name).strip("_")


@dataclass(frozen=True)
class Comparison:
    """Arguments of ``chromkeras compare``: rows of the table, their seeds (all), its options."""

    runs: list[str]
    seeds: list[int] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    def choose(self, replicates: Mapping[str, list[Run]]) -> list[Run]:
        """Return the runs to compare, row by row."""
        every = [run for name in self.runs for run in replicates[name]]
        return [run for run in every if not self.seeds or run.seed in self.seeds]


@dataclass(frozen=True)
class Ship:
    """What is kept of the study, by its name there.

    Models are named by their row of the table, the first seed's; figures by their comparison and
    file.
    """

    models: dict[str, str] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """All runs, the rows that repeat the best of others at more seeds, and what is made of them.

    Raises
    ------
    ValueError
        A comparison or a kept model names no row, or a kept figure no comparison.
    """

    runs: list[Run]
    best_of: dict[str, tuple[str, list[int]]]
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    ship: Ship = field(default_factory=Ship)

    def __post_init__(self) -> None:
        replicates = {*self.best_of, *(run.name for run in self.runs)}
        wanted = [name for comparison in self.comparisons.values() for name in comparison.runs]
        for name in (*wanted, *self.ship.models.values()):
            if name not in replicates:
                raise unknown("run", name, sorted(replicates))
        for source in self.ship.figures.values():
            if source.split("/")[0] not in self.comparisons:
                raise unknown("comparison", source.split("/")[0], list(self.comparisons))


def read_study(path: Path) -> Study:
    """Read the table of runs; the first seed of every run comes first."""
    table = tomllib.loads(require_file(path, "table of runs").read_text(encoding="utf-8"))
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
                row.get("init", ""), row.get("watch", False))
            for seed in seeds
        ]  # fmt: skip
    comparisons = {
        name: Comparison(**_known(row, Comparison))
        for name, row in table.get("compare", {}).items()
    }
    kept = Ship(**_known(table.get("ship", {}), Ship))
    return Study(sorted(runs, key=lambda run: run.seed), best_of, comparisons, kept)


def _known(row: dict[str, Any], kind: type[Comparison] | type[Ship]) -> dict[str, Any]:
    names = [one.name for one in fields(kind)]
    for name in row:
        if name not in names:
            raise unknown(f"{kind.__name__.lower()} key", name, names)
    return row


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
    if run.watch:
        arguments.append("--watch-gradients")
    if model.with_name("model.resume.npz").exists():
        arguments.append("--resume")
    return arguments


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
