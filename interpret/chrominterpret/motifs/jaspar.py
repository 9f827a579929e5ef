"""JASPAR's motifs, offline: the databases that pyjaspar ships."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pyjaspar

from chrominterpret.errors import InputError
from chrominterpret.motifs.motif_files import read_motifs
from chrominterpret.motifs.pwm import Motif, motif_from_counts
from chrominterpret.sequences import BASES

DEFAULT_RELEASE: Final = "JASPAR2024"
DEFAULT_COLLECTION: Final = "CORE"
_PREFIX: Final = "jaspar"
_FORM: Final = "'jaspar[:group[:release[:collection]]]'"


def releases() -> list[str]:
    """Return the names of the JASPAR releases that are installed, newest first."""
    return list(pyjaspar.jaspar_releases)


def taxonomic_groups(
    *, release: str = DEFAULT_RELEASE, collection: str = DEFAULT_COLLECTION
) -> list[str]:
    """Return the taxonomic groups that a collection of a release has motifs of."""
    with _database(release) as database:
        _check_collection(database, release, collection)
        return _groups(database.conn, collection)


@contextmanager
def _database(release: str) -> Iterator[pyjaspar.jaspardb]:
    # pyjaspar itself prints and goes on with an unknown release, and never closes its connection
    if release not in pyjaspar.jaspar_releases:
        raise InputError(f"expected a JASPAR release of {releases()}; received {release!r}")
    database = pyjaspar.jaspardb(release=release)
    try:
        yield database
    finally:
        database.conn.close()


def _collections(database: pyjaspar.jaspardb) -> list[str]:
    rows = database.conn.execute("SELECT DISTINCT collection FROM MATRIX ORDER BY collection")
    return [row[0] for row in rows]


def _check_collection(database: pyjaspar.jaspardb, release: str, collection: str) -> None:
    valid = _collections(database)
    if collection not in valid:
        raise InputError(f"expected a collection of {release}, {valid}; received {collection!r}")


def _groups(connection: sqlite3.Connection, collection: str) -> list[str]:
    rows = connection.execute(
        "SELECT DISTINCT lower(a.val) FROM MATRIX_ANNOTATION a JOIN MATRIX m ON a.id = m.id "
        "WHERE a.tag = 'tax_group' AND m.collection = ? ORDER BY 1",
        (collection,),
    )
    return [row[0] for row in rows]


def jaspar_motifs(
    group: str | None = None,
    *,
    release: str = DEFAULT_RELEASE,
    collection: str = DEFAULT_COLLECTION,
) -> list[Motif]:
    """Return the latest version of JASPAR's motifs.

    Parameters
    ----------
    group : str or None
        Taxonomic group, e.g. "vertebrates", "nematodes", "fungi"; None means all of them.
    release : str
        Release, one of `releases`.
    collection : str
        JASPAR collection; "CORE" holds the curated motifs.

    Returns
    -------
    list of Motif
        ``name`` is the matrix identifier (MA0260.1), ``alt_name`` that of the factor; sorted by
        identifier.

    Raises
    ------
    InputError
        If the release, the collection or the group is unknown; the message lists the valid ones.

    Notes
    -----
    Rauluseviciute et al. 2024, Nucleic Acids Res 52:D174. A position without any counts (UN0498.1
    of JASPAR2022 has one) is taken as unknown: each base as likely as the others.
    """
    return list(_latest(group, release, collection))


@cache  # pyjaspar asks its database anew for every motif, which takes seconds
def _latest(group: str | None, release: str, collection: str) -> tuple[Motif, ...]:
    with _database(release) as database:
        _check_collection(database, release, collection)
        valid = _groups(database.conn, collection)
        if group is not None and group not in valid:
            raise InputError(
                f"expected a taxonomic group of {release}, {valid}; received {group!r}"
            )
        records = database.fetch_motifs(collection=collection, tax_group=group)
        motifs = [_to_motif(record) for record in records]
    return tuple(sorted(motifs, key=lambda motif: motif.name))


def _to_motif(record: "pyjaspar.jaspar.Motif") -> Motif:
    counts = np.array([record.counts[base] for base in BASES], dtype=np.float64).T
    counts[counts.sum(axis=1) == 0] = counts.sum(axis=1).max() / 4
    return motif_from_counts(record.matrix_id, counts, alt_name=record.name)


def load_motifs(source: str | os.PathLike[str]) -> list[Motif]:
    """Load motifs from JASPAR or from a file.

    Parameters
    ----------
    source : str or path
        ``"jaspar"`` for all groups, ``"jaspar:nematodes"`` for one,
        ``"jaspar:nematodes:JASPAR2022"`` for another release than 2024,
        ``"jaspar:nematodes:JASPAR2022:UNVALIDATED"`` for another collection than CORE; a word
        left empty (``"jaspar:::UNVALIDATED"``) is the usual one. Or the path of a motif file of any
        format that `chrominterpret.motifs.motif_files.read_motifs` knows.

    Raises
    ------
    InputError
        If the group, release or collection is unknown, or the file is malformed.
    FileNotFoundError
        If there is no such file.
    """
    words = str(source).split(":")
    if words[0] == _PREFIX and not Path(source).is_file():
        return _load_jaspar(str(source), words[1:])
    if not Path(source).is_file():
        raise FileNotFoundError(f"expected a motif file or {_FORM}; no file {str(source)!r}")
    return read_motifs(source)


def _load_jaspar(source: str, words: list[str]) -> list[Motif]:
    if len(words) > 3:
        raise InputError(f"expected {_FORM}; received {source!r}")
    group, release, collection = words + [""] * (3 - len(words))
    return jaspar_motifs(
        None if group in ("", "all") else group,
        release=release or DEFAULT_RELEASE,
        collection=collection or DEFAULT_COLLECTION,
    )
