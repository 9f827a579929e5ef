"""Call chromkeras, as a user would."""

import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CHROMKERAS = Path(sys.executable).with_name("chromkeras")


def call(arguments: Sequence[str], log: Path) -> None:
    """Run chromkeras; its words go to a file, and its failure ends the study."""
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run([CHROMKERAS, *arguments], stdout=file, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{log.read_text(encoding='utf-8')[-2000:]}\nfailed: {' '.join(arguments)}")


def cpu_minutes(before: float = 0.0) -> float:
    """Return the processor minutes that the commands run so far have taken, less some."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) / 60 - before
