import gzip
from pathlib import Path

import h5py
import numpy as np
import pytest

from chromkeras.importers.histone_tables import HistoneTable, compact, pair_marks, read_histone

TEXT = "gene\tbin\tK4\tK27\nA\t1\t7\t0\nA\t2\t300\t1\nB\t2\t4\t5\nB\t1\t0\t9\n"
VALUES = [[[7, 0], [300, 1]], [[0, 9], [4, 5]]]


def write(tmp_path: Path, text: str, name: str = "K562.tsv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["K562.tsv", "K562.csv", "K562.tsv.gz", "K562.npz", "K562.h5"])
def test_every_form_gives_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    arrays = {"x": np.array(VALUES), "genes": np.array([b"A", b"B"]), "marks": [b"K4", b"K27"]}
    if name.endswith("npz"):
        np.savez(path, **arrays)
    elif name.endswith("h5"):
        with h5py.File(path, "w") as file:
            for key, value in arrays.items():
                file[key] = value
    else:
        text = TEXT.replace("\t", ",") if name.endswith("csv") else TEXT
        path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    table = read_histone(path)
    assert (table.genes, table.marks) == (("A", "B"), ("K4", "K27"))
    assert table.values.dtype == np.uint16
    assert table.values.tolist() == VALUES


def test_fractions_stay_and_names_that_look_like_nothing_too(tmp_path: Path) -> None:
    table = read_histone(write(tmp_path, "gene,bin,K4\nNA,0,0.5\n007,0,1\n"))
    assert table.genes == ("NA", "007")
    assert table.values.dtype == np.float32
    assert table.values.tolist() == [[[0.5]], [[1.0]]]


@pytest.mark.parametrize(("text", "told"), [
    ("gene\tK4\nA\t1\n", ":1: expected the columns gene, bin and one for each mark"),
    ("gene\tbin\tK4\n", "holds no gene|No columns"),
    ("gene\tbin\tK4\nA\t1\t2\nA\t2\t2\nB\t1\t2\n", "received 2 of 'A' and 1 of 'B'"),
    ("gene\tbin\tK4\nA\t1\t2\nA\t1\t2\n", "gene 'A': expected each of the bins of 'A' once"),
    ("gene\tbin\tK4\nA\t1\t2\nB\t2\t2\n", "gene 'B': expected each of the bins"),
    ("gene\tbin\tK4\nA\t1\t2\nB\t1\tred\n", ":3: K4: expected a number, received 'red'"),
    ("gene\tbin\tK4\nA\t1\t2\nB\t1\n", ":3: K4: expected a number, received nothing"),
    ("gene\tbin\tK4\nA\t1\t2\nB\t1\t2\t3\n", "Expected 3 fields|expected"),
    ("gene\tbin\tK4\tK4\nA\t1\t2\t3\n", "'K4' stands twice"),
])  # fmt: skip
def test_bad_tables_are_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=told) as raised:
        read_histone(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("change", "told"), [
    ({"x": np.ones((2, 3))}, "shape .genes, bins, marks.* received"),
    ({"genes": np.array(["A"])}, "x has 2 genes and 2 marks; there are 1 and 2 names"),
    ({"genes": np.array(["A", "A"])}, "gene 'A' stands twice"),
    ({"marks": None}, "expected arrays x"),
    ({"x": np.array([[[1.0, np.nan]], [[1, 1]]])}, "gene 'A', bin 0 from 0, K27: .*finite"),
])  # fmt: skip
def test_bad_arrays_are_one_line(tmp_path: Path, change: dict[str, np.ndarray], told: str) -> None:
    arrays = {"x": np.ones((2, 3, 2)), "genes": np.array(["A", "B"]), "marks": ["K4", "K27"]}
    arrays = {name: value for name, value in (arrays | change).items() if value is not None}
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(ValueError, match=told) as raised:
        read_histone(tmp_path / "x.npz")
    assert "x.npz" in str(raised.value)


@pytest.mark.parametrize(("values", "kind"), [
    ([0, 255], "uint8"), ([-1, 255], "int16"), ([0, 65_536], "uint32"), ([0.0, 1.0], "float32"),
    ([-(2**40), 2**40], "float32"),
])  # fmt: skip
def test_types_are_as_narrow_as_they_may_be(values: list[float], kind: str) -> None:
    found = compact(np.array(values))
    assert found.dtype == kind
    assert found.tolist() == values


def table(genes: str, bins: int = 2, marks: str = "m", value: float = 1) -> HistoneTable:
    values = np.full((len(genes), bins, len(marks)), value, type(value))
    values[:, 0, 0] = [ord(gene) - ord("A") for gene in genes]
    return HistoneTable(Path("f.tsv"), tuple(genes), tuple(marks), compact(values))


def test_pairs_have_the_marks_of_their_gene_and_cell() -> None:
    tables = [("heat", table("BA", value=5)), ("cold", table("CA", value=300))]
    found = pair_marks(tables, ("A", "B", "C"), ("cold", "none", "heat"), 2)
    assert found.row.tolist() == [[2, -1, 0], [-1, -1, 1], [3, -1, -1]]
    assert found.values.dtype == np.uint16
    assert found.values[found.row[2, 0]].tolist() == [[2], [300]]
    assert found.values[found.row[1, 2]].tolist() == [[1], [5]]


@pytest.mark.parametrize(("one", "other", "kind"), [
    (70_000, 0.5, np.float32), (7, 300, np.uint16), (-7, 255, np.int16),
])  # fmt: skip
def test_cells_of_different_types_share_one(one: float, other: float, kind: type) -> None:
    for values in ((one, other), (other, one)):
        tables = [(name, table("A", value=v)) for name, v in zip("xy", values, strict=True)]
        found = pair_marks(tables, ("A",), ("x", "y"), 2)
        assert found.values.dtype == kind
        assert found.values[:, 1, 0].tolist() == list(values)


def test_logarithms_of_marks() -> None:
    found = pair_marks([("heat", table("B", value=7))], ("B",), ("heat",), 1, log=True)
    assert found.values.dtype == np.float32
    np.testing.assert_allclose(found.values[0], np.log([[2], [8]]), rtol=1e-6)
    with pytest.raises(ValueError, match="gene 'B': expected no value below 0"):
        pair_marks([("heat", table("B", value=-1))], ("B",), ("heat",), 1, log=True)


def test_unequal_tables_are_one_line() -> None:
    for other, told in ((table("A", 3), "has 3 bins a gene; .* has 2"),
                        (table("A", marks="n"), "has marks n; .* has m")):  # fmt: skip
        with pytest.raises(ValueError, match=told):
            pair_marks([("heat", table("A")), ("cold", other)], ("A",), ("heat", "cold"), 2)
