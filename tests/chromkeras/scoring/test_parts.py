"""Parts of a run, and how they are put together."""

import json

import h5py
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chromkeras.errors import InputError
from chromkeras.model_report.join import join
from chromkeras.scoring.chunks import Chunks
from chromkeras.scoring.layout import Layout
from chromkeras.scoring.parts import Part
from chromkeras.scoring.tables import FORMATS, facts_path, open_scores

LAYOUT = Layout({"name": "text", "start": "integer", "weight": "number"}, {"score": ("a", "b")},
                ("a", "b"))  # fmt: skip


@given(st.integers(0, 300), st.integers(1, 9), st.integers(1, 40))
def test_parts_cover_the_rows_once_and_begin_at_whole_steps(total, step, count):
    parts = [Part(k, count).rows(total, step) for k in range(1, count + 1)]
    assert [row for part in parts for row in part] == list(range(total))
    assert all(part.start % step == 0 for part in parts if len(part))


def rows(numbers):
    return {"name": [f"näme{k}\t" for k in numbers], "start": list(numbers),
            "weight": [k / 3 if k else float("nan") for k in numbers],
            "score": [[k, -k] for k in numbers]}  # fmt: skip


@pytest.fixture
def made(tmp_path):
    """Return a function that writes a part."""

    def make(name, part="1/1", numbers=range(7), **facts):
        out = tmp_path / name
        chunks = Chunks(out, facts, LAYOUT, numbers, 3)
        for number in range(chunks.open(), chunks.count):
            chunks.write(number, rows(chunks.part(number)))
        suffix = max((s for s in FORMATS if name.endswith(s)), key=len)
        said = {**facts, "part": part, "rows": [numbers.start, numbers.stop]}
        FORMATS[suffix](out, LAYOUT, chunks.read, said)
        chunks.close()
        return out

    return make


def test_text_has_six_digits_and_no_control_characters(made):
    lines = made("s.tsv").read_text().splitlines()
    assert lines[0].split("\t") == ["name", "start", "weight", "a", "b"]
    assert lines[1].split("\t") == ["näme0\\t", "0", "", "0", "0"]
    assert lines[2].split("\t") == ["näme1\\t", "1", "0.333333", "1", "-1"]
    assert made("s.tsv.gz").read_bytes() == made("s.tsv.gz").read_bytes()


@pytest.mark.parametrize("suffix", ["tsv", "tsv.gz", "h5"])
def test_parts_join_whatever_their_order(suffix, made, tmp_path):
    parts = [made(f"{k}.{suffix}", f"{k}/3", part, model="m")
             for k, part in ((1, range(3)), (2, range(3, 3)), (3, range(3, 7)))]  # fmt: skip
    whole = made(f"whole.{suffix}", model="m")
    joined = join([parts[2], parts[0], parts[1]], tmp_path / f"all.{suffix}")
    assert joined.parts == tuple(parts)
    assert joined.rows == 7
    assert joined.out[0].read_bytes() == whole.read_bytes()
    assert open_scores(joined.out[0]).facts == open_scores(whole).facts
    if suffix == "h5":
        text = join(parts, tmp_path / "all.tsv").out[0]
        assert text.read_bytes() == made("whole.tsv").read_bytes()


def test_parts_that_do_not_belong_together_are_refused(made, tmp_path):
    first, second = made("1.h5", "1/2", range(3), model="m"), made("2.h5", "2/2", range(3, 7),
                                                                   model="m")  # fmt: skip
    out = tmp_path / "all.h5"
    text = made("2.tsv", "2/2", range(3, 7), model="m")
    cases = {
        "missing: 2": [first],
        "part 1/2 is given twice": [first, made("again.h5", "1/2", range(3), model="m")],
        "other model than": [first, made("o.h5", "2/2", range(3, 7), model="other")],
        "parts of one division": [first, made("t.h5", "2/3", range(3, 7), model="m")],
        "do not follow each other": [first, made("f.h5", "2/2", range(4, 7), model="m")],
        "parts of one format": [first, text],
        "does not exist": [first, tmp_path / "none.h5"],
        "received none": [],
    }
    for said, parts in cases.items():
        with pytest.raises(InputError, match=said):
            join(parts, out)
        assert not out.exists()
    facts_path(text).unlink()
    with pytest.raises(InputError, match=r"expected 2.tsv.json beside it"):
        join([text], tmp_path / "all.tsv")
    (tmp_path / "strange.h5").write_text("text")
    with pytest.raises(InputError, match="is not an HDF5 file"):
        join([tmp_path / "strange.h5"], out)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(InputError, match="expected scores that chromkeras wrote"):
        join([tmp_path / "other.h5"], out)
    with pytest.raises(InputError, match="name that ends in"):
        join([first, second], tmp_path / "all.csv")


def test_a_damaged_note_of_a_run_is_not_taken_for_it(made, tmp_path):
    chunks = Chunks(tmp_path / "s.tsv", {"model": "m"}, LAYOUT, range(7), 3)
    chunks.open()
    chunks.write(0, rows(range(3)))
    chunks.write(2, rows(range(6, 7)))
    assert Chunks(tmp_path / "s.tsv", {"model": "m"}, LAYOUT, range(7), 3).open() == 1
    (chunks.folder / "run.json").write_text(json.dumps({"facts": 1})[:5])
    with pytest.raises(InputError, match="begin anew"):
        chunks.open()
    assert chunks.open(fresh=True) == 0


def test_a_piece_of_other_columns_is_refused():
    with pytest.raises(InputError, match="columns of one length"):
        LAYOUT.arrays(rows(range(3)) | {"start": [1]})
    with pytest.raises(InputError, match="duplicate column"):
        Layout({"a": "text"}, {"score": ("a",)})
