"""First-layer filters as motifs: logos, a MEME file, TomTom matches, influence on targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from chrominterpret.files import replacing
from chrominterpret.filters.cooccurrence import Cooccurrence, cooccurrence
from chrominterpret.filters.filter_motifs import FilterMotif, filter_motifs
from chrominterpret.filters.influence import Influence, filter_influence
from chrominterpret.filters.profiles import FilterProfiles, filter_profiles
from chrominterpret.filters.rules import Rule
from chrominterpret.motifs.chance import matches_by_chance
from chrominterpret.motifs.letters import save_figure
from chrominterpret.motifs.logos import logo_grid, logo_pairs
from chrominterpret.motifs.merging import Merged, merge_motifs
from chrominterpret.motifs.motif_files import write_meme
from chrominterpret.motifs.pwm import Motif, consensus, information_content, trim
from chrominterpret.motifs.tomtom import Q_CUT, best_matches, calibrate, tomtom, write_matches
from chrominterpret.progress import progress

LOGOS = 24
LEFT_OUT = "left out"
SHUFFLED_SHARE = f"share of shuffled filters that match at q < {Q_CUT}"


@dataclass(frozen=True, eq=False)
class FilterReading:
    """What the first layer's filters read.

    Attributes
    ----------
    found
        Each filter, F of them.
    motifs
        Those that have one.
    targets
        Known motifs, without those that shuffled filters match.
    matches
        TomTom's table of ``motifs`` against ``targets``.
    influence
        Influence of each filter on each task, (F, T).
    profiles
        Where along the sequences each filter is active.
    together
        How often filters have sites in the same sequence.
    merged
        ``motifs``, those that are the same up to shift and strand as one.
    tasks
        T names.
    facts
        Counts, and the calibration of TomTom by shuffled filters.
    """

    found: list[FilterMotif]
    motifs: list[Motif]
    targets: list[Motif]
    matches: pd.DataFrame
    influence: Influence
    profiles: FilterProfiles
    together: Cooccurrence
    merged: list[Merged]
    tasks: tuple[str, ...]
    facts: dict[str, Any]


def read_filters(
    model: keras.Model,
    onehot: np.ndarray,
    some: Any,
    *,
    database: list[Motif],
    tasks: Sequence[str],
    rule: Rule,
    seed: int,
    layer: str | None = None,
    wrt: str | None = None,
    filter_names: list[str] | None = None,
    facts: Mapping[str, Any] | None = None,
    **influencing: Any,
) -> FilterReading:
    """Read the filters of a model's first layer.

    Parameters
    ----------
    model
        Functional Keras model.
    onehot
        Sequences for the filters to scan, (n, L, 4).
    some
        Arrays of all inputs of the rows that influence is measured on, in the model's order.
    database
        Known motifs.
    tasks
        Names of the T columns of the influence.
    rule
        "threshold" (Basset) or "top" (DeepREG).
    seed
        Seed of the shuffled filters that show what matches by chance.
    layer, wrt, filter_names
        As ``chrominterpret.filters`` takes them.
    facts
        Facts about the filters to put among those found.
    **influencing
        Other options of `filter_influence`.
    """
    found = filter_motifs(model, onehot, rule=rule, filter_names=filter_names, layer=layer, wrt=wrt)
    motifs = [f.motif for f in found if f.motif is not None]
    facts = {
        "scanned sequences": len(onehot),
        "rule": rule,
        "filters": len(found),
        "filters with a motif": len(motifs),
        "dead filters": sum(f.dead for f in found),
        **(facts or {}),
        "sequences that influence was measured on": len(some[0]),
    }
    with progress("influence of the filters") as report:
        influence = filter_influence(
            model, some, layer=layer, wrt=wrt, progress=report, **influencing
        )
    by_chance = matches_by_chance(motifs, database, seed=seed)
    targets = [target for target, bad in zip(database, by_chance, strict=True) if not bad]
    matches = tomtom(motifs, targets, seed=seed)
    profiles = filter_profiles(model, onehot, layer=layer, wrt=wrt)
    merged = merge_motifs(motifs)
    facts["motifs, those alike as one"] = len(merged)
    if motifs:
        facts |= _matching(motifs, database, by_chance, matches, seed)
    return FilterReading(
        found,
        motifs,
        targets,
        matches,
        influence,
        profiles,
        cooccurrence(profiles.presence),
        merged,
        tuple(tasks),
        facts,
    )


def write_filters(reading: FilterReading, out: Path) -> None:
    """Write what the filters read to a folder.

    ``filters.tsv``, ``tomtom.tsv``, ``filters.meme``, ``filters_merged.meme`` (those alike as
    one), ``filters.png`` and ``filters.npz``: profiles along the sequence and co-occurrence.
    """
    write_matches(out / "tomtom.tsv", reading.matches.groupby("query", sort=False).head(5))
    _write_table(reading, out / "filters.tsv")
    _write_arrays(reading, out / "filters.npz")
    for name in ("filters.meme", "filters_merged.meme", "filters.png"):
        (out / name).unlink(missing_ok=True)  # of an earlier run; this one may have none
    if reading.motifs:
        write_meme(out / "filters.meme", reading.motifs)
        write_meme(out / "filters_merged.meme", [merged.motif for merged in reading.merged])
        _draw(reading, out / "filters.png")


def _matching(
    motifs: list[Motif],
    database: list[Motif],
    by_chance: np.ndarray,
    matches: pd.DataFrame,
    seed: int,
) -> dict[str, Any]:
    """Return what was matched with what, and how often shuffled filters match as well."""
    left_out = [known for known, bad in zip(database, by_chance, strict=True) if bad]
    kept = [known for known, bad in zip(database, by_chance, strict=True) if not bad]
    best = best_matches(matches, motifs)
    everything = calibrate(motifs, database, seed=seed, q_cut=Q_CUT)
    return {
        "motifs in the database": len(database),
        "of them left out, as shuffled filters match them": int(by_chance.sum()),
        LEFT_OUT: ", ".join(f"{m.name} {m.alt_name}".strip() for m in left_out),
        f"filters that match at q < {Q_CUT}": int((best["q_value"] < Q_CUT).sum()),
        SHUFFLED_SHARE: calibrate(motifs, kept, seed=seed, q_cut=Q_CUT).shuffled_share,
        "share of filters that match the whole database": everything.share,
        "share of shuffled filters that do": everything.shuffled_share,
    }


def _write_table(reading: FilterReading, path: Path) -> None:
    """Write one row a filter: its motif, its best match, its influence on every task."""
    found = reading.found
    best = reading.matches.drop_duplicates("query").set_index("query")
    table = pd.DataFrame(
        {
            "filter": [f.name for f in found],
            "consensus": [_consensus(f.motif) for f in found],
            "sites": [f.n_sites for f in found],
            "bits": [_bits(f.motif) for f in found],
            "dead": [f.dead for f in found],
            "why no motif": [f.reason for f in found],
        }
    )
    columns = ["target_id", "target_name", "p_value", "q_value", "strand"]
    table = table.join(best[columns], on="filter")
    table["alike, as one"] = table["filter"].map(
        {member.name: m.motif.name for m in reading.merged for member in m.members}
    )
    table["sequences with a site"] = reading.profiles.presence.sum(axis=0)
    table["mean distance of sites from the middle (bp)"] = _distance(reading.profiles)
    for column, task in enumerate(reading.tasks):
        table[f"influence on {task}"] = reading.influence.mean_difference[:, column]
    with replacing(path) as beside:
        table.to_csv(beside, sep="\t", index=False, float_format="%.6g")


def _write_arrays(reading: FilterReading, path: Path) -> None:
    profiles, together = reading.profiles, reading.together
    with replacing(path) as beside:
        np.savez(
            beside,
            filters=np.array([f.name for f in reading.found]),
            positions=profiles.centres,
            mean_activation=profiles.mean_activation,
            site_share=profiles.site_share,
            together=together.together,
            expected_together=together.expected,
            log_odds_together=together.log_odds,
            q_together=together.q_value,
        )


def _distance(profiles: FilterProfiles) -> np.ndarray:
    """Return how far each filter's sites are from the middle, on average; NaN for no sites."""
    sites = profiles.site_share.sum(axis=1)
    total = profiles.site_share @ np.abs(profiles.centres)
    return np.divide(total, sites, out=np.full(len(sites), np.nan), where=sites > 0)


def _consensus(motif: Motif | None) -> str:
    trimmed = None if motif is None else trim(motif)
    return "" if trimmed is None else consensus(trimmed, iupac=True)


def _bits(motif: Motif | None) -> float:
    return np.nan if motif is None else float(information_content(motif.ppm).sum())


def _draw(reading: FilterReading, path: Path) -> None:
    """Draw filters beside their best matches: those that match first, the influential first."""
    strength = np.abs(reading.influence.mean_difference).max(axis=1)
    order = {f.name: strength[i] for i, f in enumerate(reading.found)}
    matches = reading.matches
    matched = set(matches.loc[matches["q_value"] < Q_CUT, "query"])
    top = sorted(reading.motifs, key=lambda m: (m.name not in matched, -order[m.name]))[:LOGOS]
    pairs = logo_pairs(top, reading.targets, matches, max_q=Q_CUT)
    if pairs:
        save_figure(logo_grid(pairs), path)
