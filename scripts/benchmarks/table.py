"""The two tables of the benchmark, as Markdown."""

from collections.abc import Sequence
from typing import Any

STEP_HEADER = (
    "plan", "T", "model", "parameters", "first step", "step (range)", "expected", "GFLOP/s",
    "of sgemm peak", "peak memory", "expected", "stacked / naive",
)  # fmt: skip
PENALTY_HEADER = (
    "T", "model", "weights", "first call", "value + gradient (range)", "extra memory",
    "naive / stacked",
)  # fmt: skip
SHARE_HEADER = ("T", "step, no penalty (range)", "step (range)", "penalty's share of a step")


def step_table(rows: list[dict[str, Any]]) -> str:
    """Return the training steps as Markdown."""
    return markdown_table(STEP_HEADER, [step_cells(row) for row in rows])


def step_cells(row: dict[str, Any]) -> list[str]:
    """Return a training step's cells."""
    cells = [row["plan"], str(row["tasks"]), row["model"]]
    if "failed" in row:
        return [*cells, "", row["failed"], *[""] * 7]
    return [
        *cells,
        f"{row['parameters']:,}",
        time_text(row["first_step"]),
        range_text(row["step"]),
        time_text(row.get("expected_step")),
        f"{row['flops'] / 1e9:.0f}",
        f"{100 * row['peak_share']:.0f} %",
        memory_text(row["peak_memory"]),
        memory_text(row.get("expected_memory")),
        ratio_text(row),
    ]


def ratio_text(row: dict[str, Any]) -> str:
    """Return stacked / naive; "about" where the two did not fit one process."""
    if "pair" in row:
        return f"{row['pair']['stacked_to_naive']:.2f}"
    if "stacked_to_naive_apart" in row:
        return f"about {row['stacked_to_naive_apart']:.2f}"
    return ""


def penalty_table(rows: list[dict[str, Any]]) -> str:
    """Return the penalties as Markdown."""
    medians = {
        r["tasks"]: r["step"]["median"] for r in rows if r["model"] == "stacked" and "step" in r
    }
    return markdown_table(PENALTY_HEADER, [penalty_cells(row, medians) for row in rows])


def penalty_cells(row: dict[str, Any], medians: dict[int, float]) -> list[str]:
    """Return a penalty's cells; ``medians`` are the stacked form's seconds by T."""
    cells = [str(row["tasks"]), row["model"]]
    if "failed" in row:
        return [*cells, "", row["failed"], "", "", ""]
    if "estimate" in row:
        own, texts = row["estimate"], ["", f"about {time_text(row['estimate'])} (extrapolated)", ""]
    else:
        own = row["step"]["median"]
        texts = [time_text(row["first_step"]), range_text(row["step"]),
                 memory_text(row["extra_memory"])]  # fmt: skip
    stacked = medians.get(row["tasks"])
    ratio = "" if row["model"] == "stacked" or stacked is None else f"{own / stacked:.2g}"
    return [*cells, f"{row['parameters']:,}", *texts, ratio]


def share_table(rows: list[dict[str, Any]]) -> str:
    """Return the penalty's share of soft-shared models' steps as Markdown."""
    return markdown_table(SHARE_HEADER, [share_cells(row) for row in rows])


def share_cells(row: dict[str, Any]) -> list[str]:
    """Return the cells of one number of tasks."""
    if "failed" in row:
        return [str(row["tasks"]), row["failed"], "", ""]
    times = [range_text(row[name]) for name in ("without", "step")]
    return [str(row["tasks"]), *times, f"{100 * row['share']:.1f} %"]


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with its columns aligned to the right."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    lines = [" | ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    head = " | ".join(c.rjust(w) for c, w in zip(header, widths, strict=True))
    rule = "|".join("-" * (w + 1) + ":" for w in widths)
    return "\n".join([f"| {head} |", f"|{rule}|", *(f"| {line} |" for line in lines)])


def time_text(value: float | None) -> str:
    """Return seconds as "1.23 s" or "4.5 ms"."""
    if value is None:
        return ""
    return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.3g} ms"


def range_text(times: dict[str, Any]) -> str:
    """Return median (least - most) of repeated calls."""
    ends = f"{time_text(times['least'])} - {time_text(times['most'])}"
    return f"{time_text(times['median'])} ({ends})"


def memory_text(value: float | None) -> str:
    """Return bytes as GB."""
    if value is None:
        return ""
    return f"{value / 1e9:.2f} GB"
