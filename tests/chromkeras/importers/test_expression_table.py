import gzip
from pathlib import Path

import numpy as np
import pytest

from chromkeras.importers.expression_table import read_expression

TABLE = "gene\theat\tcold\nYAL001C\t1.5\tNA\nYAL002W\t\t-1\nYAL003W\tNaN\t2e1\n"
VALUES = [[1.5, np.nan], [np.nan, -1], [np.nan, 20]]


def write(tmp_path: Path, text: str, name: str = "e.tsv") -> Path:
    path = tmp_path / name
    if name.endswith(".gz"):
        with gzip.open(path, "wt") as file:
            file.write(text)
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize(("text", "name"), [
    (TABLE, "e.tsv"),
    (TABLE, "e.tsv.gz"),
    (TABLE.replace("\t", ","), "e.csv"),
    (TABLE.replace("\n", "\r\n"), "e.tsv"),
    (TABLE.removeprefix("gene\t"), "e.tsv"),  # as R writes it
    ("\ufeff" + TABLE, "e.tsv"),
    (TABLE.replace("YAL001C", '"YAL001C"'), "e.tsv"),
    (TABLE + "\n\n", "e.tsv"),
])  # fmt: skip
def test_tables_are_read(tmp_path: Path, text: str, name: str) -> None:
    table = read_expression(write(tmp_path, text, name))
    assert table.genes == ("YAL001C", "YAL002W", "YAL003W")
    assert table.conditions == ("heat", "cold")
    assert table.values.dtype == np.float32
    np.testing.assert_array_equal(table.values, np.array(VALUES, np.float32))


@pytest.mark.parametrize(("text", "told"), [
    ("hello\n", "header with names of conditions"),
    ("gene\ta\tb\n", "holds no gene"),
    ("gene\ta\tb\nx\t1\n", ":2: expected 3 columns"),
    ("gene\ta\tb\nx\t1\t2\ny\t1\t2\t3\n", ":3: expected 3 columns .* received 4"),
    ("gene\ta\tb\nx\t1\tred\n", ":2: 'b': expected a number or NA, received 'red'"),
    ("gene\ta\tb\nx\t1\tinf\n", "received 'inf'"),
    ("gene\ta\tb\nx\t1\t1e99\n", "received '1e99'"),
    ("gene\ta\tb\nx\t1\t2\nx\t1\t2\n", "gene 'x' stands twice"),
    ("gene\ta\ta\nx\t1\t2\n", "condition 'a' stands twice"),
    ("gene\ta\t\nx\t1\t2\n", "condition without a name"),
    ("gene\ta\tb\nx\t1\tNA\ny\t1\t\n", "condition 'b' of .* has no known value"),
])  # fmt: skip
def test_bad_tables_are_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=told) as raised:
        read_expression(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_bytes_that_are_no_text_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "e.tsv"
    path.write_bytes(b"gene\ta\nx\t\xff\n")
    with pytest.raises(ValueError, match="UTF-8"):
        read_expression(path)


def test_logarithms(tmp_path: Path) -> None:
    table = read_expression(write(tmp_path, "gene\ta\tb\nx\t0\t7\ny\t1\t\n")).log2()
    np.testing.assert_allclose(table.values, [[0, 3], [1, np.nan]])
    with pytest.raises(ValueError, match="gene 'x', 'b': expected no value below 0"):
        read_expression(write(tmp_path, "gene\ta\tb\nx\t0\t-7\n")).log2()
