import gc
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyjaspar
import pytest

from chrominterpret.motifs.jaspar import (
    jaspar_motifs,
    load_motifs,
    releases,
    taxonomic_groups,
)
from chrominterpret.sequences import BASES


@pytest.mark.parametrize("group", ["nematodes", "fungi"])
def test_database_and_file_hold_the_same(real_data: Callable[[str], Path], group: str) -> None:
    from_file = load_motifs(real_data(f"motifs/JASPAR2024_CORE_{group}.meme"))
    from_database = {motif.name: motif for motif in load_motifs(f"jaspar:{group}")}
    assert {motif.name for motif in from_file} == set(from_database)
    for motif in from_file:
        np.testing.assert_allclose(motif.ppm, from_database[motif.name].ppm, atol=2e-6)
        assert motif.alt_name == from_database[motif.name].alt_name


def test_counts_are_pyjaspars() -> None:
    database = pyjaspar.jaspardb(release="JASPAR2022")
    peer = database.fetch_motif_by_id("MA0260.1")
    database.conn.close()
    counts = np.array([peer.counts[base] for base in BASES]).T
    motif = {m.name: m for m in load_motifs("jaspar:nematodes:JASPAR2022")}["MA0260.1"]
    np.testing.assert_allclose(motif.ppm * motif.nsites, counts)
    assert motif.alt_name == peer.name


def test_all_groups_together() -> None:
    assert len(load_motifs("jaspar")) == 2346
    old = load_motifs("jaspar:all:JASPAR2014")
    assert [m.name for m in old] == [m.name for m in jaspar_motifs(release="JASPAR2014")]
    gc.collect()  # an unclosed connection would warn here


@pytest.mark.parametrize("release", releases())
def test_every_release_has_its_groups(release: str) -> None:
    groups = taxonomic_groups(release=release)
    assert {"fungi", "nematodes", "vertebrates"} <= set(groups)
    motifs = jaspar_motifs("nematodes", release=release)
    names = [motif.name for motif in motifs]
    assert names == sorted(set(names))
    assert names


def test_every_collection_is_read() -> None:
    with pytest.raises(ValueError, match="received 'NONE'") as refused:
        load_motifs("jaspar::JASPAR2020:NONE")
    found = set(re.findall(r"'(\w+)'", str(refused.value).partition(";")[0]))
    assert {"CORE", "FAM", "PBM", "UNVALIDATED"} < found
    for collection in found - {"CORE"}:
        motifs = load_motifs(f"jaspar::JASPAR2020:{collection}")
        assert len({motif.name for motif in motifs}) == len(motifs) > 0


def test_a_collection_is_named_in_the_source() -> None:
    expected = jaspar_motifs("nematodes", release="JASPAR2026", collection="UNVALIDATED")
    found = load_motifs("jaspar:nematodes:JASPAR2026:UNVALIDATED")
    assert [m.name for m in found] == [m.name for m in expected]
    assert found[0].name.startswith("UN")
    usual = load_motifs("jaspar:nematodes::UNVALIDATED")
    assert [m.name for m in usual] == [
        m.name for m in jaspar_motifs("nematodes", collection="UNVALIDATED")
    ]


def test_a_position_without_counts_is_unknown() -> None:
    motifs = {m.name: m for m in load_motifs("jaspar:all:JASPAR2022:UNVALIDATED")}
    np.testing.assert_allclose(motifs["UN0498.1"].ppm[-1], 0.25)
    assert motifs["UN0498.1"].ppm[1].argmax() == 1


def test_unknown_names_list_the_valid_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'nematodes'.*received 'worms'"):
        load_motifs("jaspar:worms")
    with pytest.raises(ValueError, match=r"JASPAR2026.*received 'JASPAR1999'"):
        load_motifs("jaspar:fungi:JASPAR1999")
    with pytest.raises(ValueError, match=r"'CORE'.*received 'core2'"):
        jaspar_motifs(collection="core2")
    with pytest.raises(ValueError, match=r"'UNVALIDATED'\]; received 'CNE'"):
        load_motifs("jaspar:fungi:JASPAR2024:CNE")
    with pytest.raises(ValueError, match=r"jaspar\[:group\[:release\[:collection\]\]\]"):
        load_motifs("jaspar:fungi:JASPAR2024:CORE:x")
    with pytest.raises(FileNotFoundError, match=r"no file .*none\.meme"):
        load_motifs(tmp_path / "none.meme")
