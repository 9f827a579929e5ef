"""Which motifs a simulation plants."""

from math import comb
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.motifs.motif_files import write_meme
from chrominterpret.motifs.pwm import Motif, information_content
from chromkeras.errors import InputError
from chromkeras.importers.simulation import DEFAULT_SOURCE, Simulation
from chromkeras.names import unknown

# Strong, unlike each other, and known to a worm biologist; the order is that of use.
WORM_MOTIFS = (
    "elt-2", "hlh-1", "skn-1", "efl-1", "snpc-4", "egl-38", "nfya-1", "lin-54",
    "mab-3", "ceh-38", "pha-4", "ets-7", "nfi-1", "hsf-1", "ref-1", "unc-86",
)  # fmt: skip


def choose_motifs(settings: Simulation) -> list[Motif]:
    """Return the motifs that the settings name, or the default ones of their source.

    Raises
    ------
    InputError
        The source does not exist or is malformed; a name is not in it; a motif is longer than a
        sequence; or there are fewer different sets of motifs than tasks.
    """
    motifs = _named(settings) if settings.motifs else _default_motifs(settings)
    sets = comb(len(motifs), settings.motifs_per_task)
    if sets < settings.tasks:
        raise InputError(
            f"expected a set of {settings.motifs_per_task} motifs for each of {settings.tasks} "
            f"tasks, none twice; {len(motifs)} motifs give {sets} sets: choose more motifs, other "
            "motifs per task or fewer tasks"
        )
    widest = max(motifs, key=len)
    if len(widest) > settings.span:
        raise InputError(
            f"motif {widest.label} of {len(widest)} bp does not fit in {settings.span} bp"
        )
    return motifs


def _named(settings: Simulation) -> list[Motif]:
    available = _load(settings.source)
    by_name = {motif.alt_name.lower(): motif for motif in available if motif.alt_name}
    by_name |= {motif.name.lower(): motif for motif in available}
    chosen: dict[str, Motif] = {}
    for name in settings.motifs:
        if name.lower() not in by_name:
            raise unknown(f"motif of {settings.source}", name.lower(), by_name)
        motif = by_name[name.lower()]
        if motif.name in chosen:
            raise InputError(f"motif {motif.label} is named twice; name every motif once")
        chosen[motif.name] = motif
    return list(chosen.values())


def _default_motifs(settings: Simulation) -> list[Motif]:
    wanted = max(-(-3 * settings.tasks // 2), settings.motifs_per_task)
    size = min(wanted, len(WORM_MOTIFS))
    available = _load(settings.source)
    if settings.source == DEFAULT_SOURCE:
        by_factor = {motif.alt_name: motif for motif in available}
        return [by_factor[name] for name in WORM_MOTIFS[:size]]
    strongest = sorted(available, key=lambda m: -information_content(m.ppm).sum())
    return strongest[:size]


def _load(source: str) -> list[Motif]:
    try:
        return load_motifs(source)
    except FileNotFoundError as error:
        raise InputError(str(error)) from error


def meme_text(motifs: list[Motif]) -> str:
    """Return what a MEME file of the motifs holds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "motifs.meme"
        write_meme(path, motifs)
        return path.read_text(encoding="utf-8")


def one_task_simulation(given: Any, *, sequences: int, motifs: int) -> Simulation:
    """Return what a simulation of another kind has in common with one of accessibility, checked.

    Parameters
    ----------
    given
        Settings with the names that ``Simulation`` has for source, motifs, length, span, GC,
        splits and seed.
    sequences
        Number of rows.
    motifs
        Number of motifs; of the worm's the first are taken where none are named.
    """
    default = given.source == DEFAULT_SOURCE and not given.motifs
    return Simulation(
        tasks=1,
        sequences=sequences,
        length=given.length,
        source=given.source,
        motifs=WORM_MOTIFS[:motifs] if default else given.motifs,
        motifs_per_task=motifs,
        span=given.span,
        gc=given.gc,
        valid_fraction=given.valid_fraction,
        test_fraction=given.test_fraction,
        seed=given.seed,
    )
