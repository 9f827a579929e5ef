"""Effects of the variants of a VCF file on a model's predictions."""

import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.errors import InputError
from chromkeras.files import locked, sha256_of
from chromkeras.importers.genome import nearest_names
from chromkeras.names import printable
from chromkeras.progress import progress
from chromkeras.scoring.chunks import Chunks
from chromkeras.scoring.contrasts import choose_targets
from chromkeras.scoring.forward import Forward
from chromkeras.scoring.indexed_genome import IndexedGenome
from chromkeras.scoring.layout import Layout
from chromkeras.scoring.members import Members, Models, open_members
from chromkeras.scoring.parts import Part, parse_part
from chromkeras.scoring.tables import suffix_of
from chromkeras.variant_effects.effects import EffectScale
from chromkeras.variant_effects.files import FORMATS
from chromkeras.variant_effects.finish import Finish
from chromkeras.variant_effects.null import RULE, Null, draw_null, load_null, null_key, save_null
from chromkeras.variant_effects.options import VariantOptions
from chromkeras.variant_effects.vcf import Allele, Counted, count_records, read_alleles
from chromkeras.variant_effects.windows import Windows, allele_windows

# Records of a chunk: some seconds of work.
RECORDS = 1024
# Windows of the genome that make its fingerprint, beside names and lengths.
_SAMPLED = 256
# Characters of names, and of alleles that are rejected, that are kept.
LONGEST = 400
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScoredVariants:
    """What was scored.

    Attributes
    ----------
    out
        File of the scores.
    rejected
        File of the alleles that could not be scored, each with its reason.
    records, scored
        Records of this part of the VCF file, and alternate alleles with a score.
    reasons
        Alternate alleles that could not be scored, by reason.
    null
        File of the random substitutions; None where nothing was compared.
    explained
        Folder of the explanations; None where none were asked for.
    notes
        What a reader must not miss.
    """

    out: Path
    rejected: Path
    records: int
    scored: int
    reasons: dict[str, int]
    null: Path | None = None
    explained: Path | None = None
    notes: tuple[str, ...] = ()


def variants(
    model: Models,
    vcf: str | os.PathLike[str],
    genome: str | os.PathLike[str],
    out: str | os.PathLike[str],
    options: VariantOptions | None = None,
    *,
    part: str = "1/1",
    fresh: bool = False,
) -> ScoredVariants:
    r"""Score what each variant of a VCF file does to a model's predictions.

    Of each alternate allele and task: log-odds and probability with the reference and with the
    alternate allele, in the same window of the genome; their difference, of log-odds the score; its
    percentile among random substitutions at the same trinucleotide in the same kind of region, with
    a two-sided p and its q over all variants (Benjamini and Hochberg 1995). Real values have
    predictions in the place of log-odds, classes a score each.

    A single change of length keeps the left flank of the window in its place, and then the right
    one; both are averaged. Alleles that cannot be scored stand in OUT.rejected.tsv with the reason.

    Parameters
    ----------
    model
        One model or several (files, folders of ensembles, names of shipped models, or open
        models) that read DNA alone; of several the mean, and their standard deviation.
    vcf
        VCF file, plain, gzip or bgzip; it is read as a stream, in any order.
    genome
        FASTA file, plain or bgzip; its index is made where there is none.
    out
        File to write, whose ending says the format: .tsv, .tsv.gz, .h5, or .vcf.gz (the records of
        the VCF file, with the scores as INFO).
    options
        See `VariantOptions`.
    part
        "K/N" scores the K-th of N parts of the records, for a cluster; `chromkeras.join` puts the
        parts together, and only then is there a q.
    fresh
        Whether to begin anew; else a run that was stopped goes on.

    Returns
    -------
    ScoredVariants
        Files, and how many alleles were scored and rejected.

    Raises
    ------
    InputError
        A file is missing or of another kind, no chromosome of the VCF file is in the genome, or the
        models differ or read more than DNA.

    Examples
    --------
    >>> import tempfile, chromkeras
    >>> folder = Path(tempfile.mkdtemp())
    >>> bases = "ACGTTGCA" * 200
    >>> _ = (folder / "g.fa").write_text(f">I\n{bases}\n")
    >>> lines = "##fileformat=VCFv4.2", "I\t801\trs1\tA\tG", "I\t3\trs2\tG\tC"
    >>> _ = (folder / "v.vcf").write_text("\n".join(lines) + "\n")
    >>> options = VariantOptions(null=0, tasks=("Intest",))
    >>> found = variants("worm_hard", folder / "v.vcf", folder / "g.fa", folder / "v.tsv", options)
    >>> found.scored, found.reasons
    (1, {'its window runs off the end of the chromosome': 1})
    """
    options = options or VariantOptions()
    out = Path(out)
    suffix = suffix_of(out, FORMATS)
    own_part = parse_part(part)
    counted = count_records(vcf)
    members = open_members(model, calibrated=options.calibrated)
    targets = choose_targets(options.tasks, options.contrasts, members.tasks)
    _check_members(members, options.shifts)
    with locked(out), IndexedGenome(genome) as opened:
        notes = _check_chroms(counted, opened, vcf)
        forward = Forward(
            [m.network for m in members.models],
            members.length,
            both_strands=options.both_strands,
            batch_size=options.batch_size,
        )
        scale = EffectScale(members, targets, forward)
        null, null_path, key = _null(scale, opened, options, out.parent)
        facts = _facts(members.facts, vcf, opened, counted, options, targets, key, own_part)
        rows = own_part.rows(counted.records, RECORDS)
        chunks = Chunks(out, facts, _work_layout(scale, options), rows, RECORDS)
        done = chunks.open(fresh=fresh)
        _score(chunks, done, scale, opened, null, vcf, options)
        finish = Finish(chunks, scale, null, Path(vcf), opened.lengths, part=own_part)
        rejected = finish.write_rejected()
        FORMATS[suffix](finish)
        explained = None
        if options.explain:
            from chromkeras.variant_effects.explain import explain

            explained = explain(finish, opened, options)
        reasons, scored = finish.reasons(), finish.scored
        chunks.close()
    _log.info("%d alleles scored, %d rejected", scored, sum(reasons.values()))
    return ScoredVariants(out, rejected, len(rows), scored, reasons, null_path, explained, notes)


