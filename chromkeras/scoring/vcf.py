"""VCF files with scores in INFO: the names of the fields, and parts put together."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pysam

from chromkeras.files import replacing
from chromkeras.importers.compressed import open_maybe_gzip
from chromkeras.scoring.layout import Layout
from chromkeras.scoring.q_values import q_values

PREFIX = "CK_"


def info_names(layout: Layout) -> dict[str, list[str]]:
    """Return the keys of INFO for the columns of each matrix, by its name."""
    taken: set[str] = set()
    found: dict[str, list[str]] = {}
    for matrix, headings in layout.matrices.items():
        found[matrix] = []
        for heading in headings:
            name = PREFIX + re.sub(r"[^0-9A-Za-z_.]", "_", heading)
            while name in taken:
                name += "_"
            taken.add(name)
            found[matrix].append(name)
    return found


def join_vcf(paths: Sequence[Path], out: Path, layout: Layout) -> None:
    """Write the records of parts as one file, bgzipped; q are made of the p of all.

    Parameters
    ----------
    paths
        Parts in order, of one run.
    out
        File to write.
    layout
        Their columns.
    """
    names = info_names(layout)
    q = None
    if "p" in names and "q" in names and len(paths) > 1:
        q = q_values(
            np.array([*_values(paths, names["p"])], np.float64).reshape(-1, len(names["p"]))
        )
    with replacing(out) as beside:
        file = pysam.BGZFile(str(beside), "wb")
        try:
            for line in _joined(paths, names, q):
                file.write(line)
        finally:
            file.close()


def _joined(
    paths: Sequence[Path], names: dict[str, list[str]], q: np.ndarray | None
) -> Iterator[bytes]:
    row = 0
    for place, path in enumerate(paths):
        with open_maybe_gzip(path, "scores") as lines:
            for line in lines:
                if line.startswith(b"#"):
                    if place == 0:
                        yield line
                    continue
                if q is not None:
                    line, row = _with_q(line, names, q, row)
                yield line


def _values(paths: Sequence[Path], keys: Sequence[str]) -> Iterator[list[float]]:
    """Yield the values of some keys for each allele that has one."""
    for path in paths:
        with open_maybe_gzip(path, "scores") as lines:
            for line in lines:
                if not line.startswith(b"#"):
                    yield from _alleles(line, keys)


def _alleles(line: bytes, keys: Sequence[str]) -> list[list[float]]:
    fields = dict(_fields(line))
    each = [fields[key.encode()].split(b",") for key in keys if key.encode() in fields]
    return [[float(v) for v in values] for values in zip(*each, strict=True) if values[0] != b"."]


def _fields(line: bytes) -> Iterator[tuple[bytes, bytes]]:
    for field in line.rstrip(b"\n").split(b"\t")[7].split(b";"):
        key, _, value = field.partition(b"=")
        yield key, value


def _with_q(line: bytes, names: dict[str, list[str]], q: np.ndarray, row: int) -> tuple[bytes, int]:
    """Return a record with q after each p, and the number of the next allele."""
    columns = line.rstrip(b"\n").split(b"\t")
    fields, rows = [], row
    of_p = {name.encode(): k for k, name in enumerate(names["p"])}
    added = []
    for key, value in _fields(line):
        fields.append(key + b"=" + value if value else key)
        if key in of_p:
            k, rows, cells = of_p[key], row, []
            for one in value.split(b","):
                cells.append(b"." if one == b"." else b"%.6g" % q[rows, k])
                rows += one != b"."
            added.append(names["q"][k].encode() + b"=" + b",".join(cells))
    last = max(
        (i for i, field in enumerate(fields) if field.partition(b"=")[0] in of_p), default=-1
    )
    columns[7] = b";".join(fields[: last + 1] + added + fields[last + 1 :])
    return b"\t".join(columns) + b"\n", rows
