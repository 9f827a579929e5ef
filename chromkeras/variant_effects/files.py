"""Files of scored variants by their ending: TSV, HDF5, and VCF with the scores as INFO."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
import pysam

from chromkeras.files import replacing_together, write_json
from chromkeras.scoring.tables import facts_path, write_h5, write_tsv
from chromkeras.scoring.vcf import PREFIX, info_names
from chromkeras.variant_effects.finish import Finish
from chromkeras.variant_effects.vcf import open_vcf

Scored = tuple[list[bytes], bytes, bytes]
"""Of an allele its cells, region and, where it was rejected, reason."""
_COLUMNS = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
_SAID = {
    "score": "alternate less reference allele, {value}",
    "spread": "standard deviation of the score over the models",
    "percentile": "percentile of the score among matched random substitutions",
    "p": "two-sided p of the score among matched random substitutions",
    "q": "p after Benjamini and Hochberg over all variants",
    "ref_probability": "probability with the reference allele",
    "alt_probability": "probability with the alternate allele",
    "probability_difference": "difference of probabilities, alternate less reference allele",
    "ref_log_odds": "log-odds with the reference allele",
    "alt_log_odds": "log-odds with the alternate allele",
    "ref_prediction": "prediction with the reference allele",
    "alt_prediction": "prediction with the alternate allele",
}


def write_tsv_of(finish: Finish) -> None:
    """Write the scored alleles as TSV."""
    write_tsv(finish.chunks.out, finish.layout, finish.pieces, finish.facts)


def write_h5_of(finish: Finish) -> None:
    """Write the scored alleles as HDF5."""
    write_h5(finish.chunks.out, finish.layout, finish.pieces, finish.facts)


def write_vcf_of(finish: Finish) -> None:
    """Write the records of the VCF file, bgzipped, with the scores of each alternate allele.

    Records come as they are, with numbers in INFO, "." for alleles that could not be scored, and
    ``CK_rejected``, their reason. Scores of an earlier run are replaced.
    """
    path = finish.chunks.out
    with replacing_together(facts_path(path), path) as (facts_beside, beside):
        file = pysam.BGZFile(str(beside), "wb")
        try:
            with open_vcf(finish.vcf) as (header, lines):
                for line in _header(header, finish):
                    file.write(line)
                rows = finish.chunks.rows
                own = (line for _, line in islice(lines, rows.start, rows.stop))
                for line in _records(own, finish):
                    file.write(line)
        finally:
            file.close()
        facts = {"format": "chromkeras scores", **finish.facts, "layout": finish.layout.to_json()}
        write_json(facts_beside, facts)


Write = Callable[[Finish], None]
FORMATS: dict[str, Write] = {
    ".tsv": write_tsv_of,
    ".tsv.gz": write_tsv_of,
    ".h5": write_h5_of,
    ".vcf.gz": write_vcf_of,
}


def _names(finish: Finish) -> list[str]:
    """Return the keys of INFO, in the order of the columns of all matrices."""
    return [name for names in info_names(finish.layout).values() for name in names]


def _header(header: list[bytes], finish: Finish) -> Iterator[bytes]:
    """Yield the lines of the header, with those of the new keys, and of contigs where none are."""
    if not header[0].startswith(b"##fileformat"):
        yield b"##fileformat=VCFv4.2\n"
    for line in header:
        if line.startswith(b"##") and not line.startswith(f"##INFO=<ID={PREFIX}".encode()):
            yield line.rstrip(b"\r\n") + b"\n"
    if not any(line.startswith(b"##contig") for line in header):
        for name, bases in finish.lengths.items():
            yield f"##contig=<ID={name},length={bases}>\n".encode()
    for name, text in _described(finish):
        kind = "String" if name in (f"{PREFIX}region", f"{PREFIX}rejected") else "Float"
        yield f'##INFO=<ID={name},Number=A,Type={kind},Description="{text}">\n'.encode()
    last = [line for line in header if not line.startswith(b"##")]
    yield (last[0].rstrip(b"\r\n") if last else _COLUMNS) + b"\n"


def _described(finish: Finish) -> Iterator[tuple[str, str]]:
    names = iter(_names(finish))
    value = "log-odds" if finish.scale.has_probabilities else "prediction"
    for figure in finish.layout.matrices:
        said = _SAID.get(figure, f"{figure} of the ensemble: one model's score")
        for heading in finish.scale.headings:
            shown = heading.replace("\\", "\\\\").replace('"', '\\"')
            yield next(names), f"{shown}: {said.format(value=value)}"
    if finish.null is not None:
        yield f"{PREFIX}region", "kind of region by the model: active or background"
    yield f"{PREFIX}rejected", "why the allele could not be scored"


def _records(lines: Iterable[bytes], finish: Finish) -> Iterator[bytes]:
    """Yield the records with their scores, one for each line."""
    names = _names(finish)
    alleles = _alleles(finish)
    waiting = next(alleles, None)
    for line in lines:
        columns = line.rstrip(b"\r\n").split(b"\t")
        own: list[Scored] = []
        while waiting is not None and (not own or waiting[0] > 0):
            own.append(waiting[1:])
            waiting = next(alleles, None)
        columns += [b"."] * (8 - len(columns))
        given = [] if columns[7] in (b".", b"") else columns[7].split(b";")
        info = [field for field in given if not field.startswith(PREFIX.encode())]
        columns[7] = b";".join(info + _info(own, names, finish.null is not None)) or b"."
        yield b"\t".join(columns) + b"\n"


def _info(
    own: list[tuple[list[bytes], bytes, bytes]], names: list[str], has_regions: bool
) -> list[bytes]:
    """Return the fields of a record: a value for each of its alternate alleles."""
    fields = []
    reasons = [reason for _, _, reason in own]
    if not all(reasons):
        texts = [cells or [b"."] * len(names) for cells, _, _ in own]
        for name, values in zip(names, zip(*texts, strict=True), strict=True):
            if any(value != b"." for value in values):
                fields.append(name.encode() + b"=" + b",".join(values))
        if has_regions:
            regions = b",".join(region or b"." for _, region, _ in own)
            fields.append(f"{PREFIX}region=".encode() + regions)
    if any(reasons):
        said = (re.sub(rb"[\s,;=]+", b"_", reason) or b"." for reason in reasons)
        fields.append(f"{PREFIX}rejected=".encode() + b",".join(said))
    return fields


def _alleles(finish: Finish) -> Iterator[tuple[int, list[bytes], bytes, bytes]]:
    """Yield number in its record, cells, region and reason of every allele, scored or not."""
    for kept, scored in zip(finish.chunks.read(), finish.pieces(), strict=True):
        matrix = np.concatenate([scored[name] for name in finish.layout.matrices], axis=1)
        place = 0
        for number, reason in zip(kept["number"].tolist(), kept["reason"].tolist(), strict=True):
            if reason:
                yield number, [], b"", reason
                continue
            cells = [b"." if v != v else b"%.6g" % v for v in matrix[place].tolist()]
            region = scored["region"][place] if "region" in scored else b""
            yield number, cells, bytes(region), b""
            place += 1
