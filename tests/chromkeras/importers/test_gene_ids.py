import gzip
from pathlib import Path

import numpy as np
import pytest

from chromkeras.importers.gene_ids import check_any, match_ids, read_names, without_version


@pytest.mark.parametrize(("name", "plain"), [
    ("ENSG00000141510.17", "ENSG00000141510"),
    ("NM_000546.6", "NM_000546"),
    ("ENSMUSG00000059552", "ENSMUSG00000059552"),
    ("F35G12.3", "F35G12.3"),
    ("AT1G01010.1", "AT1G01010.1"),
    ("YAL001C", "YAL001C"),
])  # fmt: skip
def test_only_versions_are_cut(name: str, plain: str) -> None:
    assert without_version(name) == plain


def test_versions_are_tried_on_either_side() -> None:
    have = ["ENSG00000000003.15", "ENSG00000000005", "YAL001C"]
    wanted = ["ENSG00000000003", "ENSG00000000005.6", "YAL001C", "nothing"]
    assert match_ids(wanted, have).tolist() == [0, 1, 2, -1]


def test_an_identifier_that_is_there_goes_before_its_version() -> None:
    have = ["ENSG00000000003.15", "ENSG00000000003.14"]
    assert match_ids(["ENSG00000000003.14"], have).tolist() == [1]


def test_versions_that_could_be_two_are_none() -> None:
    have = ["ENSG00000000003.15", "ENSG00000000003.14"]
    assert match_ids(["ENSG00000000003"], have).tolist() == [-1]
    assert match_ids(have, ["ENSG00000000003"]).tolist() == [-1, -1]


def test_names_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "names.txt.gz"
    with gzip.open(path, "wt") as file:
        file.write("# regulators\nMSN2 \r\n\nMSN4\n")
    assert read_names(path, "list") == ("MSN2", "MSN4")


@pytest.mark.parametrize(("content", "told"), [
    (b"# none\n", "holds no name"), (b"a\na\n", "'a' stands twice"), (b"\xff\xfe\n", "UTF-8"),
])  # fmt: skip
def test_bad_lists_are_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=told) as raised:
        read_names(path, "list of genes")
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_common_identifier_shows_one_of_each() -> None:
    with pytest.raises(ValueError, match="'YAL001C' there and 'TFC3' here"):
        check_any(np.array([-1]), ["YAL001C"], "a.tsv", ["TFC3"], "b.fa")
    check_any(np.array([-1, 0]), ["a", "b"], "a.tsv", ["b"], "b.fa")