def _check_members(members: Members, shifts: Sequence[int]) -> None:
    """Raise ``InputError`` for models of other inputs, or windows that would not hold variants."""
    others = [name for name, shape in members.inputs.items() if shape[1:] != (4,)]
    if others or len(members.inputs) > 1:
        raise InputError(
            f"{members.models[0].path} reads {', '.join(members.inputs)}; expected a model of DNA "
            "alone, as a VCF file says nothing of other inputs"
        )
    if max(map(abs, shifts)) >= members.length // 2:
        raise InputError(
            f"`shifts`: expected less than half of the window of {members.length} bases, received "
            f"{max(shifts, key=abs)}"
        )


def _check_chroms(
    counted: Counted, genome: IndexedGenome, vcf: str | os.PathLike[str]
) -> tuple[str, ...]:
    """Return notes about chromosomes that the genome lacks; raise where it lacks all."""
    missing = [name for name in counted.chroms if name not in genome.lengths]
    if not missing:
        return ()
    hint = nearest_names(missing[0], genome.lengths)
    shown = ", ".join(map(printable, missing[:5])) + (", …" if len(missing) > 5 else "")
    if len(missing) == len(counted.chroms):
        raise InputError(
            f"no chromosome of {vcf} ({shown}) is in genome {genome.path}; {hint} "
            "(bcftools annotate --rename-chrs gives the variants other names)"
        )
    return (f"chromosomes that are not in the genome: {shown}; {hint}",)


def _null(
    scale: EffectScale, genome: IndexedGenome, options: VariantOptions, folder: Path
) -> tuple[Null | None, Path | None, str]:
    """Return the null, its file and its key; made where the file is not there."""
    if not options.null:
        return None, None, ""
    length = scale.members.length
    key = null_key(
        {
            "rule": RULE,
            "models": [fact["sha256"] for fact in scale.members.facts],
            "genome": _genome_key(genome, length),
            "shifts": options.shifts,
            "both strands": options.both_strands,
            "calibrated": options.calibrated,
            "each": options.null,
            "seed": options.seed,
        }
    )
    path = folder / f"null_{key[:12]}.npz"
    null = load_null(path, key)
    if null is None:
        with progress("random substitutions") as report:
            null = draw_null(
                genome,
                length,
                options.shifts,
                outputs=partial(_mean_of_members, scale),
                ranks=scale.ranks,
                scale=scale.by_task,
                each=options.null,
                seed=options.seed,
                report=report,
            )
        folder.mkdir(parents=True, exist_ok=True)
        save_null(null, path, key)
    return null.of_scores(scale.of_targets(null.score).astype(np.float32)), path, key


def _mean_of_members(scale: EffectScale, groups: Sequence[np.ndarray]) -> np.ndarray:
    mean: np.ndarray = scale.outputs(groups).mean(axis=0)
    return mean


def _genome_key(genome: IndexedGenome, length: int) -> str:
    """Return a fingerprint of a genome: names, lengths, and the bases of some windows."""
    digest = hashlib.sha256()
    for name, bases in genome.lengths.items():
        digest.update(f"{name} {bases}\n".encode())
    rng = np.random.default_rng(0)
    names = list(genome.lengths)
    weights = np.array([genome.lengths[name] for name in names], np.float64)
    for which in rng.choice(len(names), _SAMPLED, p=weights / weights.sum()):
        start = int(rng.integers(genome.lengths[names[which]]))
        digest.update(genome.codes(names[which], start, start + length).tobytes())
    return digest.hexdigest()


