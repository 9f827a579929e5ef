from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chromkeras.importers.expression_table import ExpressionTable
from chromkeras.importers.gene_inputs import GeneInputs, GeneSources, read_gene_inputs

GENES = ("P", "M", "E", "X")
TABLE = ExpressionTable(Path("e.tsv"), GENES, ("heat",), np.zeros((4, 1), np.float32))
#                 0         10
GENOME = ">chrI\nAACCGGTTACGATTACAGGC\n"
GTF = "".join(
    f'{chrom}\tx\tgene\t{start}\t{end}\t.\t{strand}\t.\tgene_id "{gene}";\n'
    for gene, chrom, start, end, strand in (
        ("P", "chrI", 11, 15, "+"),
        ("M", "chrI", 3, 8, "-"),
        ("E", "chrI", 3, 5, "+"),
        ("X", "chrX", 3, 5, "+"),
    )
)
PROMOTERS = ">M\nACGT\n>other\nAAAA\n>P\nTTTT\n>X\nNNNN\n"
POSITIONS = "P\tI\t40\t+\nX\tI\t0\t+\nM\tII\t-2\t-\n"


def read(tmp_path: Path, **given: Any) -> GeneInputs:
    files = {"genome": GENOME, "annotation": GTF, "promoters": PROMOTERS, "positions": POSITIONS}
    for name, text in files.items():
        if isinstance(given.get(name), bool):
            (tmp_path / name).write_text(text)
            given[name] = tmp_path / name
    return read_gene_inputs(GeneSources(**given), TABLE)


def letters(found: GeneInputs) -> list[str]:
    assert found.dna is not None
    return ["".join("ACGTN"[code] for code in row) for row in found.dna.codes(slice(None))]


def test_nothing_asked_for_leaves_all_genes(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.names == GENES
    assert found.dna is found.places is found.windows() is None


def test_promoters_cut_from_a_genome(tmp_path: Path) -> None:
    found = read(tmp_path, genome=True, annotation=True, upstream=4, downstream=2)
    assert found.names == ("P", "M", "E")
    assert found.rows.tolist() == [0, 1, 2]
    assert letters(found) == ["TTACGA", "TCGTAA", "NNAACC"]  # by hand, see test_promoters
    assert found.left_out == (("X", "the genome genome (their chromosome)"),)
    assert found.notes == ("1 windows run past the end of a chromosome and are padded with N",)
    windows, wide = found.windows(), found.windows(20)
    assert windows is not None
    assert (windows.start.tolist(), windows.length) == ([6, 6, -2], 6)
    assert wide is not None
    # ten bases on either side where other inputs reach further
    assert (wide.start.tolist(), wide.length) == ([0, -2, -8], 20)


def test_bases_on_either_side(tmp_path: Path) -> None:
    found = read(tmp_path, genome=True, annotation=True, around=2)
    assert letters(found) == ["ACGA", "GTAA", "AACC"]


def test_promoters_with_positions(tmp_path: Path) -> None:
    found = read(tmp_path, promoters=True, positions=True)
    assert found.names == ("P", "M")
    assert letters(found) == ["TTTT", "ACGT"]
    assert set(found.left_out) == {
        ("E", "the promoters promoters"),
        ("other", "the expression table e.tsv"),
        ("X", "the promoters (nothing but N)"),
    }
    windows = found.windows()
    assert windows is not None
    assert (windows.chrom.tolist(), windows.start.tolist()) == (["I", "II"], [40, -2])
    assert windows.length == 4


def test_places_without_dna(tmp_path: Path) -> None:
    found = read(tmp_path, annotation=True)
    windows = found.windows(10)
    assert windows is not None
    assert (windows.start.tolist(), windows.length) == ([5, 3, -3, -3], 10)


@pytest.mark.parametrize(("given", "told"), [
    ({"promoters": "a", "genome": "b"}, "expected `promoters` or `genome`, received both"),
    ({"positions": "a", "annotation": "b"}, "expected `positions` or `annotation`"),
    ({"genome": "a"}, "`genome` needs `annotation`"),
    ({"promoters": "a", "upstream": 3}, "`upstream` is for windows of an `annotation`"),
    ({"annotation": "a", "upstream": 3, "around": 3}, "expected `around` or `upstream`"),
    ({"annotation": "a", "upstream": -3}, "0 or more bases as `upstream`"),
    ({"annotation": "a", "upstream": 0}, "at least one base"),
    ({"annotation": "none.gtf"}, "none.gtf does not exist"),
])  # fmt: skip
def test_what_does_not_go_together_is_one_line(
    tmp_path: Path, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        read(tmp_path, **given)


def test_other_names_show_one_of_each(tmp_path: Path) -> None:
    (tmp_path / "o.gtf").write_text(GTF.replace('gene_id "', 'gene_id "g'))
    with pytest.raises(ValueError, match=r"e\.tsv is in .*o\.gtf: .*'P' there and gP here|'gP'"):
        read(tmp_path, annotation=tmp_path / "o.gtf")
    (tmp_path / "o.fa").write_text(GENOME.replace("chrI", "I"))
    with pytest.raises(ValueError, match=r"o\.fa, such as 'chrI'; did you mean I\?"):
        read(tmp_path, genome=tmp_path / "o.fa", annotation=True)


def test_no_gene_in_all_files_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "p.tsv").write_text("E\tI\t0\t+\n")
    with pytest.raises(ValueError, match=r"no gene of .*e\.tsv"):
        read(tmp_path, promoters=True, positions=tmp_path / "p.tsv")
