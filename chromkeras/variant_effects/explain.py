"""Explanations of the strongest variants: contributions of both alleles, and changed motifs."""

import heapq
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chrominterpret.methods.deep_lift_shap import deep_lift_shap
from chrominterpret.motifs.jaspar import load_motifs
from chrominterpret.sequences import dinucleotide_shuffle, one_hot
from chromkeras.errors import InputError
from chromkeras.files import filling
from chromkeras.model_report.explained import explained_network
from chromkeras.progress import progress
from chromkeras.scoring.contrasts import Target
from chromkeras.scoring.indexed_genome import IndexedGenome
from chromkeras.variant_effects.effects import EffectScale
from chromkeras.variant_effects.explained_page import Explained, write_explained
from chromkeras.variant_effects.finish import Finish
from chromkeras.variant_effects.motif_changes import Scanner
from chromkeras.variant_effects.options import VariantOptions
from chromkeras.variant_effects.windows import Windows, allele_windows, trimmed


def explain(finish: Finish, genome: IndexedGenome, options: VariantOptions) -> Path:
    """Explain the strongest variants (`strongest_variants`), and return the folder written.

    DeepLIFT (Shrikumar et al. 2017, arXiv:1704.02685) compares both alleles with the same
    references, dinucleotide shuffles of the window with the reference allele, so that contributions
    differ by the change alone. Of several models it is the mean.

    Parameters
    ----------
    finish
        A run whose chunks are there.
    genome
        Genome.
    options
        How many variants, which motifs, how many references.
    """
    scanner = Scanner.of(load_motifs(options.motifs))
    strongest = strongest_variants(finish, options.explain)
    explained = _explained(finish.scale, genome, options, scanner, strongest)
    folder = explained_folder(finish.chunks.out)
    with filling(folder) as inner:
        write_explained(explained, inner, source=finish.vcf.name)
    return folder


def explained_folder(out: Path) -> Path:
    """Return where the explanations of a file of scores stand."""
    stem = out.name.split(".")[0] if out.name.endswith((".gz", ".tsv", ".h5")) else out.name
    return out.with_name(f"{stem}_explained")


def strongest_variants(finish: Finish, count: int) -> list[dict[str, Any]]:
    """Return the variants with the smallest p in any target, or the largest scores without p.

    Of equal p the larger score counts, and of equal scores the earlier variant.
    """
    kept: list[tuple[tuple[float, float, int], dict[str, Any]]] = []
    order = 0
    for arrays in finish.pieces():
        sizes = np.abs(arrays["score"])
        p = arrays.get("p", np.zeros_like(sizes))
        best = np.lexsort((-sizes, p), axis=1)[:, 0]
        rows = np.arange(len(best))
        for row in np.lexsort((-sizes[rows, best], p[rows, best]))[:count].tolist():
            k = int(best[row])
            one = {key: arrays[key][row] for key in ("chrom", "pos", "id", "ref", "alt")}
            one |= {key: float(arrays[key][row, k]) for key in finish.figures}
            rank = (-float(p[row, k]), float(sizes[row, k]), -(order + row))
            heapq.heappush(kept, (rank, one | {"column": k}))
            if len(kept) > count:
                heapq.heappop(kept)
        order += len(best)
    return [one for _, one in sorted(kept, key=lambda each: each[0], reverse=True)]


def _explained(
    scale: EffectScale,
    genome: IndexedGenome,
    options: VariantOptions,
    scanner: Scanner,
    variants: Sequence[dict[str, Any]],
) -> list[Explained]:
    if not variants:
        return []
    width = len(scale.headings) // len(scale.targets)
    targets = [scale.targets[one["column"] // width] for one in variants]
    windows, changes = [], []
    for one in variants:
        chrom, ref, alt = (one[key].decode() for key in ("chrom", "ref", "alt"))
        position = int(one["pos"])
        found = allele_windows(
            genome, chrom, position, ref, alt, scale.members.length, options.shifts
        )
        if not isinstance(found, Windows):
            raise InputError(
                f"{chrom}:{position} was scored, and now {found}; expected the genome of then, "
                f"received {genome.path}"
            )
        windows.append(found)
        changes.append(trimmed(position - 1, ref, alt))
    codes = np.stack([w.ref[0] for w in windows] + [w.alt[0] for w in windows])
    contributions = _contributions(scale, targets, codes, options)
    explained = []
    for i, (one, target, own) in enumerate(zip(variants, targets, windows, strict=True)):
        at_ref, at_alt = contributions[i], contributions[i + len(variants)]
        first, ref, alt = changes[i]
        start = own.start + options.shifts[0]
        place, lengths = first - start, (len(ref), len(alt))
        changed = scanner.changes(
            own.ref[0], own.alt[0], place, lengths, (at_ref.sum(axis=-1), at_alt.sum(axis=-1))
        )
        figures: dict[str, float] = {
            key: one[key] for key in ("score", "percentile", "p", "q") if key in one
        }
        explained.append(
            Explained(
                _name(one), target.name, figures, at_ref, at_alt, place, lengths, start,
                tuple(changed),
            )
        )  # fmt: skip
    return explained


def _name(one: Mapping[str, Any]) -> str:
    chrom, name, ref, alt = (one[key].decode() for key in ("chrom", "id", "ref", "alt"))
    short = [each if len(each) <= 12 else f"{each[:9]}…({len(each)})" for each in (ref, alt)]
    return f"{chrom}:{one['pos']} {'>'.join(short)}" + (f" {name}" if name not in ("", ".") else "")


def _contributions(
    scale: EffectScale, targets: Sequence[Target], codes: np.ndarray, options: VariantOptions
) -> np.ndarray:
    """Return contributions to each variant's target, (2 n, L, 4), references alleles first."""
    n = len(targets)
    shuffles = dinucleotide_shuffle(one_hot(codes[:n]), n=options.references, seed=options.seed)
    references = np.concatenate([one_hot(shuffles)] * 2).astype(np.float32)
    wanted = {target.name: target.weights for target in targets}
    x = one_hot(codes).astype(np.float32)
    total = np.zeros((len(wanted), *x.shape))
    with progress("explaining variants") as report:
        for place, model in enumerate(scale.members.models):
            found = deep_lift_shap(
                explained_network(model.network),
                x,
                targets=wanted,
                task_names=scale.members.tasks,
                references=references,
                n_references=options.references,
                integrate=True,
            )
            total += found.attributions
            report(place + 1, len(scale.members))
    order = {name: k for k, name in enumerate(wanted)}
    which = [order[target.name] for target in targets] * 2
    mean: np.ndarray = total[which, np.arange(2 * n)] / len(scale.members)
    return mean