def _facts(
    models: list[dict[str, Any]],
    vcf: str | os.PathLike[str],
    genome: IndexedGenome,
    counted: Counted,
    options: VariantOptions,
    targets: Sequence[Any],
    null: str,
    part: Part,
) -> dict[str, Any]:
    own = asdict(options)
    for name in ("explain", "motifs", "references", "tasks", "contrasts"):
        own.pop(name)
    variants = {"file": Path(vcf).name, "records": counted.records, "sha256": sha256_of(Path(vcf))}
    bases = sum(genome.lengths.values())
    return {
        "command": "variants",
        "models": models,
        "source": {"variants": variants, "genome": {"file": genome.path.name, "bases": bases}},
        "options": own | {"targets": [target.name for target in targets]},
        "null": null,
        "part": str(part),
    }


def _work_layout(scale: EffectScale, options: VariantOptions) -> Layout:
    """Return what is kept of each alternate allele while the work goes on."""
    names = scale.headings
    matrices = {
        name: tuple(f"{each} {name}" for each in names) for name in ("at_ref", "at_alt", "score")
    }
    if len(scale.members) > 1:
        matrices["spread"] = tuple(f"{each} spread" for each in names)
        if options.members:
            for number in range(1, len(scale.members) + 1):
                key = f"score_{number}"
                matrices[key] = tuple(f"{each} {key}" for each in names)
    columns = {
        "line": "integer", "number": "integer", "chrom": "text", "pos": "integer", "id": "text",
        "ref": "text", "alt": "text", "reason": "text", "start": "integer",
        "context": "integer", "active": "integer",
    }  # fmt: skip
    return Layout(columns, matrices, names)  # type: ignore[arg-type]  # mypy widens the literals


def _score(
    chunks: Chunks,
    done: int,
    scale: EffectScale,
    genome: IndexedGenome,
    null: Null | None,
    vcf: str | os.PathLike[str],
    options: VariantOptions,
) -> None:
    """Score the chunks that are not there yet."""
    first = chunks.part(done).start if done < chunks.count else chunks.rows.stop
    records = read_alleles(vcf, first=first, stop=chunks.rows.stop)
    total = len(chunks.rows)
    with progress("variants") as report:
        report(min(done * chunks.size, total), total)
        for number in range(done, chunks.count):
            own = islice(records, len(chunks.part(number)))
            alleles = [allele for record in own for allele in record]
            chunks.write(number, _piece(alleles, scale, genome, null, options, chunks.layout))
            report(min((number + 1) * chunks.size, total), total)


def _piece(
    alleles: Sequence[Allele],
    scale: EffectScale,
    genome: IndexedGenome,
    null: Null | None,
    options: VariantOptions,
    layout: Layout,
) -> dict[str, Any]:
    """Return what is kept of some alleles; those that are rejected have NaN for numbers."""
    length, found, reasons = scale.members.length, {}, [a.reason for a in alleles]
    for place, a in enumerate(alleles):
        if a.reason:
            continue
        windows = allele_windows(genome, a.chrom, a.position, a.ref, a.alt, length, options.shifts)
        if isinstance(windows, Windows):
            found[place] = windows
        else:
            reasons[place] = windows
    numbers = {name: np.full((len(alleles), len(h)), np.nan) for name, h in layout.matrices.items()}
    context, active, start = (np.full(len(alleles), -1) for _ in range(3))
    if found:
        rows = np.array([*found])
        effects = scale.effects([*found.values()])
        values = {
            "at_ref": effects.ref,
            "at_alt": effects.alt,
            "score": effects.score,
            "spread": effects.spread,
        }
        values |= {f"score_{i}": each for i, each in enumerate(effects.each, 1)}
        for name in numbers:
            numbers[name][rows] = values[name]
        context[rows] = [w.context for w in found.values()]
        start[rows] = [w.start for w in found.values()]
        if null is not None:
            active[rows] = null.is_active(effects.ranks)
    return {
        "line": [a.line for a in alleles],
        "number": [a.number for a in alleles],
        "chrom": [_short(a.chrom) for a in alleles],
        "pos": [a.position for a in alleles],
        "id": [_short(a.id) for a in alleles],
        "ref": [_short(a.ref) if why else a.ref for a, why in zip(alleles, reasons, strict=True)],
        "alt": [_short(a.alt) if why else a.alt for a, why in zip(alleles, reasons, strict=True)],
        "reason": reasons,
        "start": start,
        "context": context,
        "active": active,
        **numbers,
    }


def _short(text: str) -> str:
    """Return a text that takes little memory, also where a file has a megabase in its place."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
