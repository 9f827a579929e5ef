from pathlib import Path

import numpy as np
import pytest

from chromkeras.importers.expression_table import ExpressionTable
from chromkeras.importers.regulators import read_regulators

TABLE = ExpressionTable(
    Path("e.tsv"),
    ("MSN2", "TFC3", "MSN4"),
    ("heat", "cold"),
    np.array([[1, np.nan], [2, 3], [4, 5]], np.float32),
)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "r.txt"
    path.write_text(text)
    return path


def test_values_are_conditions_by_regulators(tmp_path: Path) -> None:
    found = read_regulators(write(tmp_path, "MSN4\nHSF1\nMSN2\n"), TABLE, ("cold", "heat"))
    assert found.names == ("MSN4", "MSN2")
    assert found.values.tolist() == [[5, 0], [4, 1]]
    assert found.values.dtype == np.float32
    assert found.left_out == (("HSF1", "the expression table e.tsv (a regulator)"),)
    assert found.among(["TFC3", "MSN2"]).tolist() == [False, True]
    assert found.notes == (
        "regulators: 2 of 3 are in e.tsv",
        "1 of 4 values of regulators are unknown and taken as 0",
    )


def test_bad_lists_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'HSF1' there and 'MSN2' here"):
        read_regulators(write(tmp_path, "HSF1\n"), TABLE, ("heat",))
    with pytest.raises(ValueError, match="unknown condition 'salt'"):
        read_regulators(write(tmp_path, "MSN2\n"), TABLE, ("salt",))
