from dataclasses import replace

import numpy as np
import pytest

from chromkeras.data.hdf5 import dataset_tasks, load_dataset, save_dataset
from chromkeras.data.held_out import held_out
from chromkeras.data.packed import PackedSequences
from chromkeras.data.tables import DenseTable
from chromkeras.data.truth import Truth

ROWS = 40


@pytest.fixture
def whole(tiny_dataset):
    """Rows in shuffled order of splits, with unknown bases, places, kinds, motifs and a table."""
    rng = np.random.default_rng(1)
    plain = tiny_dataset(rows=ROWS, length=21)
    codes = plain.codes(np.arange(ROWS))
    codes[rng.random(codes.shape) < 0.05] = 4
    row = np.sort(rng.integers(0, ROWS, 60))
    start = rng.integers(0, 10, 60)
    return replace(
        plain,
        inputs={
            "dna": PackedSequences.from_codes(codes[::-1]),
            "marks": DenseTable(rng.normal(size=(ROWS // 2, 2, 5))),
            "signal": DenseTable(rng.normal(size=(ROWS, 21)), along_dna=True),
        },
        index={"dna": np.arange(ROWS)[::-1], "marks": np.arange(ROWS) // 2},
        split=rng.permutation(plain.split),
        chrom=np.where(np.arange(ROWS) < 20, "chrI", "chrX"),
        start=np.arange(ROWS) * 100,
        kind=np.where(np.arange(ROWS) % 3 == 0, "background", "element"),
        truth=Truth(
            row, start, start + 6, rng.integers(0, 2, 60), np.ones(60, np.int8),
            ("GATA", "E-box"), rng.random((60, 3)) < 0.5,
        ),
        motifs="MEME version 4",
    )  # fmt: skip


def test_rows_are_those_outside_of_training(whole):
    part = held_out(whole)
    rows = np.flatnonzero(whole.split != "train")
    assert len(rows) == len(part) == ROWS // 2
    assert len(part.rows("train")) == 0
    for name in ("labels", "known", "split", "chrom", "start", "kind"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[rows])
    every = np.arange(len(part))
    np.testing.assert_array_equal(part.codes(every), whole.codes(rows))
    assert (part.codes(every) == 4).any()
    for name, x in whole.batch(rows).items():
        np.testing.assert_array_equal(part.batch(every)[name], x)
    assert part.shapes == whole.shapes
    assert part.inputs["signal"].along_dna
    assert (part.tasks, part.motifs) == (whole.tasks, whole.motifs)


def test_rows_that_share_a_table_row_go_on_sharing_it(whole):
    part = held_out(whole)
    rows = np.flatnonzero(whole.split != "train")
    assert len(part.inputs["marks"]) == len(np.unique(rows // 2)) < len(part)
    assert "signal" not in part.index


def test_planted_motifs_keep_their_place_in_their_sequence(whole):
    part = held_out(whole)
    rows = np.flatnonzero(whole.split != "train")
    kept = [i for i in range(60) if whole.truth.row[i] in rows]
    assert 0 < len(kept) < 60
    np.testing.assert_array_equal(rows[part.truth.row], whole.truth.row[kept])
    for name in ("start", "end", "motif", "strand", "causal"):
        values = getattr(whole.truth, name)[kept]
        np.testing.assert_array_equal(getattr(part.truth, name), values)
    assert part.truth.names == whole.truth.names


def test_what_a_plain_data_set_lacks_stays_absent(tiny_dataset):
    part = held_out(tiny_dataset(rows=16, length=20))
    assert (part.chrom, part.start, part.kind, part.truth) == (None,) * 4
    assert part.elements.all()


def test_the_origin_is_the_whole_and_the_shares_of_its_training_rows(whole):
    part = held_out(whole, [whole.tasks, ("task2",), ("task2", "task0")])
    alone, two = whole.select_tasks(["task2"]), whole.select_tasks(["task2", "task0"])
    assert part.origin.fingerprints == (whole.fingerprint, alone.fingerprint, two.fingerprint)
    expected = np.nanmean(whole.values(whole.rows("train")), axis=0, dtype=np.float64)
    np.testing.assert_allclose(part.origin.positive, expected, rtol=1e-12)
    chosen = part.select_tasks(["task2", "task0"])
    np.testing.assert_array_equal(chosen.origin.positive, part.origin.positive[[2, 0]])


def test_models_of_the_whole_are_recognised(whole):
    part = held_out(whole, [("task2", "task0")])
    two = whole.select_tasks(["task2", "task0"])
    for data in (part, part.select_tasks(["task1"])):
        assert data.was_trained_on(whole.fingerprint)
        assert data.was_trained_on(two.fingerprint)
        assert data.was_trained_on(data.fingerprint)
        assert not data.was_trained_on(whole.select_tasks(["task1"]).fingerprint)
        assert not data.was_trained_on("")
    assert whole.was_trained_on(whole.fingerprint)
    assert not whole.was_trained_on(part.fingerprint)
    assert part.fingerprint != whole.fingerprint


def test_round_trip_through_a_file(whole, tmp_path):
    part = held_out(whole, [("task1",)])
    save_dataset(part, tmp_path / "d.h5")
    loaded = load_dataset(tmp_path / "d.h5")
    assert loaded.fingerprint == part.fingerprint
    assert loaded.origin.fingerprints == part.origin.fingerprints
    np.testing.assert_array_equal(loaded.origin.positive, part.origin.positive)
    assert dataset_tasks(tmp_path / "d.h5") == whole.tasks


def test_what_cannot_be_held_out_is_said(whole):
    with pytest.raises(ValueError, match="expected rows in the valid or test split"):
        held_out(replace(whole, split=np.full(ROWS, "train")))
    with pytest.raises(ValueError, match="did you mean task2"):
        held_out(whole, [("tsk2",)])


def test_there_is_nothing_to_train_on(whole):
    part = held_out(whole)
    said = f"no rows; these were held out of the data set {whole.fingerprint}, which has the rows"
    assert np.isnan(part.positive_fraction("train")).all()
    with pytest.raises(ValueError, match=said):
        held_out(part)


def test_an_origin_of_other_tasks_fails(whole) -> None:
    part = held_out(whole)
    origin = replace(part.origin, positive=part.origin.positive[:2])
    with pytest.raises(ValueError, match=r"each of 3 tasks in the origin, received shape \(2,\)"):
        replace(part, origin=origin)
