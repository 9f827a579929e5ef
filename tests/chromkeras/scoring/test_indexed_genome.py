"""Windows of a genome through its index."""

import gzip

import numpy as np
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chromkeras.data.codes import encode
from chromkeras.errors import InputError
from chromkeras.scoring import indexed_genome
from chromkeras.scoring.indexed_genome import IndexedGenome


def test_windows_are_those_of_the_text(genome, window_letters, monkeypatch):
    path, letters = genome
    monkeypatch.setattr(indexed_genome, "KEPT", 2)
    with IndexedGenome(path) as opened:
        assert opened.lengths == {name: len(text) for name, text in letters.items()}

        @settings(max_examples=60, deadline=None)
        @given(st.sampled_from(["chr1", "chr2"]), st.integers(-80, 150_080), st.integers(0, 140))
        def equal(chrom, start, length):
            found = opened.codes(chrom, start, start + length)
            text = window_letters(letters[chrom], start, length)
            assert found.dtype == np.uint8
            np.testing.assert_array_equal(found, encode(text))

        equal()
        whole = opened.codes("chr1", -3, 150_003)
        np.testing.assert_array_equal(whole[3:-3], encode(letters["chr1"]))
        assert len(opened._blocks) <= 2


def test_bgzip_is_read_like_plain(genome, tmp_path):
    path, letters = genome
    packed = tmp_path / "packed.fa.gz"
    pysam.tabix_compress(str(path), str(packed))
    with IndexedGenome(packed) as opened:
        found = opened.codes("chr1", 70_000, 70_060)
    np.testing.assert_array_equal(found, encode(letters["chr1"][70_000:70_060]))
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("packed")) == [
        "packed.fa.gz", "packed.fa.gz.fai", "packed.fa.gz.gzi",
    ]  # fmt: skip


def test_a_folder_that_cannot_be_written_to(genome, monkeypatch):
    monkeypatch.setattr(indexed_genome.os, "access", lambda *_: False)
    with IndexedGenome(genome[0]) as opened:
        assert opened.codes("chr2", 0, 4).tolist() == encode(genome[1]["chr2"][:4]).tolist()
    assert not genome[0].with_name("genome.fa.fai").exists()


def test_bad_genomes_are_one_line(genome, tmp_path):
    path, _ = genome
    packed = tmp_path / "g.fa.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    other = tmp_path / "other.fa"
    other.write_text(">a\nACGTACGT\n")
    text = tmp_path / "text.fa"
    text.write_text("no fasta at all\n")
    strange = tmp_path / "strange.fa"
    strange.write_text(">a\nACGT!CGT\n")
    marked, mac = tmp_path / "bom.fa", tmp_path / "mac.fa"
    marked.write_bytes(b"\xef\xbb\xbf>a\nACGT\n")
    mac.write_bytes(b">a\rACGT\r")
    for bad, said in ((marked, "byte order mark"), (mac, "CR alone"), (text, "expected FASTA"),
                      (packed, "gzip, which has no index"),
                      (tmp_path / "none.fa", "does not exist")):  # fmt: skip
        with pytest.raises(InputError, match=said) as caught:
            IndexedGenome(bad)
        assert "\n" not in str(caught.value)
    with IndexedGenome(strange) as opened, pytest.raises(InputError, match="'!' at position 4"):
        opened.codes("a", 0, 8)
    with IndexedGenome(other) as opened:
        with pytest.raises(InputError, match="did you mean"):
            opened.codes("chra", 0, 8)
        other.write_text(">a\nAC\n")
        with pytest.raises(InputError, match=r"does not fit its index|expected FASTA"):
            IndexedGenome(other).codes("a", 0, 8)
