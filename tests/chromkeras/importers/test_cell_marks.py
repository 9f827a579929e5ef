from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from chromkeras.importers.cell_marks import check_cells, parse_cells, parse_tracks


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a=b.tsv"
    path.write_text("x")
    return path


def test_names_and_files(file: Path) -> None:
    assert parse_cells([f"K562={file}"]) == {"K562": file}
    found = parse_tracks([f"T:cell:K4={file}", f"H1:K4={file}"])
    assert found == {"T:cell": {"K4": file}, "H1": {"K4": file}}


@pytest.mark.parametrize(("parse", "texts", "told"), [
    (parse_cells, ["K562"], "expected CELL=FILE as `histone`, received 'K562'"),
    (parse_cells, ["=FILE"], "expected CELL=FILE"),
    (parse_cells, ["a=FILE", "a=FILE"], "cell type 'a' of `histone` stands twice"),
    (parse_cells, ["a=none.tsv"], "none.tsv does not exist"),
    (parse_tracks, ["K562=FILE"], "expected CELL:MARK=FILE as `bigwig`, received 'K562="),
    (parse_tracks, ["a:K4=FILE", "a:K4=FILE"], "'a:K4' of `bigwig` stands twice"),
    (parse_tracks, ["a:K4=FILE", "b:K9=FILE"], "'K4' is not there for 'b' and 'a' alike"),
    (parse_tracks, ["a:K4=FILE", "b:K4=FILE", "b:K9=FILE"], "'K9' is not there for 'b'"),
])  # fmt: skip
def test_bad_names_are_one_line(
    file: Path, parse: Callable[[Sequence[str]], object], texts: list[str], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        parse([text.replace("FILE", str(file)) for text in texts])


def test_a_cell_type_is_a_condition() -> None:
    check_cells(["K562"], ["H1", "K562"], Path("e.tsv"))
    with pytest.raises(ValueError, match=r"e.tsv: unknown condition 'K56'.*K562"):
        check_cells(["K56"], ["H1", "K562"], Path("e.tsv"))
