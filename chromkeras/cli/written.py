"""A folder that a command has written: what to look at first, and what is in it."""

from pathlib import Path
from typing import Any

from chromkeras.cli.outcome import Outcome

REPORT = "report.html"


def folder_outcome(summary: dict[str, Any], text: str, folder: Path, shows: str) -> Outcome:
    """Return the outcome of a command that writes a page and the files behind it.

    Parameters
    ----------
    summary
        What the library returned.
    text
        The main figures for a person.
    folder
        Folder that was written.
    shows
        What the page shows, in a few words.
    """
    files = [file for file in sorted(folder.iterdir()) if not file.name.startswith(".")]
    names = [f"{file.name}/" if file.is_dir() else file.name for file in files]
    page = folder / REPORT
    lines = (text, "", f"look first at {page}: {shows}", f"wrote {folder}: {', '.join(names)}")
    written = {"out": folder, "report": page, "written": names}
    return Outcome(written | summary, "\n".join(lines))
